// The embedded example, as every test of the package uses it.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type ImageDataset,
  imageDataset,
  type LoadedNet,
  type LoadOptions,
  loadModel,
  OctetError,
  type OctetErrorCode,
  type Preprocessing,
} from 'octet-quant';

/** The repository's root; tests are run from there. */
export const ROOT = process.cwd();
export const FASHION = join(ROOT, 'web/public/samples/fashion');
export const FASHION_MODEL = join(FASHION, 'fashion.tflite');
export const UNIT_RANGE: Preprocessing = { mean: 0, std: 255 };

export const modelBytes = (): Uint8Array => new Uint8Array(readFileSync(FASHION_MODEL));

export const loadFashion = (options: LoadOptions = {}): Promise<LoadedNet> =>
  loadModel(FASHION_MODEL, options);

/** The first `count` calibration images. */
export async function calibrationImages(net: LoadedNet, count: number): Promise<ImageDataset> {
  const all = await imageDataset(join(FASHION, 'calibration.zip'), UNIT_RANGE, { net });
  const step = Math.floor(all.length / count);
  return all.select(Array.from({ length: count }, (_, index) => index * step));
}

/** The OctetError that the call rejects with; fails when it does not. */
export async function rejection(call: Promise<unknown>): Promise<OctetError> {
  try {
    await call;
  } catch (error) {
    if (error instanceof OctetError) return error;
    throw error;
  }
  throw new Error('The call was expected to fail.');
}

export async function expectRejection(
  call: Promise<unknown>,
  code: OctetErrorCode,
  message: RegExp,
): Promise<void> {
  const error = await rejection(call);
  expect(error.message).toMatch(message);
  expect(error.code).toBe(code);
}
