// Figures over labelled samples.

import { OctetError } from './errors.js';
import type { Statistic, TensorMap } from './types.js';

/**
 * The share of samples whose true class is among the k highest values of the first output. Classes are indices into it,
 * or names in `labels` in the output's order.
 */
export function topK(k: number, labels?: readonly string[]): Statistic<string | number> {
  let hits = 0;
  let samples = 0;
  return {
    add(outputs: TensorMap, groundTruth: string | number) {
      const scores = Array.from(Object.values(outputs)[0]?.data ?? [], Number);
      const truth = typeof groundTruth === 'number' ? groundTruth : (labels?.indexOf(groundTruth) ?? -1);
      const score = scores[truth];
      if (score === undefined) {
        throw new OctetError({
          code: 'INVALID_INPUT',
          message: `'${groundTruth}' is none of the model's ${scores.length} classes.`,
          hint: 'Give the labels in the order of the output.',
        });
      }
      // Among equal scores the first counts as higher, as for argmax.
      const higher = scores.filter(
        (other, index) => other > score || (other === score && index < truth),
      ).length;
      if (higher < k) hits += 1;
      samples += 1;
    },
    result: () => hits / samples,
  };
}
