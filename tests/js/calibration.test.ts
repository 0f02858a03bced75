// Samples are looked at once and quantized from often; each model has the bytes that a run from scratch gives.

import { createHash } from 'node:crypto';
import {
  bfloat16Scheme,
  type Calibration,
  defaultQuantization,
  type ImageDataset,
  type LoadedNet,
  type Model,
  type Progress,
  type QuantizationParams,
  quantizationScheme,
} from 'octet-quant';
import { calibrationImages, expectRejection, loadFashion } from './support/fashion.js';

let net: LoadedNet;
let images: ImageDataset;
let calibration: Calibration;

beforeAll(async () => {
  net = await loadFashion({ target: 'gen2' });
  images = await calibrationImages(net, 12);
});
beforeEach(async () => {
  calibration = await net.calibrate(images, defaultQuantization, { workers: 2 });
});
afterEach(() => calibration.dispose());

/** Settings that look at the samples again, at what calibration without them has seen. */
const refining = defaultQuantization.withAdaptiveRounding().withBiasCorrection('iterative');

/** All bytes of the model in short: Jest takes seconds to compare long arrays. */
function fingerprint(model: Model): string {
  const bytes = model.save();
  model.dispose();
  return createHash('sha256').update(bytes).digest('hex');
}

const fromScratch = async (params: QuantizationParams): Promise<string> =>
  fingerprint(await net.quantize(images, params));

/** The fingerprint of a model, and the phases that were gone through to make it. */
async function again(params: QuantizationParams): Promise<{ bytes: string; phases: Set<string> }> {
  const phases = new Set<string>();
  const onProgress = ({ phase }: Progress): void => {
    phases.add(phase);
  };
  return { bytes: fingerprint(await calibration.quantize(params, { onProgress })), phases };
}

const convolution = (): string =>
  net.nodes.find(({ operator, unit }) => operator === 'CONV_2D' && unit === 'MLA')?.name ?? '';

test.each<[string, () => QuantizationParams]>([
  ['the same', () => defaultQuantization],
  ['a node in float', () => defaultQuantization.withUnquantizedNodes([convolution()])],
  [
    'a node in BF16',
    () =>
      defaultQuantization.withCustomQuantizationConfigs({
        [convolution()]: { quantizationPrecision: 'BFLOAT_16' },
      }),
  ],
  ['BF16 activations', () => defaultQuantization.withActivationQuantization(bfloat16Scheme())],
  ['requantization of TFLite', () => defaultQuantization.withRequantizationMode('tflite')],
  [
    'weights per tensor',
    () =>
      defaultQuantization.withWeightQuantization(
        quantizationScheme({ asymmetric: false, perChannel: false }),
      ),
  ],
  ['another method, of the same histograms', () => defaultQuantization.withCalibration('percentile')],
  ['a method that needs no histogram', () => defaultQuantization.withCalibration('min_max')],
  ['further passes', () => refining],
])('serves %s', async (_, paramsOf) => {
  const params = paramsOf();
  expect(await calibration.serves(params)).toBe(true);
  const { bytes, phases } = await again(params);
  expect(bytes).toBe(await fromScratch(params));
  expect(phases.has('calibrate')).toBe(false);
});

test('gathers anew where other statistics are needed, and then serves those settings', async () => {
  for (const params of [
    defaultQuantization.withChannelEqualization(),
    defaultQuantization.withSmoothQuant(),
    defaultQuantization.withCalibration('min_max'),
    defaultQuantization,
  ]) {
    const served = await calibration.serves(params);
    const { bytes, phases } = await again(params);
    expect(phases.has('calibrate')).toBe(!served);
    expect(bytes).toBe(await fromScratch(params));
    expect(await calibration.serves(params)).toBe(true);
  }
});

test('a run that was cancelled leaves what was gathered', async () => {
  const controller = new AbortController();
  const call = calibration.quantize(refining, {
    signal: controller.signal,
    onProgress: ({ phase, done }) => phase === 'refine' && done === 3 && controller.abort(),
  });
  await expectRejection(call, 'CANCELLED', /./);
  const { bytes, phases } = await again(refining);
  expect(phases.has('calibrate')).toBe(false);
  expect(bytes).toBe(await fromScratch(refining));
});

test('calls at the same time do not disturb each other', async () => {
  const other = defaultQuantization.withChannelEqualization();
  const [one, two] = await Promise.all([calibration.quantize(other), calibration.quantize()]);
  expect(fingerprint(one)).toBe(await fromScratch(other));
  expect(fingerprint(two)).toBe(await fromScratch(net.defaultQuantization));
});

test('settings that the target refuses are refused before any sample is looked at', async () => {
  const gen1 = await loadFashion();
  const seen: Progress[] = [];
  const params = defaultQuantization.withActivationQuantization(bfloat16Scheme());
  const call = gen1.calibrate(images, params, { onProgress: (progress) => seen.push(progress) });
  await expectRejection(call, 'INVALID_CONFIG', /BF16/);
  expect(seen).toEqual([]);
});

test('is of no use when it was disposed of', async () => {
  calibration.dispose();
  await expectRejection(calibration.quantize(), 'INVALID_INPUT', /disposed/);
});
