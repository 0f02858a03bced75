// Where the values of tensors lie within the range that calibration saw.

import type { TensorMap } from '../types.js';
import { realValues } from '../wire/tensor.js';
import type { QuantizationReport, ReportRange } from './types.js';

const BINS = 64;

export class Histograms {
  readonly #records: QuantizationReport['tensors'];
  readonly #counts = new Map<string, number[]>();

  constructor(records: QuantizationReport['tensors']) {
    this.#records = records;
  }

  /** Adds the values of a sample; those outside the observed range are counted at its ends. */
  add(...maps: readonly TensorMap[]): void {
    for (const { tensor, observed } of this.#records) {
      const [low, high] = observed;
      const values = maps.map((map) => map[tensor]).find((found) => found !== undefined);
      if (values === undefined || !(high > low)) continue;
      const counts = this.#counts.get(tensor) ?? new Array<number>(BINS).fill(0);
      this.#counts.set(tensor, counts);
      for (const value of realValues(values)) {
        const bin = Math.min(BINS - 1, Math.max(0, Math.floor(((value - low) / (high - low)) * BINS)));
        counts[bin] = (counts[bin] ?? 0) + 1;
      }
    }
  }

  ranges(): readonly ReportRange[] {
    return this.#records.map((record) => {
      const histogram = this.#counts.get(record.tensor);
      return { ...record, ...(histogram === undefined ? {} : { histogram }) };
    });
  }
}
