// The same samples and settings give the same bytes, whoever computes them and in whatever order.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  defaultQuantization,
  type ImageDataset,
  type LoadedNet,
  QuantizationParams,
  type QuantizationSettings,
  type Sample,
} from 'octet-quant';
import { calibrationImages, FASHION_MODEL, loadFashion, ROOT } from './support/fashion.js';

let net: LoadedNet;
let images: ImageDataset;

beforeAll(async () => {
  net = await loadFashion();
  images = await calibrationImages(net, 23);
});

const shuffled = (length: number) => Array.from({ length }, (_, index) => (index * 7 + 3) % length);

async function bytesOf(
  method: string,
  samples: ImageDataset | readonly Sample[] | AsyncIterable<Sample>,
  workers: number,
): Promise<Uint8Array> {
  const params = QuantizationParams.fromJSON({ calibration: { method } });
  const model = await net.quantize(samples, params, { workers });
  const bytes = model.save();
  model.dispose();
  return bytes;
}

test.each(['mse', 'min_max', 'moving_average', 'entropy', 'percentile'])(
  '%s does not depend on the number of workers',
  async (method) => {
    expect(await bytesOf(method, images, 2)).toEqual(await bytesOf(method, images, 1));
  },
);

test.each(['mse', 'min_max', 'entropy', 'percentile'])('%s does not depend on the order', async (method) => {
  const mixed = images.select(shuffled(images.length));
  expect(await bytesOf(method, mixed, 2)).toEqual(await bytesOf(method, images, 1));
});

test('accuracy methods depend neither on workers nor on order', async () => {
  const params = defaultQuantization.withBiasCorrection('iterative').withAdaptiveRounding();
  const bytes = async (samples: ImageDataset, workers: number) => {
    const model = await net.quantize(samples, params, { workers });
    return model.save();
  };
  const expected = await bytes(images, 1);
  expect(await bytes(images, 2)).toEqual(expected);
  expect(await bytes(images.select(shuffled(images.length)), 2)).toEqual(expected);
  const plain = await net.quantize(images, defaultQuantization);
  expect(plain.save()).not.toEqual(expected);
});

test('moving_average depends on the order', async () => {
  const mixed = images.select(shuffled(images.length));
  expect(await bytesOf('moving_average', mixed, 1)).not.toEqual(await bytesOf('moving_average', images, 1));
});

test('tensors, streams of them, and the images that they come from are the same', async () => {
  const tensors: Sample[] = [];
  for await (const sample of images) tensors.push(sample);
  async function* stream() {
    yield* tensors;
  }
  const tflite = async (samples: ImageDataset | Sample[] | AsyncIterable<Sample>) => {
    const model = await net.quantize(samples, undefined, { workers: 2 });
    return model.toTFLite();
  };
  const expected = await tflite(images);
  expect(await tflite(tensors)).toEqual(expected);
  expect(await tflite(stream())).toEqual(expected);
});

test.each<Partial<QuantizationSettings>>([
  { requantization: 'sima' },
  { requantization: 'tflite' },
  { biasCorrection: 'iterative', adaptiveRounding: true },
  { smoothQuant: { enabled: true, alpha: 0.5, search: true } },
  { channelEqualization: true, weights: { asymmetric: false, perChannel: false, bits: 8, bfloat16: false } },
])('the native build writes the same bytes with %j', async (settings) => {
  const params = QuantizationParams.fromJSON(settings);
  const model = await net.quantize(images, params, { workers: 2 });
  const folder = mkdtempSync(join(tmpdir(), 'octet-'));
  try {
    const config = join(folder, 'settings.json');
    const samples = join(folder, 'samples.f32');
    const out = join(folder, 'out.tflite');
    writeFileSync(config, JSON.stringify(params));
    const parts: Uint8Array[] = [];
    for await (const sample of images) {
      for (const { data } of Object.values(sample))
        parts.push(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    }
    writeFileSync(samples, Buffer.concat(parts));
    const tool = join(ROOT, 'build/native/tests/core/octet_native_quantize');
    execFileSync(tool, [FASHION_MODEL, 'gen1', config, samples, out]);
    expect(new Uint8Array(readFileSync(out))).toEqual(await model.toTFLite());
  } finally {
    rmSync(folder, { recursive: true });
  }
});
