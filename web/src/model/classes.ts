// Models that classify, and the names of their classes.

import type { DType, GraphInfo } from 'octet-quant';
import type { ImageEntry, LoadedModel } from './types';

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
export function classNames({
  classes,
  images,
  model,
}: {
  readonly classes: readonly string[];
  readonly images: readonly ImageEntry[];
  readonly model: LoadedModel | undefined;
}): readonly string[] {
  const needed = model && classCount(model.info);
  if (needed === undefined) return [];
  if (classes.length === needed) return classes;
  const labels = [...new Set(images.map(({ label }) => label))].filter((label) => label !== '').sort();
  return labels.length === needed ? labels : [];
}
