// Which of a model's outputs are worst, judged by their parts.

import type { NodeError, OutputError } from '../types.js';

/**
 * The errors of the model's outputs among those of its nodes, the worst part first: outputs with channels that are lost,
 * then those with parts that are far worse than the whole, then by their ratio.
 */
export function outputErrors(errors: readonly Pick<NodeError, 'outputs'>[]): readonly OutputError[] {
  const rank = ({ parts }: OutputError): number =>
    parts.some(({ lost }) => lost.length > 0) ? 0 : parts.some(({ weak }) => weak) ? 1 : 2;
  return errors
    .flatMap(({ outputs = [] }) => outputs)
    .sort((a, b) => rank(a) - rank(b) || (a.sqnr === b.sqnr ? 0 : a.sqnr - b.sqnr));
}
