// octet evaluate: accuracy against labels of every kind.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { unzipSync } from 'fflate';
import { faceDetectionTransform, imageDataset, loadModel, Model, postprocessedBoxes } from 'octet-quant';
import sharp from 'sharp';
import { calibration, inFolder, octet, PHOTOS, quantizeFashion, run, runJson } from './support/cli.js';
import { FASHION, FASHION_MODEL, ROOT } from './support/fashion.js';

beforeAll(quantizeFashion);

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
