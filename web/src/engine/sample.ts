// The samples that come with the page: a classifier of small pictures of clothes with its images, and the same network
// made hard to quantize.

import type { Preprocessing } from 'octet-quant';
import type { ImageEntry, Part } from '../model/types';
import { readAsset } from './assets';
import { folderOf, unzip } from './files';

export type SampleId = 'fashion' | 'uneven';

export interface Sample {
  readonly fileName: string;
  readonly bytes: Uint8Array;
  /** What there is to learn from it. */
  readonly lesson: string | undefined;
  readonly images: readonly ImageEntry[];
  readonly preprocessing: Preprocessing;
  readonly classes: readonly string[];
}

const FILES: Readonly<Record<SampleId, { readonly path: string; readonly lesson?: string }>> = {
  fashion: { path: 'samples/fashion/fashion.tflite' },
  uneven: {
    path: 'samples/uneven/fashion_uneven.tflite',
    lesson:
      'A lesson in three runs: the channels of this network differ up to 256-fold. Quantize it as it is; then with “Equalize channels” (Settings, Every setting); and look at Compare.',
  },
};

export const fileNameOf = (id: SampleId): string => FILES[id].path.split('/').at(-1) ?? '';

export async function readSample(id: SampleId): Promise<Sample> {
  const [bytes, labels, calibrate, compare] = await Promise.all([
    readAsset(FILES[id].path),
    readAsset('samples/fashion/labels.json'),
    imagesOf('samples/fashion/calibration.zip', 'calibrate'),
    imagesOf('samples/fashion/test.zip', 'compare'),
  ]);
  return {
    fileName: fileNameOf(id),
    bytes,
    lesson: FILES[id].lesson,
    images: [...calibrate, ...compare],
    preprocessing: {
      mean: 0,
      std: 255,
      resize: 'bilinear',
      keepAspect: false,
      color: 'GRAY',
      layout: 'NHWC',
    },
    classes: classesOf(JSON.parse(new TextDecoder().decode(labels))),
  };
}

async function imagesOf(path: string, part: Part): Promise<readonly ImageEntry[]> {
  const blob = new Blob([new Uint8Array(await readAsset(path))]);
  const files = await unzip({ name: path, blob });
  const folder = part === 'calibrate' ? 'calibration' : 'test';
  return files.map((file) => ({
    name: `${folder}/${file.name}`,
    label: folderOf(file.name),
    part,
    blob: file.blob,
  }));
}

function classesOf(labels: unknown): readonly string[] {
  const classes: unknown =
    typeof labels === 'object' && labels !== null ? Reflect.get(labels, 'classes') : undefined;
  return Array.isArray(classes) ? classes.map(String) : [];
}
