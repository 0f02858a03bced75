// A net that is broken on purpose: the analysis says where and why, and accuracy feedback mends it.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ImageDataset, imageDataset, type NodeError, quantizationScheme, topK } from 'octet-quant';
import { type BrokenNet, brokenFashion } from './support/broken.js';
import {
  calibrationImages,
  expectRejection,
  FASHION,
  loadFashion,
  modelBytes,
  UNIT_RANGE,
} from './support/fashion.js';

const { classes } = JSON.parse(readFileSync(join(FASHION, 'labels.json'), 'utf8'));
const accuracyScore = () => topK(1, classes);

let broken: BrokenNet;
let calibration: ImageDataset;
let labelled: ImageDataset;

beforeAll(async () => {
  broken = await brokenFashion(modelBytes());
  calibration = await calibrationImages(broken.net, 48);
  const test = await imageDataset(join(FASHION, 'test.zip'), UNIT_RANGE, { net: broken.net });
  labelled = test.select(Array.from({ length: 300 }, (_, index) => index * 3));
});

afterAll(() => broken.net.dispose());

test('the broken net computes in float what the sound one does', async () => {
  const sound = await loadFashion();
  const score = await broken.net.evaluate(labelled, accuracyScore());
  expect(Math.abs(score - (await sound.evaluate(labelled, accuracyScore())))).toBeLessThan(0.01);
  sound.dispose();
});

test('the analysis names both layers with their causes', async () => {
  const model = await broken.net.quantize(calibration, broken.params);
  const errors = await model.analyzeQuantizationError(calibration);
  const causesOf = (kind: NodeError['causes'][0]['kind']) =>
    errors.flatMap(({ node, causes }) =>
      causes.filter((cause) => cause.kind === kind).map((cause) => ({ node, cause })),
    );
  const [clipped, ...otherClipped] = causesOf('clipped_range');
  expect(otherClipped).toEqual([]);
  expect(clipped?.node).toBe(broken.clipped);
  expect(clipped?.cause).toMatchObject({
    sentence: expect.stringMatching(
      /^[\d.]+ % of its values lie outside the range from .* make [\d.]+ % of its own noise\.$/,
    ),
    remedy: expect.stringMatching(/min_max/),
  });
  if (clipped?.cause.kind !== 'clipped_range') throw new Error('It is of that kind.');
  expect(clipped.cause.share).toBeCloseTo(0.2, 1); // What the percentile leaves out.
  expect(clipped.cause.noiseShare).toBeGreaterThan(0.9);

  const [outlier, ...otherOutliers] = causesOf('outlier_channels');
  expect(otherOutliers).toEqual([]);
  expect(outlier?.node).toBe(broken.outlier);
  if (outlier?.cause.kind !== 'outlier_channels') throw new Error('It is of that kind.');
  expect(outlier.cause.channels).toEqual([broken.channel]);
  expect(outlier.cause.bits).toBeGreaterThan(3);

  const one = await model.analyzeQuantizationError(calibration, 'sqnr', { perChannel: true, workers: 1 });
  const three = await model.analyzeQuantizationError(calibration, 'sqnr', { perChannel: true, workers: 3 });
  expect(three).toEqual(one);
  const channels = one.find(({ node }) => node === broken.outlier)?.channels ?? [];
  const best = channels
    .map(({ local }) => local.sqnr)
    .indexOf(Math.max(...channels.map(({ local }) => local.sqnr)));
  expect(best).toBe(broken.channel); // All others share its step.
  model.dispose();
});

test('accuracy feedback mends it by raising the two layers and one more', async () => {
  const { net, params } = broken;
  const feedback = await net.quantizeWithAccuracyFeedback(calibration, labelled, params, {
    accuracyScore,
    targetAccuracy: 0.9,
  });
  const { model, steps, accuracy, initialAccuracy, reached, evaluations } = feedback;
  expect(initialAccuracy).toBeLessThan(0.75);
  expect(reached).toBe(true);
  expect(accuracy).toBeGreaterThanOrEqual(0.9);
  expect(await model.evaluate(labelled, accuracyScore())).toBe(accuracy);
  expect(evaluations).toBeLessThanOrEqual(1 + 3 * 16);
  const raised = steps.flatMap(({ nodes }) => nodes);
  expect(raised).toEqual(expect.arrayContaining([broken.outlier, broken.clipped]));
  expect(raised.length).toBeLessThanOrEqual(3);
  expect(steps.at(-1)?.accuracy).toBe(accuracy);
  expect(steps.reduce((sum, { gain }) => sum + gain, initialAccuracy)).toBeCloseTo(accuracy, 9);
  for (const { change, cost } of steps) {
    expect(change).toBe('INT16');
    expect(cost.macs).toBeGreaterThan(0);
    expect(cost).toMatchObject({ segments: 0, boundaryBytes: 0 });
  }
  for (const node of raised)
    expect(feedback.params.customQuantizationConfigs.get(node)?.quantizationPrecision).toBe('INT16');
  expect(model.params.toJSON()).toEqual(feedback.params.toJSON());
  model.dispose();
});

test('without labels the score is the signal to noise against the float model; workers change nothing', async () => {
  const { net, params } = broken;
  const images = calibration.select(Array.from({ length: 12 }, (_, index) => index));
  const options = { accuracyScore: 'sqnr', targetAccuracy: 25, maxOptimizationSteps: 4 } as const;
  const mend = (workers: number) =>
    net.quantizeWithAccuracyFeedback(images, images, params, { ...options, workers });
  const { model, ...one } = await mend(1);
  expect(one.reached).toBe(true);
  expect(one.accuracy).toBeGreaterThanOrEqual(25);
  expect(one.initialAccuracy).toBeLessThan(10);
  const errors = await model.analyzeQuantizationError(images);
  expect(errors.find(({ node }) => node === net.nodes.at(-1)?.name)?.sqnr).toBeCloseTo(one.accuracy, 3);
  const { model: other, ...two } = await mend(2);
  expect({ ...two, params: two.params.toJSON() }).toEqual({ ...one, params: one.params.toJSON() });
  expect(other.save()).toEqual(model.save());
  model.dispose();
  other.dispose();
});

test('what reaches its target at once is left as it is, and what cannot comes back as good as it gets', async () => {
  const net = await loadFashion();
  const images = await calibrationImages(net, 8);
  const samples: object[] = [];
  for await (const inputs of images) samples.push(inputs);
  const easy = await net.quantizeWithAccuracyFeedback(images, labelled, undefined, {
    accuracyScore,
    targetAccuracy: 0.5,
  });
  expect(easy).toMatchObject({ reached: true, steps: [], evaluations: 1 });

  // A generator gives its samples once; they are evaluated with again and again.
  function* once() {
    yield* samples as typeof images extends AsyncIterable<infer S> ? S[] : never;
  }
  const coarse = net.defaultQuantization.withWeightQuantization(
    quantizationScheme({ asymmetric: false, perChannel: false, bits: 4 }),
  );
  const hard = await net.quantizeWithAccuracyFeedback(images, once(), coarse, {
    accuracyScore: 'sqnr',
    targetAccuracy: 200,
    maxOptimizationSteps: 3,
  });
  expect(hard.reached).toBe(false);
  expect(hard.accuracy).toBeGreaterThan(hard.initialAccuracy);
  expect(hard.evaluations).toBeLessThanOrEqual(1 + 3 * 3);
  // Weights make the noise, which INT16 activations would leave as it is.
  expect(hard.steps.map(({ change }) => change)).toContain('FLOAT');
  const costs = hard.steps.reduce((sum, { cost }) => sum + cost.segments, 0);
  expect(net.partition.segments.length + costs).toBe(hard.model.partition.segments.length);
  const bytes = hard.steps.reduce((sum, { cost }) => sum + cost.boundaryBytes, 0);
  expect(net.partition.boundaryBytes + bytes).toBe(hard.model.partition.boundaryBytes);
  for (const { model } of [easy, hard]) model.dispose();
  net.dispose();
});

test('it can be cancelled, and refuses targets and numbers that are none', async () => {
  const { net, params } = broken;
  const stop = new AbortController();
  const run = net.quantizeWithAccuracyFeedback(calibration, labelled, params, {
    accuracyScore,
    targetAccuracy: 0.9,
    signal: stop.signal,
    onProgress: ({ phase }) => phase === 'rank' && stop.abort(),
  });
  await expectRejection(run, 'CANCELLED', /cancelled/i);
  const asked = (targetAccuracy: number, maxOptimizationSteps: number) =>
    net.quantizeWithAccuracyFeedback(calibration, labelled, params, {
      accuracyScore,
      targetAccuracy,
      maxOptimizationSteps,
    });
  await expectRejection(asked(Number.NaN, 1), 'INVALID_CONFIG', /targetAccuracy is NaN/);
  await expectRejection(asked(0.9, -1), 'INVALID_CONFIG', /maxOptimizationSteps is -1/);
});
