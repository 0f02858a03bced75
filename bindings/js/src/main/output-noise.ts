// The noise at a net's outputs, sample by sample and part by part: an output may join channels of very different ranges, the
// narrow ones of which count for nothing in the sum of all.

import type { TensorInfo } from '../types.js';

/** kPartRatio of core/quantize/ranges/part_ratio.h: channels whose largest values differ by more are parts of their own. */
const PART_RATIO = 16;

/** Some channels, along the last axis, of an output. */
interface Part {
  readonly output: number;
  readonly channels: readonly number[];
  readonly of: number;
}

/** How the noise of a part differs from that of another quantization. */
export interface NoiseChange {
  readonly output: string;
  /** More noise than there. */
  readonly decibels: number;
  /** Standard error of it, by leaving out one sample after another (jackknife). */
  readonly error: number;
}

export class OutputNoise {
  readonly #names: readonly string[];
  readonly #parts: readonly Part[];
  /** By part, then by sample: sums of squared differences. */
  readonly #noise: readonly (readonly number[])[];

  /** `float` and `quantized`: by sample, then by output. Outputs without values have no parts. */
  constructor(
    outputs: readonly TensorInfo[],
    float: readonly (readonly Float32Array[])[],
    quantized: readonly (readonly Float32Array[])[],
  ) {
    this.#names = outputs.map(({ name }) => name);
    this.#parts = outputs.flatMap(({ shape }, output) =>
      partsOf(
        float.map((values) => values[output] ?? new Float32Array()),
        shape.at(-1) ?? 1,
      ).map((channels) => ({ output, channels, of: shape.at(-1) ?? 1 })),
    );
    this.#noise = this.#parts.map((part) =>
      float.map((values, sample) => noiseOf(part, values[part.output], quantized[sample]?.[part.output])),
    );
  }

  /** Parts without noise on either side tell nothing, and are left out. */
  changesFrom(other: OutputNoise): readonly NoiseChange[] {
    return this.#parts.flatMap(({ output }, part) => {
      const mine = this.#noise[part] ?? [];
      const theirs = other.#noise[part] ?? [];
      const [noise, before] = [sumOf(mine), sumOf(theirs)];
      if (noise === 0 && before === 0) return [];
      const left = mine.map((value, sample) => ratio(noise - value, before - (theirs[sample] ?? 0)));
      return [{ output: this.#names[output] ?? '', decibels: ratio(noise, before), error: jackknife(left) }];
    });
  }
}

/** Groups of channels of similar range, over all samples. */
function partsOf(samples: readonly Float32Array[], channels: number): readonly (readonly number[])[] {
  const largest = new Float64Array(channels);
  for (const values of samples) {
    for (let i = 0; i < values.length; i++) {
      const magnitude = Math.abs(values[i] ?? 0);
      if (magnitude > (largest[i % channels] ?? 0)) largest[i % channels] = magnitude;
    }
  }
  const order = [...largest.keys()].sort((a, b) => (largest[a] ?? 0) - (largest[b] ?? 0));
  const parts: number[][] = [];
  let smallest = 0;
  for (const channel of order) {
    const magnitude = largest[channel] ?? 0;
    if (magnitude === 0) continue; // A channel without values.
    if (parts.length === 0 || magnitude > PART_RATIO * smallest) {
      parts.push([]);
      smallest = magnitude;
    }
    parts.at(-1)?.push(channel);
  }
  return parts;
}

function noiseOf(part: Part, exact: Float32Array | undefined, rounded: Float32Array | undefined): number {
  if (exact === undefined || rounded === undefined) return 0;
  let sum = 0;
  for (const channel of part.channels) {
    for (let i = channel; i < exact.length; i += part.of) sum += ((exact[i] ?? 0) - (rounded[i] ?? 0)) ** 2;
  }
  return sum;
}

function sumOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}

/** In dB; what is next to nothing on one side alone counts as 60 dB. */
function ratio(noise: number, before: number): number {
  const decibels = 10 * Math.log10(Math.max(noise, 0) / Math.max(before, 0));
  return Number.isNaN(decibels) ? 0 : Math.max(-60, Math.min(60, decibels));
}

/** The standard error of a figure from those with one sample left out each. */
function jackknife(left: readonly number[]): number {
  const mean = sumOf(left) / left.length;
  const squares = sumOf(left.map((value) => (value - mean) ** 2));
  return Math.sqrt((squares * (left.length - 1)) / left.length);
}
