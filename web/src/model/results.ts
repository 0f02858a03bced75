// What is read out of a finished run.

import type { GraphInfo, NodeError, NodeInfo } from 'octet-quant';
import type { Classification, Run } from './types';

export interface Scores {
  /** Undefined where no image has a known class. */
  readonly floatAccuracy: number | undefined;
  readonly quantizedAccuracy: number | undefined;
  /** Share of images with the same answer. */
  readonly agreement: number;
  readonly labelled: number;
  /** Indices into the classification's images. */
  readonly changed: readonly number[];
}

export function scoresOf(classification: Classification): Scores {
  const { truth, float, quantized } = classification;
  const labelled = truth.flatMap((label, index) => (label >= 0 ? [index] : []));
  const accuracy = (answers: readonly number[]): number | undefined =>
    labelled.length === 0
      ? undefined
      : labelled.filter((index) => answers[index] === truth[index]).length / labelled.length;
  const changed = float.flatMap((answer, index) => (answer === quantized[index] ? [] : [index]));
  return {
    floatAccuracy: accuracy(float),
    quantizedAccuracy: accuracy(quantized),
    agreement: float.length === 0 ? 1 : 1 - changed.length / float.length,
    labelled: labelled.length,
    changed,
  };
}

/** The error at the model's outputs: the lowest of their ratios. */
export function outputError(run: Run, info: GraphInfo): number | undefined {
  const producers = new Set(
    info.nodes
      .filter((node) => node.outputs.some((name) => info.outputs.some((output) => output.name === name)))
      .map(({ name }) => name),
  );
  const ratios = run.errors.filter(({ node }) => producers.has(node)).map(({ sqnr }) => sqnr);
  return ratios.length > 0 ? Math.min(...ratios) : undefined;
}

/** By what a node adds itself, or by all that has piled up at it. */
export type Ranking = 'own' | 'accumulated';

export function sqnrOf(error: NodeError, by: Ranking): number {
  return by === 'own' ? error.local.sqnr : error.sqnr;
}

/** Worst first. */
export function worstErrors(run: Run, by: Ranking): readonly NodeError[] {
  const compared = (a: number, b: number): number => (a === b ? 0 : a < b ? -1 : 1);
  return [...run.errors].sort((a, b) => compared(sqnrOf(a, by), sqnrOf(b, by)));
}

/**
 * Nodes whose output has the scale of their input: they move or select values, and the error found at them is the
 * rounding of what they read, which no other precision of their own mends.
 */
export function passingOn(run: Run, info: GraphInfo): ReadonlySet<string> {
  const records = new Map(run.report.tensors.map((record) => [record.tensor, record]));
  const passes = ({ inputs: [input = ''], outputs: [output = ''] }: NodeInfo): boolean => {
    const [from, to] = [records.get(input), records.get(output)];
    return from !== undefined && from.scale === to?.scale && from.zeroPoint === to.zeroPoint;
  };
  return new Set(info.nodes.filter(passes).map(({ name }) => name));
}

export function nodeByName(info: GraphInfo | undefined, name: string | undefined): NodeInfo | undefined {
  return name === undefined ? undefined : info?.nodes.find((node) => node.name === name);
}
