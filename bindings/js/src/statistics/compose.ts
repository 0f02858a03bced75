// Statistics made of metrics and of other statistics.

import type { TensorMap } from '../types.js';
import { OctetError } from '../wire/errors.js';
import type { Metric, Passed, Statistic } from './types.js';

/** The mean of a metric over the samples. */
export function mean<GroundTruth>(metric: Metric<GroundTruth>): Statistic<GroundTruth> {
  let sum = 0;
  let samples = 0;
  return {
    add(outputs, groundTruth) {
      sum += metric(outputs, groundTruth);
      samples += 1;
    },
    result: () => sum / samples,
  };
}

/** How many samples have a metric of at least `threshold`. */
export function counter<GroundTruth>(
  metric: Metric<GroundTruth>,
  threshold: number,
): Statistic<GroundTruth, Passed> {
  let passed = 0;
  let samples = 0;
  return {
    add(outputs, groundTruth) {
      if (metric(outputs, groundTruth) >= threshold) passed += 1;
      samples += 1;
    },
    result: () => ({ passed, samples }),
  };
}

/** A statistic with its result put into words. */
export function text<GroundTruth, Result>(
  statistic: Statistic<GroundTruth, Result>,
  words: (result: Result) => string = String,
): Statistic<GroundTruth, string> {
  return {
    add: (outputs, groundTruth) => statistic.add(outputs, groundTruth),
    result: () => words(statistic.result()),
  };
}

/** The mean of a metric, in words. */
export function meanText<GroundTruth>(
  metric: Metric<GroundTruth>,
  words?: (mean: number) => string,
): Statistic<GroundTruth, string> {
  return text(mean(metric), words);
}

/** Several statistics over the same samples in one pass, by name. */
export function together<GroundTruth, Results extends Readonly<Record<string, unknown>>>(
  statistics: {
    readonly [Name in keyof Results]: Statistic<GroundTruth, Results[Name]>;
  },
): Statistic<GroundTruth, Results> {
  const named: readonly [string, Statistic<GroundTruth, unknown>][] = Object.entries(statistics);
  return {
    add(outputs, groundTruth) {
      for (const [, statistic] of named) statistic.add(outputs, groundTruth);
    },
    result: () => Object.fromEntries(named.map(([name, one]) => [name, one.result()])) as Results,
  };
}

type GroundTruthsOf<Statistics> = {
  readonly [Index in keyof Statistics]: Statistics[Index] extends Statistic<infer GroundTruth, unknown>
    ? GroundTruth
    : never;
};
type ResultsOf<Statistics> = {
  readonly [Index in keyof Statistics]: Statistics[Index] extends Statistic<never, infer Result>
    ? Result
    : never;
};

/** A statistic for each output, in the outputs' order; the ground truth has one entry for each too. */
export function tensorSet<const Statistics extends readonly Statistic<never, unknown>[]>(
  statistics: Statistics,
): Statistic<GroundTruthsOf<Statistics>, ResultsOf<Statistics>> {
  return {
    add(outputs: TensorMap, groundTruths: readonly unknown[]) {
      const named = Object.entries(outputs);
      if (named.length !== statistics.length || groundTruths.length !== statistics.length) {
        throw new OctetError({
          code: 'INVALID_INPUT',
          message: `There are ${named.length} outputs, ${statistics.length} statistics and ${groundTruths.length} ground truths.`,
          hint: 'Give as many statistics and ground truths as the model has outputs.',
        });
      }
      statistics.forEach((statistic, index) => {
        const [name, tensor] = named[index] ?? [];
        // The types of statistics and ground truths go together by the signature.
        if (name !== undefined && tensor !== undefined)
          statistic.add({ [name]: tensor }, groundTruths[index] as never);
      });
    },
    result: () => statistics.map((statistic) => statistic.result()) as ResultsOf<Statistics>,
  };
}
