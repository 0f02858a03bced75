// How an array's shape fits the shape of an input.

import { OctetError, type TensorInfo } from 'octet-quant';
import { shapeText } from '../output.js';

/** How an array's shape fits an input's. */
export interface Reading {
  readonly samples: number;
  /** The order of its axes that the input wants, where that is another one. */
  readonly axes?: readonly number[];
  /** What was assumed, where more than one reading is thinkable. */
  readonly assumption?: string;
}

/**
 * How an array of `shape` is read for an input: as one sample with or without the batch, as several along the first
 * axis, or as any of these with the channels of images in front. INVALID_SHAPE where it cannot be read so.
 */
export function readingOf(
  shape: readonly number[],
  input: Pick<TensorInfo, 'name' | 'shape'>,
  file: string,
): Reading {
  const wanted = input.shape;
  const both = `'${file}' has shape ${shapeText(shape)}, and input '${input.name}' ${shapeText(wanted)}`;
  const straight = samplesIn(shape, wanted);
  const channelsFirst = wanted.length === 4 ? samplesIn(shape, inOrder(wanted, [0, 3, 1, 2])) : undefined;
  const squeezed = samplesWithoutUnits(shape, wanted);
  const samples = straight ?? channelsFirst ?? squeezed;
  if (samples === undefined) throw misfit(`${both}: they do not fit.`, shape, input);
  if (samples === 0) throw misfit(`${both}: it holds no samples.`, shape, input);
  const assumed = (what: string) => ({ samples, assumption: `${both}: it is taken as ${what}.` });
  if (straight !== undefined) {
    if (channelsFirst !== undefined && wanted.slice(1).some((extent) => extent > 1))
      return assumed('NHWC, though NCHW fits as well');
    const split = samples > 1 && wanted[0] !== 1 && shape.length === wanted.length;
    return split ? assumed(`${samples} samples, one behind the other`) : { samples };
  }
  if (channelsFirst !== undefined) {
    const before = shape.length - 3;
    const axes = [...shape.keys()];
    return {
      ...assumed('NCHW, and transposed'),
      axes: [...axes.slice(0, before), before + 1, before + 2, before],
    };
  }
  return assumed(`${samples} of the input's, which differ in axes of extent 1 only`);
}

function misfit(
  message: string,
  shape: readonly number[],
  { name, shape: wanted }: Pick<TensorInfo, 'name' | 'shape'>,
): OctetError {
  const [batch, ...each] = wanted;
  const one = shapeText(wanted);
  const several = batch === 1 ? `, or as ${['N', ...each].join('x')} for N samples` : '';
  const channelsLast = wanted.length === 4 ? samplesIn(shape, inOrder(wanted, [0, 2, 3, 1])) : undefined;
  const axes = shape.length === 4 ? '0, 3, 1, 2' : '2, 0, 1';
  return new OctetError({
    code: 'INVALID_SHAPE',
    message,
    where: { input: name },
    hint:
      channelsLast !== undefined && shape.length < 5
        ? `If the array is NHWC and the input NCHW, save x.transpose(${axes}).`
        : `Save it as ${one}${several}.`,
  });
}

/** How many samples of shape `wanted` an array of `shape` is; undefined where it is no number of them. */
function samplesIn(shape: readonly number[], wanted: readonly number[]): number | undefined {
  const [count = 0, ...rest] = shape;
  const [batch = 0, ...each] = wanted;
  if (alike(shape, wanted)) return 1;
  if (batch === 1 && alike(shape, each)) return 1;
  if (shape.length === 0) return undefined;
  if (alike(rest, wanted)) return count;
  // The one extent of a vector is its length, and no batch.
  const batched = wanted.length > 1 || batch === 1;
  const samples = count / batch;
  return batched && shape.length === wanted.length && alike(rest, each) && Number.isInteger(samples)
    ? samples
    : undefined;
}

/** Likewise where the two differ in axes of extent 1 only, such as the channel of grey images, and the batch is 1. */
function samplesWithoutUnits(shape: readonly number[], wanted: readonly number[]): number | undefined {
  const beyondOne = (extents: readonly number[]) => extents.filter((extent) => extent !== 1);
  const [given, each] = [beyondOne(shape), beyondOne(wanted)];
  if (wanted[0] !== 1 || each.length === 0) return undefined;
  return alike(given, each) ? 1 : samplesIn(given, [1, ...each]);
}

function inOrder(shape: readonly number[], axes: readonly number[]): number[] {
  return axes.map((axis) => shape[axis] ?? 1);
}

function alike(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((extent, axis) => extent === b[axis]);
}
