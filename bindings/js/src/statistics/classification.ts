// Statistics of models that classify.

import type { TensorMap } from '../types.js';
import { OctetError } from '../wire/errors.js';
import type { Statistic } from './types.js';

/**
 * The share of samples whose true class is among the k highest values of the first output. Classes are indices into it,
 * or names in `labels` in the output's order; without `labels`, '3' is class 3.
 */
export function topK(k: number, labels?: readonly string[]): Statistic<string | number> {
  let hits = 0;
  let samples = 0;
  return {
    add(outputs: TensorMap, groundTruth: string | number) {
      const scores = Array.from(Object.values(outputs)[0]?.data ?? [], Number);
      const truth = classOf(groundTruth, labels);
      const score = scores[truth];
      if (score === undefined) throw noClass(groundTruth, scores.length, labels);
      // Among equal scores the first counts as higher, as for argmax.
      const higher = scores.filter(
        (other, index) => other > score || (other === score && index < truth),
      ).length;
      if (higher < k && !Number.isNaN(score)) hits += 1;
      samples += 1;
    },
    result: () => hits / samples,
  };
}

/** The share of samples whose highest value is that of the true class: `topK(1, labels)`. */
export function top1(labels?: readonly string[]): Statistic<string | number> {
  return topK(1, labels);
}

/** The class number that a label means; −1 where it means none. */
function classOf(label: string | number, labels: readonly string[] | undefined): number {
  if (typeof label === 'number') return label;
  if (labels !== undefined) return labels.indexOf(label);
  return /^\d+$/.test(label) ? Number(label) : -1;
}

function noClass(label: string | number, classes: number, labels: readonly string[] | undefined): OctetError {
  const named = labels === undefined ? '' : `; they are ${labels.map((name) => `'${name}'`).join(', ')}`;
  return new OctetError({
    code: 'INVALID_INPUT',
    message: `'${label}' is none of the model's ${classes} classes${named}.`,
    hint: 'Give the labels in the order of the output.',
  });
}
