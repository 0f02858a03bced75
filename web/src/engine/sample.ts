// The sample that comes with the page: a classifier of small pictures of clothes, with its images.

import type { Preprocessing } from 'octet-quant';
import type { ImageEntry, Part } from '../state/types';
import { readAsset } from './assets';
import { folderOf, unzip } from './files';

export interface Sample {
  readonly fileName: string;
  readonly bytes: Uint8Array;
  readonly images: readonly ImageEntry[];
  readonly preprocessing: Preprocessing;
  readonly classes: readonly string[];
}

export async function fashionSample(): Promise<Sample> {
  const [bytes, labels, calibrate, compare] = await Promise.all([
    readAsset('samples/fashion/fashion.tflite'),
    readAsset('samples/fashion/labels.json'),
    imagesOf('samples/fashion/calibration.zip', 'calibrate'),
    imagesOf('samples/fashion/test.zip', 'compare'),
  ]);
  return {
    fileName: 'fashion.tflite',
    bytes,
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
