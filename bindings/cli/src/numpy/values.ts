// An array's values in the type of the input that they are for.

import { OctetError, realValues, type TensorInfo, type TypedArray } from 'octet-quant';
import type { Elements, NumpyArray } from './npy.js';

/** An array with what it is for. */
export interface GivenArray {
  readonly input: TensorInfo;
  /** Its file, for messages. */
  readonly name: string;
  readonly array: NumpyArray;
}

/** What is subtracted from values, and what divides what is left: one value, or one a channel. */
export interface Normalization {
  readonly mean: readonly number[];
  readonly std: readonly number[];
}

/** What integer inputs hold: both ends of their range, and what makes their elements of whole numbers. */
const INTEGERS = {
  bool: { low: 0, high: 1, from: (data: Elements) => new Uint8Array(numbersOf(data)) },
  int8: { low: -(2 ** 7), high: 2 ** 7 - 1, from: (data: Elements) => new Int8Array(numbersOf(data)) },
  uint8: { low: 0, high: 2 ** 8 - 1, from: (data: Elements) => new Uint8Array(numbersOf(data)) },
  int16: { low: -(2 ** 15), high: 2 ** 15 - 1, from: (data: Elements) => new Int16Array(numbersOf(data)) },
  int32: { low: -(2 ** 31), high: 2 ** 31 - 1, from: (data: Elements) => new Int32Array(numbersOf(data)) },
  int64: { low: -(2n ** 63n), high: 2n ** 63n - 1n, from: (data: Elements) => bigintsOf(data) },
};

/** The array's values in the type of its input: reals rounded once, integers exactly as they are. */
export function valuesFor({ input, array, name }: GivenArray): TypedArray {
  const { dtype, quantization } = input;
  if (dtype === 'float32') return realsOf(array, name);
  // What stands for reals is not guessed from numbers of another type; NumPy has no bfloat16, whose bits are given.
  const own = dtype === 'bfloat16' ? 'uint16' : dtype;
  if (array.dtype === own) return array.data as TypedArray;
  if (dtype === 'float16' || dtype === 'bfloat16' || quantization !== undefined) {
    const [scale = 1] = quantization?.scale ?? [];
    const [zeroPoint = 0] = quantization?.zeroPoint ?? [];
    throw new OctetError({
      code: 'INVALID_INPUT',
      message: `'${name}' is ${array.dtype}, and input '${input.name}' takes ${own}.`,
      where: { input: input.name },
      hint:
        quantization === undefined
          ? `Save x.astype(numpy.${own}).`
          : `An integer q stands for ${scale} * (q - ${zeroPoint}): save the integers as numpy.${own}.`,
    });
  }
  const { low, high, from } = INTEGERS[dtype];
  const data = array.dtype === 'float16' ? realsOf(array, name) : array.data;
  const at = indexOf(data, (value) => !(value >= low && value <= high && isWhole(value)));
  if (at >= 0) {
    throw new OctetError({
      code: 'INVALID_INPUT',
      message: `${elementText(name, array.shape, at)} is ${numpyText(data[at])}, and input '${input.name}' takes ${dtype}.`,
      where: { input: input.name },
      hint: `It takes whole numbers from ${low} to ${high}.`,
    });
  }
  return from(data);
}

/** As float32, each rounded once; throws where a value is none, or not finite. */
function realsOf({ dtype, shape, data }: NumpyArray, name: string): Float32Array {
  const reals =
    dtype === 'float16'
      ? realValues({ data: data as Uint16Array, shape, dtype })
      : data instanceof BigInt64Array || data instanceof BigUint64Array
        ? Float32Array.from(data as ArrayLike<bigint>, nearestReal)
        : new Float32Array(data);
  const at = indexOf(reals, (value) => !Number.isFinite(value));
  if (at < 0) return reals;
  const value = dtype === 'float16' ? reals[at] : data[at];
  const beyond = Number.isFinite(value) ? ', beyond the range of float32' : '';
  throw new OctetError({
    code: 'INVALID_INPUT',
    message: `${elementText(name, shape, at)} is ${numpyText(value)}${beyond}.`,
    hint: 'Check the data and its preprocessing.',
  });
}

/** A number that is rounded to float32 as the integer would be: more than 53 bits are too many for a number. */
function nearestReal(value: bigint): number {
  if (BigInt.asIntN(54, value) === value) return Number(value);
  const low = value & 0x7ffn;
  // What is cut off is marked by an odd last bit, far below those of float32: ties are then none.
  return Number((value >> 11n) | (low === 0n ? 0n : 1n)) * 2 ** 11;
}

/** The element at a place of the array in C order, as NumPy's index. */
function elementText(name: string, shape: readonly number[], at: number): string {
  let rest = at;
  const index = shape.toReversed().map((extent) => {
    const place = rest % extent;
    rest = (rest - place) / extent;
    return place;
  });
  return `'${name}'[${index.reverse().join(', ')}]`;
}

/** The number as NumPy prints it. */
function numpyText(value: number | bigint | undefined): string {
  if (typeof value !== 'number' || Number.isFinite(value)) return String(value);
  return Number.isNaN(value) ? 'nan' : value > 0 ? 'inf' : '-inf';
}

function isWhole(value: number | bigint): boolean {
  return typeof value === 'bigint' || Number.isInteger(value);
}

/** Where the first element is of which something holds; -1 where there is none. */
function indexOf(data: Elements, holds: (value: number | bigint) => boolean): number {
  for (let at = 0; at < data.length; at += 1) if (holds(data[at] ?? 0)) return at;
  return -1;
}

function numbersOf(data: Elements): ArrayLike<number> {
  return data instanceof BigInt64Array || data instanceof BigUint64Array
    ? Float64Array.from(data as ArrayLike<bigint>, Number)
    : data;
}

function bigintsOf(data: Elements): BigInt64Array {
  return BigInt64Array.from(Array.from<number | bigint, bigint>(data, BigInt));
}

/** Makes (value - mean) / std of values in place, in float32 as it is done to pixels; channels are the last axis. */
export function normalize(values: TypedArray, input: TensorInfo, { mean, std }: Normalization): void {
  const channels = input.shape.at(-1) ?? 1;
  const [means, deviations] = [Float32Array.from(mean), Float32Array.from(std)];
  const lists = [
    ['--mean', means],
    ['--std', deviations],
  ] as const;
  const refuse = (message: string): never => {
    throw new OctetError({ code: 'INVALID_CONFIG', message, where: { input: input.name } });
  };
  for (const [option, list] of lists) {
    if (list.length !== 1 && list.length !== channels)
      refuse(`${option} has ${list.length} values; the last axis of input '${input.name}' has ${channels}.`);
    if (!list.every(Number.isFinite)) refuse(`${option} is not finite.`);
  }
  if (!deviations.every((value) => value > 0)) refuse('--std must be above zero.');
  if (!(values instanceof Float32Array))
    return void refuse(`--mean and --std are for float32 inputs; '${input.name}' is ${input.dtype}.`);
  for (let at = 0; at < values.length; at += 1) {
    const channel = at % channels;
    const centered = Math.fround((values[at] ?? 0) - (means[channel % means.length] ?? 0));
    values[at] = centered / (deviations[channel % deviations.length] ?? 1);
  }
}
