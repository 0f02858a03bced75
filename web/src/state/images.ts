// The user's images, and how they become inputs.

import type { Preprocessing } from 'octet-quant';
import { folderOf, type NamedFile } from '../engine/files';
import { DEFAULT_HOLD_OUT, divide } from '../model/images';
import type { ImageEntry } from '../model/types';
import { getState, setState } from './store';

export function addImages(files: readonly NamedFile[]): void {
  const before = getState().images.filter(({ name }) => !files.some((file) => file.name === name));
  const folders = new Set(files.map(({ name }) => folderOf(name)));
  // One folder around everything is a place, not a class.
  const labelled = folders.size > 1;
  const added = files
    .toSorted((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true }))
    .map(
      ({ name, blob }): ImageEntry => ({
        name,
        label: labelled ? folderOf(name) : '',
        part: 'calibrate',
        blob,
      }),
    );
  setState({ images: [...before, ...divide(added, DEFAULT_HOLD_OUT)], shownImage: undefined });
}

export function removeImages(): void {
  setState({ images: [], shownImage: undefined, classes: [] });
}

/** Holds out one image in `every`, evenly over the classes; 0 holds out none. */
export function holdOut(every: number): void {
  setState(({ images }) => ({ images: divide(images, every) }));
}

export function setPreprocessing(change: Partial<Preprocessing>): void {
  setState(({ preprocessing }) => ({ preprocessing: { ...preprocessing, ...change } }));
}

export function setClasses(classes: readonly string[]): void {
  setState({ classes });
}
