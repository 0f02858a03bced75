// Which images calibrate, and which are held out to compare.

import type { ImageEntry, Part } from './types';

/** One in so many images is held out for comparing, by default. */
export const DEFAULT_HOLD_OUT = 5;
const FEWEST_TO_HOLD_OUT = 10;

export interface Parts {
  readonly calibrate: readonly ImageEntry[];
  readonly compare: readonly ImageEntry[];
}

const knownParts = new WeakMap<readonly ImageEntry[], Parts>();

/** Images of each part, the same lists for the same images. A set too small to divide serves for both. */
export function partsOf(images: readonly ImageEntry[]): Parts {
  const known = knownParts.get(images);
  if (known) return known;
  const calibrate = images.filter(({ part }) => part === 'calibrate');
  const compare = images.filter(({ part }) => part === 'compare');
  const parts = { calibrate, compare: compare.length > 0 ? compare : calibrate };
  knownParts.set(images, parts);
  return parts;
}

/** The `every` that holdOut() would have been called with for these images; undefined when none gives them. */
export function heldOut(images: readonly ImageEntry[], choices: readonly number[]): number | undefined {
  return choices.find((every) =>
    divide(images, every).every(({ part }, index) => part === images[index]?.part),
  );
}

/** Holds out one image in `every`, evenly over the classes; 0 holds out none. */
export function divide(images: readonly ImageEntry[], every: number): readonly ImageEntry[] {
  const seen = new Map<string, number>();
  const enough = images.length >= FEWEST_TO_HOLD_OUT;
  return images.map((image) => {
    const position = (seen.get(image.label) ?? 0) + 1;
    seen.set(image.label, position);
    const part: Part = enough && every > 0 && position % every === 0 ? 'compare' : 'calibrate';
    return { ...image, part };
  });
}
