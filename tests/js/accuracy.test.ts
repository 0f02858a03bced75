// Bias correction, adaptive rounding and equalization: what they gain, and how they go through the samples.

import { join } from 'node:path';
import {
  defaultQuantization,
  type ImageDataset,
  type LoadedNet,
  loadModel,
  Model,
  type Progress,
  type QuantizationParams,
  type QuantizationReport,
  quantizationScheme,
} from 'octet-quant';
import { calibrationImages, expectRejection, loadFashion, ROOT } from './support/fashion.js';

let net: LoadedNet;
let images: ImageDataset;
let calibration: ImageDataset;

beforeAll(async () => {
  net = await loadFashion();
  images = await calibrationImages(net, 200);
  calibration = images.select(Array.from({ length: 160 }, (_, index) => index));
});

/** The signal to noise ratio, in dB, of the model's output on images that calibration has not seen. */
async function sqnrOf(params: QuantizationParams): Promise<number> {
  const model = await net.quantize(calibration, params);
  const errors = await model.analyzeQuantizationError(
    images.select(Array.from({ length: 40 }, (_, index) => 160 + index)),
  );
  model.dispose();
  const last = net.nodes.at(-1)?.name;
  return errors.find(({ node }) => node === last)?.sqnr ?? Number.NaN;
}

test('each method brings the output nearer to float', async () => {
  // The error of weights of 4 bits, one scale a layer, is most of what there is.
  const coarse = defaultQuantization.withWeightQuantization(
    quantizationScheme({ asymmetric: false, perChannel: false, bits: 4 }),
  );
  const plain = await sqnrOf(coarse);
  const corrected = await sqnrOf(coarse.withBiasCorrection(true));
  const iterated = await sqnrOf(coarse.withBiasCorrection('iterative'));
  const rounded = await sqnrOf(coarse.withAdaptiveRounding());
  expect(corrected).toBeGreaterThan(plain);
  expect(iterated).toBeGreaterThan(plain);
  expect(rounded).toBeGreaterThan(plain + 3);
});

test('the sample with uneven channels is the same net, and equalizing makes it as easy to quantize', async () => {
  const uneven = await loadModel(join(ROOT, 'web/public/samples/uneven/fashion_uneven.tflite'));
  const sample = await images.sample(7);
  expect(await uneven.execute(sample)).toEqual(await net.execute(sample));
  const atOutput = async (params: QuantizationParams): Promise<number> => {
    const model = await uneven.quantize(calibration, params);
    const errors = await model.analyzeQuantizationError(images.select([160, 170, 180, 190]));
    return errors.find(({ node }) => node === uneven.nodes.at(-1)?.name)?.sqnr ?? Number.NaN;
  };
  const plain = await atOutput(defaultQuantization);
  expect(plain).toBeLessThan(15);
  expect(await atOutput(defaultQuantization.withChannelEqualization())).toBeGreaterThan(plain + 10);
});

describe('weights of 4 bits', () => {
  // Scales that may only halve, as shifts ask for, leave rounding less to gain.
  const bits4 = defaultQuantization
    .withRequantizationMode('tflite')
    .withWeightQuantization(quantizationScheme({ asymmetric: false, perChannel: true, bits: 4 }));

  test('cost accuracy, of which adaptive rounding gives back much', async () => {
    const plain = await sqnrOf(bits4);
    expect(plain).toBeLessThan(await sqnrOf(defaultQuantization));
    expect(await sqnrOf(bits4.withAdaptiveRounding())).toBeGreaterThan(plain + 1);
  });

  test('take half of the bytes, and compute the same when read again', async () => {
    const few = images.select([0, 1, 2, 3]);
    const model = await net.quantize(few, bits4);
    const bytes = ({ quantizedConstantBytes }: QuantizationReport['sizes']) => quantizedConstantBytes;
    const whole = (await net.quantize(few)).report();
    expect(bytes(model.report().sizes)).toBeLessThan(0.6 * bytes(whole.sizes));
    const sample = await few.sample(3);
    const outputs = await model.execute(sample);
    expect(await (await Model.load(model.save())).execute(sample)).toEqual(outputs);
    expect(await (await loadModel(await model.toTFLite())).execute(sample)).toEqual(outputs);
    expect(await model.exportNotes()).toEqual([]);
  });
});

test('samples that can be had once only are kept for the further passes', async () => {
  async function* once() {
    for await (const sample of calibration) yield sample;
  }
  const params = defaultQuantization.withSmoothQuant().withBiasCorrection('iterative');
  const expected = await (await net.quantize(calibration, params)).toTFLite();
  expect(await (await net.quantize(once(), params)).toTFLite()).toEqual(expected);
});

test('tells of every pass, and is cancelled in any of them', async () => {
  const few = images.select([0, 1, 2]);
  const params = defaultQuantization.withBiasCorrection('iterative').withAdaptiveRounding();
  const phases: Progress['phase'][] = [];
  await net.quantize(few, params, { onProgress: ({ phase, done }) => done === 3 && phases.push(phase) });
  expect(phases).toEqual(['calibrate', 'refine', 'refine']);
  const controller = new AbortController();
  const call = net.quantize(few, params, {
    signal: controller.signal,
    onProgress: ({ phase }) => phase === 'refine' && controller.abort(),
  });
  await expectRejection(call, 'CANCELLED', /./);
});
