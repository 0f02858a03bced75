// Face detection as one model: a photo in, boxes out, in float and in INT8.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  faceDetectionTransform,
  type ImageDataset,
  imageDataset,
  loadModel,
  Model,
  type Preprocessing,
  preprocessingTransform,
  type Runnable,
  recommendedQuantization,
  type Sample,
  type TensorMap,
} from 'octet-quant';
import { expectRejection, ROOT } from './support/fashion.js';

const MODELS = join(ROOT, 'node_modules/@mediapipe/face_detection');
const PHOTOS = join(ROOT, 'tests/assets/photos.zip');
const PREPROCESSING: Preprocessing = { mean: 127.5, std: 127.5, keepAspect: true };
/** How far an edge may move, in parts of the image's side. */
const TOLERANCE = 0.02;
/** A cat is no face by half of an INT8 step of the scores: in float 0.44 to 0.49, where the next step is 0.5. */
const LEAST_SCORE = 0.6;
const FACES = /astronaut/;

const RANGES = [
  ['short', 'face_detection_short_range.tflite'],
  ['full', 'face_detection_full_range.tflite'],
] as const;

describe.each(RANGES)('%s range', (range, file) => {
  let photos: ImageDataset;
  let model: Model;

  beforeAll(async () => {
    const net = await loadModel(join(MODELS, file));
    photos = await imageDataset(PHOTOS, PREPROCESSING, { net });
    model = await net.quantize(
      photos,
      recommendedQuantization.withRequantizationMode(net.defaultQuantization.requantization),
    );
  });

  const detectors = new Map<string, Promise<Model>>();

  /** The detector with what is around it, for photos of a size. */
  function detectorFor(height: number, width: number): Promise<Model> {
    const size = `${height} x ${width}`;
    const detector = detectors.get(size) ?? makeDetector(height, width);
    detectors.set(size, detector);
    return detector;
  }

  async function makeDetector(height: number, width: number): Promise<Model> {
    const [input] = model.inputs;
    if (input === undefined) throw new Error('The model has no input.');
    const shape = [1, height, width, 4];
    const pre = await Model.createAuxiliaryNetwork(
      [await preprocessingTransform(PREPROCESSING, shape, input)],
      { photo: { dtype: 'uint8', shape } },
      { name: 'pre' },
    );
    const post = await Model.createAuxiliaryNetwork(
      [faceDetectionTransform({ range, scoreThreshold: LEAST_SCORE })],
      Object.fromEntries(model.outputs.map((output) => [output.name, output])),
      { name: 'post' },
    );
    return Model.compose([pre, model, post], { name: 'faces' });
  }

  async function photo(index: number): Promise<{ sample: Sample; height: number; width: number }> {
    const { rgba, height, width } = await photos.pixels(index);
    return { sample: { photo: { data: rgba, shape: [1, height, width, 4] } }, height, width };
  }

  test('finds the same boxes in INT8 as in float', async () => {
    for (const [index, { name }] of photos.items.entries()) {
      const { sample, height, width } = await photo(index);
      const detector = await detectorFor(height, width);
      const boxes = await boxesOf(detector, sample);
      const float = await boxesOf(await detector.floatModel(), sample);
      expect([name, boxes.length]).toEqual([name, float.length]);
      boxes.forEach((box, at) => {
        box.forEach((edge, side) => {
          expect(Math.abs(edge - (float[at]?.[side] ?? Number.NaN))).toBeLessThan(TOLERANCE);
        });
      });
      if (FACES.test(name)) expect([name, boxes.length]).toEqual([name, 1]);
    }
  });

  test('is what the parts are in turn, and one file', async () => {
    const { sample, height, width } = await photo(0);
    const detector = await detectorFor(height, width);
    const whole = await detector.execute(sample);
    // The same bits as preprocessing for calibration makes.
    const raw = await model.execute(await photos.sample(0));
    const boxes = await faceDetectionTransform({ range, scoreThreshold: LEAST_SCORE }).apply(
      Object.values(raw),
    );
    expect(Object.values(whole).map(({ data }) => data)).toEqual(boxes.map(({ data }) => data));
    const loaded = await Model.load(detector.save());
    expect(await loaded.execute(sample)).toEqual(whole);
    expect(loaded.partition).toEqual(detector.partition);
    const units = detector.nodes.filter(({ name }) => name.startsWith('photo/')).map(({ unit }) => unit);
    expect(new Set(units)).toEqual(new Set(['CVU']));
    expect(detector.partition.segments[0]?.unit).toBe('CVU');
    await expectRejection(detector.toTFLite(), 'UNSUPPORTED_MODEL', /cannot be written to a \.tflite file/);
  });

  test('is analyzed as a whole, on image files too', async () => {
    const { sample, height, width } = await photo(0);
    const detector = await detectorFor(height, width);
    const files = await imageDataset(PHOTOS, { mean: 0, std: 1 }, { net: detector });
    expect(await files.sample(0)).toEqual(sample);
    const errors = await detector.analyzeQuantizationError(files.select([0]));
    expect(errors).toEqual(await detector.analyzeQuantizationError([sample]));
    const names = new Set(detector.report().nodes.map(({ name }) => name));
    expect(errors.length).toBeGreaterThan(model.report().nodes.length / 2);
    for (const { node } of errors) expect(names).toContain(node);
    expect(detector.report().parts?.map(({ model: part }) => part)).toEqual(['pre', model.name, 'post']);
  });
});

/** [ymin, xmin, ymax, xmax] of each face, best first. */
async function boxesOf(detector: Runnable, sample: Sample): Promise<number[][]> {
  const outputs: TensorMap = await detector.execute(sample);
  const [boxes = [], , , count = []] = Object.values(outputs).map(({ data }) => Array.from(data, Number));
  return Array.from({ length: count[0] ?? 0 }, (_, row) => boxes.slice(4 * row, 4 * row + 4));
}

test('a sparse model of more than 16 MiB opens', async () => {
  const sparse = await readFile(join(MODELS, 'face_detection_full_range_sparse.tflite'));
  const large = new Uint8Array((16 << 20) + 4096);
  large.set(sparse);
  const net = await loadModel(large);
  expect(net.nodes.length).toBeGreaterThan(100);
});
