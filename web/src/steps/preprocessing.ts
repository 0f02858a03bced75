// The usual ways of turning pixels into numbers, and what may be wrong with the chosen one.

import type { Preprocessing, Tensor } from 'octet-quant';
import { figure } from 'octet-quant/display';
import type { ImageEntry } from '../model/types';

export interface ScalePreset {
  readonly id: string;
  readonly label: string;
  readonly mean: number | readonly number[];
  readonly std: number | readonly number[];
}

export const SCALE_PRESETS: readonly ScalePreset[] = [
  { id: 'unit', label: '0 … 1', mean: 0, std: 255 },
  { id: 'signed', label: '−1 … 1', mean: 127.5, std: 127.5 },
  {
    id: 'imagenet',
    label: 'ImageNet mean and deviation',
    mean: [123.675, 116.28, 103.53],
    std: [58.395, 57.12, 57.375],
  },
  { id: 'pixels', label: '0 … 255', mean: 0, std: 1 },
];

export function presetOf({ mean, std }: Preprocessing): ScalePreset | undefined {
  const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);
  return SCALE_PRESETS.find((preset) => same(preset.mean, mean) && same(preset.std, std));
}

/** "123.7, 116.3, 103.5" and back. */
export function numbersText(value: number | readonly number[]): string {
  return typeof value === 'number' ? String(value) : value.join(', ');
}

export function parseNumbers(text: string): number | readonly number[] | undefined {
  const numbers = text
    .split(/[\s,;]+/)
    .filter((part) => part !== '')
    .map(Number);
  if (numbers.length === 0 || numbers.some((value) => !Number.isFinite(value))) return undefined;
  return numbers.length === 1 ? numbers[0] : numbers;
}

/** The values that the model gets, for a look: "−1 to 0.98". */
export function rangeText(tensor: Tensor): string {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of tensor.data) {
    low = Math.min(low, Number(value));
    high = Math.max(high, Number(value));
  }
  return `${figure(Number(low.toFixed(3)))} to ${figure(Number(high.toFixed(3)))}`;
}

const FEW = 20;

/** Sentences on what is likely to spoil the result. */
export function imageWarnings(
  calibrate: readonly ImageEntry[],
  compare: readonly ImageEntry[],
  preprocessing: Preprocessing,
  input: readonly number[] | undefined,
  firstSize: { readonly width: number; readonly height: number } | undefined,
): readonly string[] {
  const warnings: string[] = [];
  if (calibrate.length > 0 && calibrate.length < FEW) {
    warnings.push(
      `${calibrate.length} ${calibrate.length === 1 ? 'image is' : 'images are'} few to find ranges with; 50 to 200 typical ones are better.`,
    );
  }
  if (compare === calibrate && calibrate.length > 0) {
    warnings.push(
      'No image is held out: the comparison uses the images that the ranges were found with, and will look a little too good.',
    );
  }
  const [, height, width, channels] = input?.length === 4 ? input : [];
  if (firstSize && height && width && !preprocessing.keepAspect) {
    const squeeze = firstSize.width / firstSize.height / (width / height);
    if (squeeze > 1.25 || squeeze < 0.8) {
      warnings.push(
        `The images are ${firstSize.width}×${firstSize.height}, the model sees ${width}×${height}: they are stretched. Turn on “Keep aspect” unless the model was trained so.`,
      );
    }
  }
  const counts = [preprocessing.mean, preprocessing.std].map((value) =>
    typeof value === 'number' ? 1 : value.length,
  );
  if (channels !== undefined && counts.some((values) => values !== 1 && values !== channels)) {
    warnings.push(`Mean and deviation need one value, or ${channels}, one a channel.`);
  }
  return warnings;
}
