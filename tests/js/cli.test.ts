// The octet command, as a process.

import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { unzipSync, zipSync } from 'fflate';
import {
  faceDetectionTransform,
  imageDataset,
  loadModel,
  Model,
  postprocessedBoxes,
  recommendedQuantization,
} from 'octet-quant';
import sharp from 'sharp';
import { parseNpy, writeNpy } from '../../bindings/cli/dist/numpy/npy.js';
import { FASHION, FASHION_MODEL, ROOT } from './support/fashion.js';

const folder = mkdtempSync(join(tmpdir(), 'octet-cli-'));
const inFolder = (name: string) => join(folder, name);
const octet = inFolder('out.octet');
const tflite = inFolder('out.tflite');
const calibration = join(FASHION, 'calibration.zip');
const PHOTOS = join(ROOT, 'tests/assets/photos.zip');

function run(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [join(ROOT, 'bindings/cli/dist/main.js'), ...args],
    { encoding: 'utf8', cwd: folder, env: { ...process.env, NODE_OPTIONS: '' }, maxBuffer: 2 ** 26 },
  );
  return { status, stdout, stderr };
}

function runJson(...args: string[]) {
  const { status, stdout, stderr } = run(...args, '--json');
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  return JSON.parse(stdout);
}

beforeAll(async () => {
  const samples = new Float32Array(8 * 784).map((_, index) => ((index * 37) % 256) / 255);
  const dtype = 'float32';
  await writeNpy(inFolder('samples.npy'), { data: samples, shape: [8, 28, 28, 1], dtype });
  await writeNpy(inFolder('one.npy'), { data: samples.slice(0, 784), shape: [1, 28, 28, 1], dtype });
  const args = ['--calibration', inFolder('samples.npy'), '--output', octet, '--output', tflite];
  const { status, stderr } = run('quantize', FASHION_MODEL, ...args, '--report', inFolder('report.json'));
  expect(status).toBe(0);
  expect(stderr).toMatch(/^Note: TFLite has no requantization by shifts \(sima\): [^\n]*\n$/);
});

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

describe('arrays', () => {
  const twoInputs = join(ROOT, 'tests/assets/image_and_vector.tflite');
  const args = ['quantize', twoInputs, '--target', 'tflite', '--preset', 'default'];
  const metas = () => `meta=${inFolder('metas.npy')}`;
  /** The quantized file of so calibrated a net. */
  const quantized = (...more: string[]) => {
    const path = inFolder('arrays.octet');
    expect(run(...args, ...more, '--output', path)).toMatchObject({ status: 0 });
    return readFileSync(path);
  };

  beforeAll(async () => {
    const dtype = 'float32';
    const images = Float32Array.from({ length: 3 * 768 }, (_, index) => ((index * 37) % 256) / 255);
    // Channel c of pixel p of an image, in place c 256 + p instead of 3 p + c.
    const channelsFirst = images.map((_, index) => {
      const [image, channel, pixel] = [Math.floor(index / 768), Math.floor(index / 256) % 3, index % 256];
      return images[768 * image + 3 * pixel + channel] ?? 0;
    });
    const metas = Float32Array.from({ length: 15 }, (_, index) => Math.sin(index));
    await writeNpy(inFolder('images.npy'), { data: images, shape: [3, 16, 16, 3], dtype });
    await writeNpy(inFolder('nchw.npy'), { data: channelsFirst, shape: [3, 3, 16, 16], dtype });
    await writeNpy(inFolder('small.npy'), { data: images, shape: [12, 8, 8, 3], dtype });
    await writeNpy(inFolder('metas.npy'), { data: metas, shape: [3, 5], dtype });
    const zip = zipSync({
      'image.npy': readFileSync(inFolder('images.npy')),
      'meta.npy': readFileSync(inFolder('metas.npy')),
    });
    writeFileSync(inFolder('both.npz'), zip);
  });

  test('calibrate several inputs, by name or from a .npz file', () => {
    const named = quantized('--calibration', `image=${inFolder('images.npy')}`, '--calibration', metas());
    expect(quantized('--calibration', inFolder('both.npz'))).toEqual(named);
    const { samples } = runJson('analyze', inFolder('arrays.octet'), '--data', inFolder('both.npz'));
    expect(samples).toBe(3);
  });

  test('in NCHW are transposed, and that is said even to programs', () => {
    const named = quantized('--calibration', inFolder('both.npz'));
    const given = ['--calibration', `image=${inFolder('nchw.npy')}`, '--calibration', metas()];
    expect(quantized(...given)).toEqual(named);
    const { status, stderr } = run(...args, ...given, '--output', inFolder('a.octet'), '--json');
    expect({ status, stderr }).toEqual({
      status: 0,
      stderr: expect.stringMatching(
        /^Note: '.*nchw\.npy' has shape 3x3x16x16, .* 1x16x16x3: .*transposed\.\n$/,
      ),
    });
  });

  test('are normalized as images are', async () => {
    const pixels = Uint8Array.from({ length: 4 * 784 }, (_, index) => (index * 29) % 256);
    const reals = Float32Array.from(pixels, (value) => Math.fround(value - 127.5) / 63.75);
    await writeNpy(inFolder('pixels.npy'), { data: pixels, shape: [4, 28, 28, 1], dtype: 'uint8' });
    await writeNpy(inFolder('reals.npy'), { data: reals, shape: [4, 28, 28, 1], dtype: 'float32' });
    const analyzed = (name: string, ...more: string[]) =>
      runJson('analyze', octet, '--data', inFolder(name), ...more);
    expect(analyzed('pixels.npy', '--mean', '127.5', '--std', '63.75')).toEqual(analyzed('reals.npy'));
  });

  test.each<[string, string[], number, RegExp]>([
    [
      'a shape that does not fit',
      ['image=small.npy', 'meta=metas.npy'],
      2,
      /12x8x8x3.*1x16x16x3.*\n +Save it/,
    ],
    ['an input without an array', ['image=images.npy'], 2, /'image' has 3, 'meta' has 0/],
    [
      'an array for no input in particular',
      ['images.npy'],
      1,
      /Which input is 'images\.npy' for\?.*'image', 'meta'/,
    ],
    ['images for several inputs', [PHOTOS], 1, /one input, and this one has 'image', 'meta'/],
    ['images beside arrays', [PHOTOS, 'both.npz'], 1, /either images or \.npy/],
    ['a layout', ['both.npz', '--layout=NCHW'], 1, /--layout is for images/],
    ['a size', ['both.npz', '--resize=area'], 1, /--resize is for images/],
    ['a mean without a deviation', ['both.npz', '--mean=1'], 1, /--mean needs --std/],
  ])('%s is refused', (_, given, status, message) => {
    const options = given.map((text) => (text.startsWith('--') ? text : `--calibration=${text}`));
    const result = run(...args, ...options, '--output', inFolder('no.octet'));
    expect(result.stderr).toMatch(message);
    expect(result.status).toBe(status);
  });

  test('are no labelled images, and octet run takes one sample', () => {
    const samples = inFolder('samples.npy');
    for (const command of ['evaluate', 'preprocess']) {
      const more = command === 'preprocess' ? ['--output-dir', inFolder('no')] : [];
      expect(run(command, octet, '--data', samples, ...more)).toMatchObject({
        status: 1,
        stderr: expect.stringMatching(/samples\.npy' is no image/),
      });
    }
    expect(run('run', octet, '--input', samples, '--profile')).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/takes one sample, and the arrays hold 8/),
    });
  });
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

describe('evaluate', () => {
  const classes = join(FASHION, 'labels.json');
  const args = ['--data', join(FASHION, 'test.zip'), '--classes', classes];
  const model = inFolder('evaluated.octet');
  beforeAll(() => {
    runJson(
      'quantize',
      FASHION_MODEL,
      '--calibration',
      calibration,
      '--preset',
      'default',
      '--output',
      model,
    );
  });

  test('tells the accuracy of float and quantized, and by its exit code whether it suffices', () => {
    const result = runJson('evaluate', model, ...args, '--statistic', 'top1', '--statistic', 'top5');
    expect(result.samples).toBe(1000);
    expect(result.statistics.top1.float).toBeCloseTo(0.924, 10);
    expect(result.statistics.top1.quantized).toBeGreaterThan(0.915);
    expect(result.accuracy).toBe(result.statistics.top1.quantized);
    expect(result.statistics.top5.quantized).toBeGreaterThan(result.statistics.top1.quantized);
    const { status, stdout } = run('evaluate', model, ...args, '--target-accuracy', '1');
    expect(status).toBe(3);
    expect(stdout).toMatch(/^1,000 images +float +quantized\ntop1 +92\.40 % +\d+\.\d+ %\n.*not met/);
    expect(run('evaluate', model, ...args, '--target-accuracy', '2').status).toBe(1);
    expect(runJson('evaluate', FASHION_MODEL, ...args).statistics).toEqual({
      top1: { float: result.statistics.top1.float },
    });
  });

  test('takes classes of images from a CSV file', () => {
    const rows = unzipSync(readFileSync(join(FASHION, 'test.zip')));
    const lines = Object.keys(rows).filter((name) => name.endsWith('.png'));
    // Half of them wrong.
    const csv = lines.map((name, index) => `test/${name},${index % 2 ? 'bag' : name.split('/')[0]}\n`);
    writeFileSync(inFolder('labels.csv'), `file,label\n${csv.join('')}`);
    const given = ['--labels', inFolder('labels.csv'), '--no-float'];
    const { statistics, accuracy } = runJson('evaluate', model, ...args, ...given, '--top', '1');
    expect(accuracy).toBeGreaterThan(0.3);
    expect(accuracy).toBeLessThan(0.6);
    expect(statistics).toEqual({ top1: { quantized: accuracy } });
  });

  test('looks at masks by intersection over union', async () => {
    const segmenter = join(ROOT, 'node_modules/@mediapipe/selfie_segmentation/selfie_segmentation.tflite');
    const photo = (grey: number) =>
      sharp({ create: { width: 32, height: 32, channels: 3, background: { r: grey, g: grey, b: grey } } })
        .png()
        .toBuffer();
    writeFileSync(inFolder('photo.png'), await photo(128));
    mkdirSync(inFolder('masks'), { recursive: true });
    writeFileSync(inFolder('masks/photo.png'), await photo(0));
    const call = ['evaluate', segmenter, '--data', inFolder('photo.png'), '--statistic', 'iou'];
    const { statistics } = runJson(...call, '--labels', inFolder('masks'));
    // Nobody is in an image of one grey.
    expect(statistics.iou.float).toBeGreaterThan(0.4);
    writeFileSync(inFolder('masks/photo.png'), await photo(255));
    const wrong = run(...call, '--labels', inFolder('masks'));
    expect(wrong).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/class 255.*\n +Label maps hold/),
    });
  });

  test('compares boxes with those of a CSV file', async () => {
    const preprocessing = { mean: 127.5, std: 127.5 };
    const net = await loadModel(
      join(ROOT, 'node_modules/@mediapipe/face_detection/face_detection_short_range.tflite'),
    );
    const photos = await imageDataset(PHOTOS, preprocessing, { net });
    const quantized = await net.quantize(photos);
    const post = await Model.createAuxiliaryNetwork(
      [faceDetectionTransform({ range: 'short' })],
      Object.fromEntries(quantized.outputs.map((output) => [output.name, output])),
    );
    const faces = await Model.compose([quantized, post]);
    writeFileSync(inFolder('faces.octet'), faces.save());
    const float = await faces.floatModel();
    const lines = ['file,label,left,top,right,bottom'];
    for (const [index, { name }] of photos.items.entries()) {
      const { width, height } = await photos.pixels(index);
      for (const { left, top, right, bottom } of postprocessedBoxes(
        await float.execute(await photos.sample(index)),
      ))
        lines.push([name, 'face', left * width, top * height, right * width, bottom * height].join());
    }
    expect(lines.length).toBeGreaterThan(5);
    writeFileSync(inFolder('faces.json'), '["face"]');
    const figures = (csv: readonly string[]) => {
      writeFileSync(inFolder('faces.csv'), csv.join('\n'));
      const labels = ['--labels', inFolder('faces.csv'), '--classes', inFolder('faces.json')];
      const which = ['--statistic', 'map', '--statistic', 'map50'];
      return runJson('evaluate', inFolder('faces.octet'), '--data', PHOTOS, ...labels, ...which).statistics;
    };
    const { map, map50 } = figures(lines);
    expect(map.float).toBeCloseTo(1, 6);
    expect(map50.quantized).toBeGreaterThan(0.9);
    expect(map.quantized).toBeGreaterThan(0.6);
    // One box that nobody finds takes half of the recall of two away.
    const [header = '', first = ''] = lines;
    const [name] = first.split(',');
    const missed = figures([header, first, `${name},face,0,0,8,8`]);
    expect(missed.map50.float).toBeLessThan(0.6);
    expect(missed.map50.float).toBeGreaterThan(0);
  });

  test.each<[string, string[], number, RegExp]>([
    ['no images', ['--data', inFolder('none')], 2, /no images among the files.*\n +Images end in/],
    ['no class names', ['--classes', octet], 2, /does not hold class names/],
    ['other statistics', ['--statistic', 'best'], 1, /top1, top5/],
    ['statistics of two kinds', ['--statistic', 'top1', '--statistic', 'iou'], 1, /different labels/],
    ['boxes without labels', ['--statistic', 'map'], 1, /map needs --labels/],
    ['masks without labels', ['--statistic', 'iou'], 1, /iou needs --labels/],
    ['labels that are not there', ['--labels', 'nowhere.csv'], 2, /nowhere\.csv/],
    [
      'a label that is no class',
      ['--classes', inFolder('two.json')],
      2,
      /'ankle-boot' is none of.*\n +Give the labels/,
    ],
  ])('refuses %s', (_, more, status, message) => {
    writeFileSync(inFolder('two.json'), '["a", "b"]');
    mkdirSync(inFolder('none'), { recursive: true });
    const data = more.includes('--data') ? [] : ['--data', join(FASHION, 'test.zip')];
    const result = run('evaluate', model, ...data, ...more);
    expect(result.stderr).toMatch(message);
    expect(result.status).toBe(status);
  });
});

describe('report', () => {
  test('writes HTML and JSON of a .octet file, with the accuracy where there are labels', () => {
    const files = ['--output', inFolder('r.html'), '--output', inFolder('r.json')];
    const args = ['--data', calibration, '--classes', join(FASHION, 'labels.json'), '--title', 'A title'];
    const result = runJson('report', octet, ...args, ...files);
    const report = JSON.parse(readFileSync(inFolder('r.json'), 'utf8'));
    expect(report.accuracy).toEqual(result.accuracy);
    expect(report.accuracy).toMatchObject([{ statistic: 'top1', samples: 200 }]);
    expect(report.provenance).toMatchObject({ modelFile: 'out.octet', comparedSamples: 200 });
    expect(readFileSync(inFolder('r.html'), 'utf8')).toMatch(/^<!doctype html>[\s\S]*<h1>A title<\/h1>/);
    runJson('report', octet, ...args, '--output', inFolder('again.html'), '--workers', '1');
    expect(readFileSync(inFolder('again.html'), 'utf8')).toBe(readFileSync(inFolder('r.html'), 'utf8'));
  });

  test('is written by quantize as well', () => {
    const args = ['--calibration', inFolder('samples.npy'), '--output', inFolder('q.octet')];
    runJson('quantize', FASHION_MODEL, ...args, '--report', inFolder('q.html'));
    const html = readFileSync(inFolder('q.html'), 'utf8');
    expect(html).toMatch(/<h1>fashion\.tflite<\/h1>[\s\S]*8 samples to compare on/);
  });

  test('has the curve of mixed precision where the float file is given', () => {
    const args = ['--data', inFolder('samples.npy'), '--output', inFolder('curve.json')];
    runJson('report', octet, ...args, '--curve', FASHION_MODEL);
    const { mixedPrecision } = JSON.parse(readFileSync(inFolder('curve.json'), 'utf8'));
    expect(mixedPrecision[0].share).toBe(0);
    const [all] = mixedPrecision.slice(-1);
    expect(all.share).toBeCloseTo(1, 6);
    expect(Object.values(all.gain)[0]).toBeGreaterThan(1);
  });

  test('takes quantized .tflite files and arrays', () => {
    const args = ['--data', inFolder('samples.npy'), '--output', inFolder('t.json'), '--date'];
    expect(run('report', tflite, ...args).stdout).toMatch(/^Wrote .*t\.json \([\d,]+ bytes\)/);
    const report = JSON.parse(readFileSync(inFolder('t.json'), 'utf8'));
    expect(report).toMatchObject({ accuracy: [], target: 'tflite' });
    expect(report.provenance.date).toMatch(/^\d{4}-\d\d-\d\d$/);
    expect(run('report', FASHION_MODEL, ...args)).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/not quantized/),
    });
    expect(run('report', octet, ...args, '--output', 'r.pdf')).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/\.html or \.json file, not 'r\.pdf'/),
    });
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
