// No method that the recommended settings turn on leaves an output, or a part of one, worse than without it by more than
// chance, on images that neither calibration nor the judgement has seen. Nets of the accuracy table that need no download;
// `npm run bench:accuracy` looks at all of them.

import { join } from 'node:path';
import {
  type ImageDataset,
  imageDataset,
  loadModel,
  type Model,
  type Preprocessing,
  type QuantizationParams,
  recommendedQuantization,
} from 'octet-quant';
import { OutputNoise } from '../../bindings/js/dist/main/output-noise.js';
import { FASHION, ROOT, UNIT_RANGE } from './support/fashion.js';

const SIGNED_RANGE: Preprocessing = { mean: 127.5, std: 127.5 };
const SAMPLES = join(ROOT, 'web/public/samples');
const NETS = join(ROOT, 'tests/bench/accuracy');
const FACES = join(ROOT, 'node_modules/@mediapipe/face_detection');
const PHOTOS = join(ROOT, 'tests/assets/photos.zip');
const CALIBRATION = join(FASHION, 'calibration.zip');
const TEST = join(FASHION, 'test.zip');

const CASES = [
  ['a classifier', join(FASHION, 'fashion.tflite'), CALIBRATION, TEST, UNIT_RANGE],
  ['one of uneven channels', join(SAMPLES, 'uneven/fashion_uneven.tflite'), CALIBRATION, TEST, UNIT_RANGE],
  ['one with SiLU', join(NETS, 'fashion_silu.tflite'), CALIBRATION, TEST, UNIT_RANGE],
  ['a transformer', join(NETS, 'fashion_vit.tflite'), CALIBRATION, TEST, UNIT_RANGE],
  ['a face detector', join(FACES, 'face_detection_short_range.tflite'), PHOTOS, PHOTOS, SIGNED_RANGE],
] as const;

/** Every `of`-th image from `first` on, at most 40. */
function some(all: ImageDataset, first: number, of: number): ImageDataset {
  const indices = Array.from({ length: Math.ceil((all.length - first) / of) }, (_, i) => first + i * of);
  return all.select(indices.slice(0, 40));
}

async function outputsOf(
  model: Pick<Model, 'execute' | 'outputs'>,
  images: ImageDataset,
): Promise<readonly (readonly Float32Array[])[]> {
  const rows: (readonly Float32Array[])[] = [];
  for await (const sample of images) {
    const values = await model.execute(sample);
    rows.push(model.outputs.map(({ name }) => values[name]?.data as Float32Array));
  }
  return rows;
}

test.each(CASES)('%s', async (_, file, calibration, evaluation, preprocessing) => {
  const net = await loadModel(file, { target: 'tflite' });
  const given = await imageDataset(calibration, preprocessing, { net });
  const others = await imageDataset(evaluation, preprocessing, { net });
  const shared = calibration === evaluation;
  const images = some(given, 0, shared ? 2 : 1);
  const unseen = some(others, shared ? 1 : 0, shared ? 2 : 1);
  const float = await outputsOf(net, unseen);
  const noiseOf = async (params: QuantizationParams): Promise<[OutputNoise, Model]> => {
    const model = await net.quantize(images, params);
    return [new OutputNoise(net.outputs, float, await outputsOf(model, unseen)), model];
  };
  const recommended = recommendedQuantization.withRequantizationMode('tflite');
  const [noise, model] = await noiseOf(recommended);
  const { methods = [] } = model.report();
  expect(methods).toHaveLength(3);
  const kept = new Set(methods.filter((found) => found.kept).map(({ method }) => method));
  const used = recommended
    .withJudgedMethods(false)
    .withSmoothQuant(kept.has('smoothQuant') && { search: true })
    .withAdaptiveRounding(kept.has('adaptiveRounding'))
    .withBiasCorrection(kept.has('biasCorrection') ? 'iterative' : 'none');
  const without = {
    smoothQuant: used.withSmoothQuant(false),
    channelEqualization: used.withChannelEqualization(false),
    adaptiveRounding: used.withAdaptiveRounding(false),
    biasCorrection: used.withBiasCorrection('none'),
  };
  for (const method of kept) {
    for (const change of noise.changesFrom((await noiseOf(without[method]))[0]))
      expect({ method, ...change, isHarm: change.decibels > Math.max(0.5, 3 * change.error) }).toMatchObject({
        isHarm: false,
      });
  }
});
