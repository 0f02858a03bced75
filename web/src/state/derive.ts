// What follows from the state: memoised on the parts that it depends on.

import type { DType, GraphInfo, NodeError, NodeInfo } from 'octet-quant';
import { useMemo } from 'react';
import { type Network, networkOf } from '../graph/network';
import { type AppState, useStore } from './store';
import type { Classification, ImageEntry, Run } from './types';

let lastInfo: GraphInfo | undefined;
let lastNetwork: Network | undefined;

/** The network of the loaded model; the same object as long as the model stays. */
export function networkFor(info: GraphInfo): Network {
  if (info !== lastInfo || lastNetwork === undefined) {
    lastInfo = info;
    lastNetwork = networkOf(info);
  }
  return lastNetwork;
}

export function useNetwork(): Network | undefined {
  const info = useStore((state) => state.model?.info);
  return info && networkFor(info);
}

export function activeRun(state: AppState): Run | undefined {
  return state.runs.find(({ id }) => id === state.activeRun);
}

export function useActiveRun(): Run | undefined {
  return useStore(activeRun);
}

/** dB by node name, of the run that is shown. */
export function useErrorOf(): ReadonlyMap<string, NodeError> {
  const run = useActiveRun();
  return useMemo(() => new Map(run?.errors.map((error) => [error.node, error])), [run]);
}

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

const SCORES: readonly DType[] = ['float32', 'int8', 'int16', 'uint8'];

/** The number of classes of a model that classifies: one output, a vector. */
export function classCount(info: GraphInfo): number | undefined {
  const [output, ...others] = info.outputs;
  if (output === undefined || others.length > 0) return undefined;
  const long = output.shape.filter((extent) => extent > 1);
  return long.length === 1 && long[0] !== undefined && long[0] <= 22_000 && SCORES.includes(output.dtype)
    ? long[0]
    : undefined;
}

/** Class names: those given, or the folders' names in alphabetical order when there are as many as outputs. */
export function classNames(state: Pick<AppState, 'classes' | 'images' | 'model'>): readonly string[] {
  const needed = state.model && classCount(state.model.info);
  if (needed === undefined) return [];
  if (state.classes.length === needed) return state.classes;
  const labels = [...new Set(state.images.map(({ label }) => label))].filter((label) => label !== '').sort();
  return labels.length === needed ? labels : [];
}

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
