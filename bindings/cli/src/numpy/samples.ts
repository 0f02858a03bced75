// Samples from NumPy's arrays: which input an array is for, how its shape is read, and its values in the input's own type.

import { existsSync } from 'node:fs';
import { OctetError, type Sample, type Tensor, type TensorInfo } from 'octet-quant';
import { UsageError } from '../exit-code.js';
import { isNpy, parseNpy, readArrayFile, transposed, unreadable } from './npy.js';
import { isNpz, parseNpz } from './npz.js';
import { readingOf } from './shapes.js';
import { type GivenArray, type Normalization, normalize, valuesFor } from './values.js';

/** How arrays become samples. */
export interface ArrayOptions {
  readonly normalization?: Normalization;
  /** Takes sentences about what was assumed of an array. */
  readonly onAssumption: (sentence: string) => void;
}

const ARRAY_FILE = /\.np[yz]$/i;

/** Whether the text names a file of arrays, with or without the input that it is for. */
export function namesArrays(text: string): boolean {
  return ARRAY_FILE.test(text);
}

/**
 * Samples from .npy files, `name=file.npy` where the model has several inputs, and from .npz files that hold an array by
 * the name of each input. The first axis counts samples; those of several files follow each other.
 */
export async function samplesFromArrays(
  texts: readonly string[],
  inputs: readonly TensorInfo[],
  options: ArrayOptions,
): Promise<Sample[]> {
  const parts = inputs.map(({ name }) => ({ name, tensors: [] as Tensor[][] }));
  for (const text of texts) {
    for (const given of await arraysOf(text, inputs))
      parts.find(({ name }) => name === given.input.name)?.tensors.push(tensorsOf(given, options));
  }
  const tensors = parts.map(({ name, tensors }) => ({ name, samples: tensors.flat() }));
  const count = tensors[0]?.samples.length ?? 0;
  if (tensors.some(({ samples }) => samples.length !== count)) {
    const counts = tensors.map(({ name, samples }) => `'${name}' has ${samples.length}`).join(', ');
    throw new OctetError({
      code: 'INVALID_INPUT',
      message: `The inputs have different numbers of samples: ${counts}.`,
      hint: 'Each needs an array: name=file.npy, or one of its name in a .npz file.',
    });
  }
  return Array.from({ length: count }, (_, index) =>
    Object.fromEntries(tensors.map(({ name, samples }) => [name, samples[index] as Tensor])),
  );
}

async function arraysOf(text: string, inputs: readonly TensorInfo[]): Promise<GivenArray[]> {
  const { input, path } = addressed(text, inputs);
  const only = input ?? (inputs.length === 1 ? inputs[0] : undefined);
  const file = await readArrayFile(path);
  if (isNpy(file)) {
    if (only === undefined) {
      throw new UsageError(
        `Which input is '${path}' for? Give name=file.npy for each of ${namesOf(inputs)}, or a .npz file with an array for each.`,
      );
    }
    return [{ input: only, name: path, array: parseNpy(file, path) }];
  }
  if (!isNpz(file)) throw unreadable(path, 'it begins neither as a .npy nor as a .npz file');
  const arrays = parseNpz(file, path);
  return arrays.map(({ key, array }) => {
    // The name of a single array, such as arr_0, needs to say nothing.
    const named = arrays.length === 1 && only !== undefined ? only : inputs.find(({ name }) => name === key);
    if (named === undefined) throw noInput(`'${path}' holds an array '${key}'`, key, inputs);
    return { input: named, name: `${path}[${key}]`, array };
  });
}

/** Divides `name=path`; a path alone may hold '=' as well. */
function addressed(
  text: string,
  inputs: readonly TensorInfo[],
): { readonly input?: TensorInfo; readonly path: string } {
  const [input] = inputs
    .filter(({ name }) => text.startsWith(`${name}=`))
    .sort((a, b) => b.name.length - a.name.length);
  if (input !== undefined) return { input, path: text.slice(input.name.length + 1) };
  const at = text.lastIndexOf('=');
  if (at < 0 || existsSync(text)) return { path: text };
  throw noInput(`'${text}' is for an input '${text.slice(0, at)}'`, text.slice(0, at), inputs);
}

function noInput(given: string, name: string, inputs: readonly TensorInfo[]): OctetError {
  return new OctetError({
    code: 'INVALID_INPUT',
    message: `${given}, which the model does not have.`,
    where: { input: name },
    hint: `Its inputs are ${namesOf(inputs)}.`,
  });
}

function namesOf(inputs: readonly TensorInfo[]): string {
  return inputs.map(({ name }) => `'${name}'`).join(', ');
}

/** The samples that an array holds for its input. */
function tensorsOf(given: GivenArray, { normalization, onAssumption }: ArrayOptions): Tensor[] {
  const { input, array, name } = given;
  const { samples, axes, assumption } = readingOf(array.shape, input, name);
  if (assumption !== undefined) onAssumption(assumption);
  if (array.dtype === 'uint8' && input.dtype === 'float32' && normalization === undefined)
    onAssumption(`'${name}' is uint8: its values are taken as they are, from 0 to 255.`);
  const values = valuesFor(given);
  const ordered = axes === undefined ? values : transposed(values, array.shape, axes);
  if (normalization !== undefined) normalize(ordered, input, normalization);
  const elements = ordered.length / samples;
  return Array.from({ length: samples }, (_, index) => ({
    data: ordered.subarray(index * elements, (index + 1) * elements),
    shape: input.shape,
  }));
}
