// Images as samples.

import type { LoadedNet, Model, Preprocessing, Sample } from './types.js';

/** Where images come from: paths of files, folders and zips (Node), or blobs and files of images and zips. */
export type ImageSource = string | URL | Blob | { readonly name: string; readonly data: Uint8Array | Blob };

/** One image of a dataset. */
export interface ImageItem {
  readonly name: string;
  /** Name of the folder that it lies in; empty when there is none. */
  readonly label: string;
}

/** Pixels as decoded, 4 bytes a pixel. */
export interface RawImage {
  readonly width: number;
  readonly height: number;
  readonly rgba: Uint8Array;
}

/** Images that are decoded only when they are needed. Iterating gives input tensors. */
export interface ImageDataset extends AsyncIterable<Sample> {
  readonly length: number;
  readonly items: readonly ImageItem[];
  readonly preprocessing: Preprocessing;
  /** The decoded pixels of image `index`, before preprocessing. */
  pixels(index: number): Promise<RawImage>;
  /** The input tensor of image `index`: what the model sees. */
  sample(index: number): Promise<Sample>;
  /** A dataset of some of the images, in the order given. */
  select(indices: Iterable<number>): ImageDataset;
}

export interface ImageDatasetOptions {
  /** The model that the images are for: gives the input's name and shape. */
  readonly net: LoadedNet | Model;
  /** Needed only when the model has several inputs. */
  readonly inputName?: string;
}
