// The octet command, as a process.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { recommendedQuantization } from 'octet-quant';
import sharp from 'sharp';
import { parseNpy } from '../../bindings/cli/dist/numpy/npy.js';
import {
  calibration,
  folder,
  inFolder,
  octet,
  quantizeFashion,
  run,
  runJson,
  tflite,
} from './support/cli.js';
import { FASHION, FASHION_MODEL } from './support/fashion.js';

beforeAll(quantizeFashion);

test('inspect', () => {
  const described = runJson('inspect', FASHION_MODEL);
  expect(described.operators.CONV_2D).toBeGreaterThan(3);
  expect(described.partition.segments.length).toBeGreaterThan(0);
  for (const file of [FASHION_MODEL, octet, tflite]) {
    const { status, stdout } = run('inspect', file);
    expect(status).toBe(0);
    expect(stdout).toMatch(/Operators[\s\S]*CONV_2D[\s\S]*MLA_0/);
  }
});

test('quantize writes the report, and the same bytes with any number of workers', () => {
  const report = JSON.parse(readFileSync(inFolder('report.json'), 'utf8'));
  expect(report.provenance.calibrationSamples).toBe(8);
  // What is used unless told otherwise, as far as it helps.
  const used = (asked: string): boolean =>
    report.methods.find(({ method }: { method: string }) => method === asked).kept;
  let expected = recommendedQuantization.withJudgedMethods(false);
  if (!used('smoothQuant')) expected = expected.withSmoothQuant(false);
  if (!used('adaptiveRounding')) expected = expected.withAdaptiveRounding(false);
  if (!used('biasCorrection')) expected = expected.withBiasCorrection(false);
  expect(report.settings).toEqual(expected.toJSON());
  expect(report.files.map(({ path }: { path: string }) => path)).toEqual([octet, tflite]);
  expect(report.notes).toHaveLength(1);
  const again = inFolder('again.octet');
  runJson(
    'quantize',
    FASHION_MODEL,
    '--calibration',
    inFolder('samples.npy'),
    '--workers',
    '2',
    '--output',
    again,
  );
  expect(readFileSync(again)).toEqual(readFileSync(octet));
});

test('quantize takes settings from options, over a file, over the target', () => {
  writeFileSync(inFolder('config.json'), JSON.stringify({ calibration: { method: 'min_max' } }));
  const args = [
    '--calibration',
    inFolder('samples.npy'),
    '--target',
    'tflite',
    '--output',
    inFolder('c.tflite'),
  ];
  const fromFile = runJson(
    'quantize',
    FASHION_MODEL,
    ...args,
    '--preset',
    'default',
    '--config',
    inFolder('config.json'),
    '--io',
    'int8',
  );
  expect(fromFile.settings).toMatchObject({ calibration: { method: 'min_max' }, requantization: 'tflite' });
  expect(fromFile.settings).toMatchObject({ biasCorrection: 'none', adaptiveRounding: false });
  const options = ['--config', inFolder('config.json'), '--method', 'percentile', '--requantization', 'sima'];
  options.push('--bias-correction', 'iterative', '--adaptive-rounding', '--channel-equalization');
  const fromOptions = runJson('quantize', FASHION_MODEL, ...args.slice(0, 4), ...options, '--output', octet);
  expect(fromOptions.settings).toMatchObject({
    calibration: { method: 'percentile' },
    requantization: 'sima',
    biasCorrection: 'iterative',
    adaptiveRounding: true,
    channelEqualization: true,
  });
});

test('quantize raises the nodes that need it to INT16, within a share of the MACs', () => {
  const args = ['quantize', FASHION_MODEL, '--calibration', inFolder('samples.npy'), '--target', 'tflite'];
  const output = inFolder('mixed.octet');
  const report = runJson(...args, '--output', output, '--int16-share', '0.1', '--preset', 'default');
  expect(report.int16.share).toBeGreaterThan(0);
  expect(report.int16.share).toBeLessThanOrEqual(0.1);
  expect(Object.keys(report.settings.customQuantizationConfigs).sort()).toEqual(
    [...report.int16.nodes].sort(),
  );
  expect(run(...args, '--output', output, '--int16-share', '2')).toMatchObject({
    status: 1,
    stderr: expect.stringMatching(/--int16-share.*from 0 to 1/),
  });
});

test('run --profile shows the time of every node, and wants no folder', () => {
  const profile = runJson('run', octet, '--input', inFolder('one.npy'), '--profile');
  expect(profile.nodes.length).toBeGreaterThan(10);
  expect(profile.milliseconds).toBeGreaterThan(0);
  const both = run(
    'run',
    octet,
    '--input',
    inFolder('one.npy'),
    '--profile',
    '--output-dir',
    inFolder('both'),
  );
  expect(both.status).toBe(1);
  expect(both.stderr).toContain('either --output-dir');
});

test('run writes every tensor in its own type', () => {
  const out = inFolder('tensors');
  const input = `--input=${JSON.parse(run('inspect', octet, '--json').stdout).inputs[0].name}=${inFolder('one.npy')}`;
  runJson('run', octet, input, '--output-dir', out, '--keep', 'all');
  const entries = JSON.parse(readFileSync(join(out, 'tensors.json'), 'utf8'));
  expect(entries.length).toBeGreaterThan(10);
  for (const { file, dtype, shape, scale, zero_point: zeroPoint } of entries) {
    expect(parseNpy(readFileSync(join(out, file)), file)).toMatchObject({ dtype, shape });
    if (dtype === 'int8') expect([typeof scale, typeof zeroPoint]).toEqual(['number', 'number']);
  }
});

test('quantize --target-accuracy raises precision until it is reached, and exits with 3 where it is not', () => {
  const args = ['quantize', FASHION_MODEL, '--preset', 'default', '--calibration', inFolder('samples.npy')];
  const out = ['--output', inFolder('feedback.octet')];
  const labelled = ['--evaluation', join(FASHION, 'test.zip'), '--classes', join(FASHION, 'labels.json')];
  const { feedback } = runJson(...args, ...out, ...labelled, '--target-accuracy', '0.1');
  expect(feedback).toMatchObject({ target: 0.1, reached: true, evaluations: 1, steps: [] });
  expect(feedback.accuracy).toBeGreaterThan(0.1);

  const unlabelled = ['--evaluation', inFolder('samples.npy'), '--statistic', 'sqnr', '--max-steps', '2'];
  const coarse = ['--weight-bits', '4', '--target-accuracy', '300'];
  const missed = run(...args, ...out, ...unlabelled, ...coarse);
  expect(missed.status).toBe(3);
  expect(missed.stdout).toMatch(/^Accuracy [\d.]+ with the settings as they are, [\d.]+ at last\.\n/);
  expect(missed.stdout).toMatch(
    /change +accuracy +gain +MACs +segments +boundary bytes +nodes\n(INT16|FLOAT)/,
  );
  expect(missed.stdout).toMatch(/The target of 300 is not met: this is the best that was found\./);
  expect(run(...args, ...out, '--target-accuracy', '0.9').stderr).toMatch(/needs --evaluation/);
  expect(run(...args, ...out, ...labelled).stderr).toMatch(/goes with --target-accuracy/);
  expect(run(...args, ...out, ...labelled, '--target-accuracy', 'x').status).toBe(1);
});

test('analyze lists the worst node first', () => {
  const { nodes, samples } = runJson('analyze', octet, '--data', inFolder('samples.npy'));
  expect(samples).toBe(8);
  expect(nodes[0].sqnr).toBeLessThanOrEqual(nodes[1].sqnr);
  expect(run('analyze', octet, '--data', inFolder('samples.npy')).stdout).toMatch(/SQNR dB.*its own.*\n.*\d/);
  const own = runJson('analyze', octet, '--data', inFolder('samples.npy'), '--local').nodes;
  expect(own[0].local.sqnr).toBeLessThanOrEqual(own[1].local.sqnr);
});

test('analyze says what stands out, and gives channels where asked for', () => {
  const args = ['analyze', octet, '--data', inFolder('samples.npy')];
  const [plain] = runJson(...args).nodes;
  expect(plain.channels).toBeUndefined();
  expect(plain.noise.weights + plain.noise.activations).toBeCloseTo(1, 9);
  const [{ channels }] = runJson(...args, '--per-channel', '--accumulated').nodes;
  expect(channels.length).toBeGreaterThan(0);
  expect(channels[0].low).toBeLessThanOrEqual(channels[0].high);
  expect(run(...args, '--per-channel').stdout).toMatch(
    /Channels with the worst SQNR.*\n .*: \d+ \(-?[\d.]+\)/,
  );
  expect(run(...args, '--local', '--accumulated').status).toBe(1);
});

test('analyze --at-outputs lists what each rounding by itself makes of the outputs', () => {
  const args = ['analyze', octet, '--data', inFolder('samples.npy'), '--at-outputs'];
  const { roundings } = runJson(...args);
  const figures = roundings.map(({ sqnr }: { sqnr: number | null }) => sqnr ?? Number.POSITIVE_INFINITY);
  expect(figures).toEqual([...figures].sort((a, b) => (a === b ? 0 : a - b)));
  expect(new Set(roundings.map(({ rounded }: { rounded: string }) => rounded))).toEqual(
    new Set(['input', 'output', 'weights']),
  );
  expect(run(...args).stdout).toMatch(/SQNR dB.*rounded[\s\S]*weights +CONV_2D/);
  expect(run(...args, '--metric', 'mae')).toMatchObject({
    status: 1,
    stderr: expect.stringMatching(/ranks by sqnr or mse/),
  });
});

test('support', () => {
  expect(runJson('support').map(({ operator }: { operator: string }) => operator)).toContain('CONV_2D');
  expect(run('support').stdout).toMatch(/^CONV_2D +INT8/m);
  expect(run('support', '--markdown').stdout).toMatch(/^\| CONV_2D \| INT8/m);
});

test('demo', () => {
  const result = runJson('demo', '--output-dir', inFolder('demo'));
  expect(result.float_top1).toBeCloseTo(0.924, 10);
  expect(result.int8_top1).toBeGreaterThanOrEqual(0.919);
  expect(result.int8_bytes).toBeLessThan(result.float_bytes);
  expect(result.worst_layers).toHaveLength(5);
  expect(result.float_ms).toBeGreaterThan(0);
  expect(result.int8_ms).toBeGreaterThan(0);
  expect(readFileSync(result.files.tflite).length).toBe(result.int8_bytes);
});

describe('exit codes', () => {
  test.each<[string, string[], number, RegExp]>([
    ['no command', [], 1, /Usage/],
    ['help', ['--help'], 0, /^$/],
    ['unknown command', ['quantise'], 1, /unknown command/],
    ['missing option', ['quantize', FASHION_MODEL], 1, /--calibration/],
    ['unknown choice', ['inspect', FASHION_MODEL, '--target', 'gen9'], 1, /gen9/],
    ['bad mean', ['analyze', octet, '--data', calibration, '--mean', 'x'], 1, /numbers/],
    [
      'other extension',
      ['quantize', FASHION_MODEL, '--calibration', calibration, '--output', 'x.onnx'],
      1,
      /x\.onnx/,
    ],
    ['missing file', ['inspect', 'nowhere.tflite'], 2, /nowhere\.tflite/],
    ['no model', ['inspect', calibration], 2, /\./],
    [
      'missing array',
      ['run', octet, '--input', 'image=nowhere.npy', '--output-dir', folder],
      2,
      /nowhere\.npy/,
    ],
  ])('%s', (_, args, status, message) => {
    const result = run(...args);
    expect(result.stderr).toMatch(message);
    expect(result.status).toBe(status);
  });

  test('quiet says nothing but errors', () => {
    expect(run('inspect', FASHION_MODEL, '--quiet')).toEqual({ status: 0, stdout: '', stderr: '' });
  });
});

test('preprocess writes what the model would see', async () => {
  const wide = { create: { width: 56, height: 28, channels: 3, background: '#ffffff' } } as const;
  writeFileSync(inFolder('wide.png'), await sharp(wide).png().toBuffer());
  const args = [
    'preprocess',
    FASHION_MODEL,
    '--data',
    inFolder('wide.png'),
    '--output-dir',
    inFolder('seen'),
  ];
  const { images } = runJson(...args, '--mean', '127.5', '--std', '127.5', '--keep-aspect');
  expect(images).toEqual([
    { image: inFolder('wide.png'), path: inFolder('seen/0000_wide.png'), width: 28, height: 28 },
  ]);
  const pixels = await sharp(images[0].path).greyscale().raw().toBuffer();
  // 14 lines of the image in the middle, and black above and below.
  const lines = Array.from({ length: 28 }, (_, line) => new Set(pixels.subarray(28 * line, 28 * line + 28)));
  expect(lines.map((values) => [...values])).toEqual(
    Array.from({ length: 28 }, (_, line) => [line >= 7 && line < 21 ? 255 : 0]),
  );
  expect(run(...args).stdout).toMatch(/^Wrote one image of 28 x 28 pixels/);
  expect(run(...args.slice(0, 3), folder, ...args.slice(4)).stdout).toMatch(/^Wrote \d+ images/);
  expect(run(...args.slice(0, 3), octet, ...args.slice(4)).status).toBe(2);
});

test('any shape may be on the accelerator', () => {
  const { partition } = runJson('partition', FASHION_MODEL, '--any-shape-on-mla');
  expect(partition.segments.map(({ name }: { name: string }) => name)).toEqual(['MLA_0']);
});

test('partition tells where nodes run', () => {
  const { partition, nodes } = runJson('partition', FASHION_MODEL);
  expect(partition.segments[0].unit).toBe('MLA');
  expect(nodes.some(({ reasons }: { reasons: string[] }) => reasons.length > 0)).toBe(true);
  expect(run('partition', FASHION_MODEL).stdout).toMatch(/^Partition for gen1/);
});

test('convert takes the scales of a quantized file; analyze compares it with what it stands for', () => {
  const report = runJson('convert', tflite, '--output', inFolder('converted.octet'));
  expect(report.settings.requantization).toBe('sima');
  expect(report.notes).toEqual([]); // No .tflite is written.
  expect(runJson('inspect', inFolder('converted.octet')).operators.CONV_2D).toBeGreaterThan(3);
  const { nodes } = runJson('analyze', tflite, '--data', inFolder('samples.npy'));
  expect(nodes.length).toBeGreaterThan(10);
  const refused = run('convert', FASHION_MODEL, '--output', inFolder('no.octet'));
  expect(refused.status).toBe(2);
  expect(refused.stderr).toMatch(/not quantized/);
});
