// Nodes by short names and patterns: what the settings say of them is understood, and kept where precisions are raised.

import { type LoadedNet, loadModel, type NodeInfo, type Sample } from 'octet-quant';
import { brokenFashion } from './support/broken.js';
import { calibrationImages, expectRejection, loadFashion, modelBytes } from './support/fashion.js';

const CALIBRATION = {
  method: 'percentile',
  numBins: 2048,
  percentile: 99,
  movingAverageConstant: 0.01,
} as const;
const FOUR_BITS = { asymmetric: false, perChannel: true, bits: 4, bfloat16: false } as const;

let net: LoadedNet;
let samples: Sample[];

beforeAll(async () => {
  net = await loadFashion({ target: 'tflite' });
  const images = await calibrationImages(net, 6);
  samples = await Promise.all(Array.from({ length: 6 }, (_, index) => images.sample(index)));
});

afterAll(() => net.dispose());

/** A convolution that is called by a short name of its own. */
function shortened(): NodeInfo {
  const node = net.nodes.find(
    ({ name, label, operator }) =>
      operator === 'CONV_2D' &&
      label !== name &&
      net.nodes.filter((other) => other.label === label).length === 1,
  );
  if (node === undefined) throw new Error('The sample has changed.');
  return node;
}

test('a short name and a pattern mean what the whole name means', async () => {
  const { name, label } = shortened();
  const bytesWith = async (given: string): Promise<Uint8Array> => {
    const params = net.defaultQuantization.withCustomQuantizationConfigs({
      [given]: { weightScheme: FOUR_BITS },
    });
    const model = await net.quantize(samples, params);
    expect(model.tensors.some(({ quantization }) => quantization?.bits === 4)).toBe(true);
    const file = await model.toTFLite();
    model.dispose();
    return file;
  };
  const whole = await bytesWith(name);
  for (const given of [label, `${name.slice(0, -1)}?`])
    expect(Buffer.compare(await bytesWith(given), whole)).toBe(0);
});

test('a node that became part of another one is known by the name that it has in the file', async () => {
  const detector = await loadModel(
    'node_modules/@mediapipe/face_detection/face_detection_short_range.tflite',
  );
  const names = new Set(detector.nodes.map(({ name }) => name));
  const merged = detector.nodes.find(
    ({ unit, sourceNodes }) => unit === 'MLA' && sourceNodes.some((source) => !names.has(source)),
  );
  const source = merged?.sourceNodes.find((name) => !names.has(name)) ?? '';
  const [input] = detector.inputs;
  if (merged === undefined || input === undefined) throw new Error('The model has changed.');
  const data = Float32Array.from({ length: input.shape.reduce((a, b) => a * b, 1) }, (_, index) =>
    Math.sin(index),
  );
  const model = await detector.quantize(
    [{ [input.name]: { data, shape: input.shape } }],
    detector.defaultQuantization.withUnquantizedNodes([source]),
  );
  expect(model.report().nodes.find(({ name }) => name === merged.name)?.unit).toBe('APU');
  model.dispose();
  detector.dispose();
});

test('settings of one node under two names are refused', async () => {
  const { name, label } = shortened();
  const params = net.defaultQuantization.withCustomQuantizationConfigs({
    [name]: { calibration: CALIBRATION },
    [label]: { weightScheme: FOUR_BITS },
  });
  await expectRejection(net.quantize(samples, params), 'INVALID_CONFIG', /under two names/);
});

test('mixed precision keeps what a node has under its short name', async () => {
  const called = net.nodes.filter(
    ({ label }) => net.nodes.filter((other) => other.label === label).length === 1,
  );
  const configs = Object.fromEntries(called.map(({ label }) => [label, { weightScheme: FOUR_BITS }]));
  const given = net.defaultQuantization.withCustomQuantizationConfigs(configs);
  const { params, nodes } = await net.mixedPrecision(samples, given, { share: 0.5 });
  const raised = called.map(({ name }) => name).filter((name) => nodes.includes(name));
  expect(raised.length).toBeGreaterThan(0);
  for (const node of raised) {
    expect(params.customQuantizationConfigs.get(node)).toEqual({
      quantizationPrecision: 'INT16',
      weightScheme: FOUR_BITS,
    });
  }
  const model = await net.quantize(samples, params);
  const wide = model.nodes.filter(({ name }) => nodes.includes(name));
  const types = new Map(model.tensors.map((tensor) => [tensor.name, tensor.dtype]));
  expect(new Set(wide.map(({ outputs }) => types.get(outputs[0] ?? '')))).toEqual(new Set(['int16']));
  model.dispose();
});

describe('accuracy feedback', () => {
  test('keeps what a node has under its short name', async () => {
    const { net: broken, params, outlier } = await brokenFashion(modelBytes());
    const label = broken.nodes.find(({ name }) => name === outlier)?.label ?? '';
    const own = {
      ...Object.fromEntries(params.customQuantizationConfigs),
      [label]: { weightScheme: FOUR_BITS },
    };
    const { model, ...feedback } = await broken.quantizeWithAccuracyFeedback(
      samples,
      samples,
      params.withCustomQuantizationConfigs(own),
      { accuracyScore: 'sqnr', targetAccuracy: 15, maxOptimizationSteps: 4 },
    );
    const raised = feedback.steps.find(({ nodes }) => nodes.includes(outlier));
    expect(raised?.change).toBe('INT16');
    expect(feedback.params.customQuantizationConfigs.get(outlier)).toMatchObject({
      quantizationPrecision: 'INT16',
      weightScheme: FOUR_BITS,
    });
    expect(model.params.toJSON()).toEqual(feedback.params.toJSON());
    model.dispose();
    broken.dispose();
  });

  test('leaves the precision that a pattern or a short name gives', async () => {
    const float = await loadModel(modelBytes(), { target: 'tflite' });
    const { name, label } = shortened();
    const kept = net.nodes.find(({ operator }) => operator === 'FULLY_CONNECTED')?.name ?? '';
    const coarse = float.defaultQuantization
      .withWeightQuantization(FOUR_BITS)
      .withCustomQuantizationConfigs({ [label]: { quantizationPrecision: 'INT8' } })
      .withUnquantizedNodes([`*${kept.slice(-12)}`]);
    const { model, steps, params } = await float.quantizeWithAccuracyFeedback(samples, samples, coarse, {
      accuracyScore: 'sqnr',
      targetAccuracy: 200,
      maxOptimizationSteps: 8,
    });
    expect(steps.length).toBeGreaterThan(0);
    const raised = steps.flatMap(({ nodes }) => nodes);
    for (const own of [name, kept]) expect(raised).not.toContain(own);
    expect(params.customQuantizationConfigs.get(name)).toEqual({ quantizationPrecision: 'INT8' });
    model.dispose();
    float.dispose();
  });
});
