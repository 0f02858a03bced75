// Outputs that no node computes, as the anchors of detectors: every run gives them, and no measure of noise counts them.

import { join } from 'node:path';
import { type LoadedNet, loadModel, type Sample } from 'octet-quant';
import { ROOT } from './support/fashion.js';

const ANCHORS = Float32Array.of(0.25, 0.5, 0.75, 0.125);

let net: LoadedNet;
let samples: Sample[];
let anchors: string;
let found: string;

beforeAll(async () => {
  net = await loadModel(join(ROOT, 'tests/assets/keras/constant_output.tflite'), { target: 'gen1' });
  const [input] = net.inputs;
  const name = input?.name ?? '';
  const shape = input?.shape ?? [];
  const size = shape.reduce((product, extent) => product * extent, 1);
  samples = Array.from({ length: 4 }, (_, sample) => ({
    [name]: { data: Float32Array.from({ length: size }, (_, i) => Math.sin(i * (sample + 1))), shape },
  }));
  const named = (constant: boolean) => net.outputs.find((output) => output.constant === constant)?.name ?? '';
  anchors = named(true);
  found = named(false);
});

afterAll(() => net.dispose());

test('are given by a run, with and without all else', async () => {
  const model = await net.quantize(samples);
  const float = await model.floatModel();
  const [sample = {}] = samples;
  for (const runnable of [net, model, float]) {
    const outputs = await runnable.execute(sample);
    expect(Object.keys(outputs)).toEqual(net.outputs.map(({ name }) => name));
    expect(outputs[anchors]).toMatchObject({ data: ANCHORS, shape: [2, 2], dtype: 'float32' });
    const all = await runnable.execute(sample, { keepLayerOutputs: 'all' });
    expect(all[anchors]?.data).toEqual(ANCHORS);
    expect(Object.keys(all)).toEqual(expect.arrayContaining(runnable.nodes.flatMap((node) => node.outputs)));
  }
  const seen: unknown[] = [];
  const labelled = samples.map((inputs) => ({ inputs, groundTruth: undefined }));
  await model.evaluate(labelled, {
    add: (outputs) => seen.push(outputs[anchors]?.data),
    result: () => undefined,
  });
  expect(seen).toEqual(samples.map(() => ANCHORS));
});

test('have no part in what rounding makes of the outputs', async () => {
  for (const estimate of [false, true]) {
    const rows = await net.rankSensitivity(samples, 'sqnr', { estimate });
    expect(rows.length).toBeGreaterThan(0);
    for (const { outputs, sqnr } of rows) {
      expect(Object.keys(outputs)).toEqual([found]);
      expect(sqnr).toBeCloseTo(outputs[found]?.sqnr ?? Number.NaN, 6);
    }
  }
});

test('do not count as outputs without noise in accuracy feedback', async () => {
  const { initialAccuracy, model } = await net.quantizeWithAccuracyFeedback(samples, samples, undefined, {
    accuracyScore: 'sqnr',
    targetAccuracy: 10,
  });
  const errors = await model.analyzeQuantizationError(samples);
  expect(initialAccuracy).toBeCloseTo(errors.at(-1)?.sqnr ?? Number.NaN, 3);
  model.dispose();
});
