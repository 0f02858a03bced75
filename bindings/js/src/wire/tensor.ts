// Tensors between JavaScript and the bytes of the core.

import type { DType, OutputTensor, Tensor, TypedArray } from '../types.js';
import { OctetError } from './errors.js';

/** What the core says about an input. */
export interface InputInfo {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: readonly number[];
}

/** The bytes of a typed array, shared. */
export function bytesOf(data: TypedArray): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

/** The elements that the bytes hold; bfloat16 and float16 as their bits. `bytes` starts its buffer. */
export function elementsOf(bytes: Uint8Array, dtype: DType): TypedArray {
  const { buffer, byteOffset, byteLength } = bytes;
  switch (dtype) {
    case 'float32':
      return new Float32Array(buffer, byteOffset, byteLength / 4);
    case 'float16':
    case 'bfloat16':
      return new Uint16Array(buffer, byteOffset, byteLength / 2);
    case 'int8':
      return new Int8Array(buffer, byteOffset, byteLength);
    case 'uint8':
    case 'bool':
      return bytes;
    case 'int16':
      return new Int16Array(buffer, byteOffset, byteLength / 2);
    case 'int32':
      return new Int32Array(buffer, byteOffset, byteLength / 4);
    case 'int64':
      return new BigInt64Array(buffer, byteOffset, byteLength / 8);
  }
}

/** The numbers that a tensor stands for. */
export function realValues({ data, dtype, quantization, shape }: OutputTensor): Float32Array {
  if (data instanceof Float32Array) return data;
  if (dtype === 'bfloat16')
    return new Float32Array(Uint32Array.from(data as Uint16Array, (bits) => bits << 16).buffer);
  if (dtype === 'float16') return Float32Array.from(data as Uint16Array, halfValue);
  const { scale = [1], zeroPoint = [0], axis = 0 } = quantization ?? {};
  const [firstScale = 1] = scale;
  const [firstZero = 0] = zeroPoint;
  // Elements from one index along the axis to the next.
  const inner = shape.slice(axis + 1).reduce((product, extent) => product * extent, 1);
  return Float32Array.from(Array.from<number | bigint, number>(data, Number), (value, at) => {
    const channel = Math.floor(at / inner) % scale.length;
    return (scale[channel] ?? firstScale) * (value - (zeroPoint[channel] ?? firstZero));
  });
}

/** A half-precision number from its bits. */
function halfValue(bits: number): number {
  const [exponent, fraction] = [(bits >> 10) & 31, bits & 1023];
  const sign = bits & 0x8000 ? -1 : 1;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15));
}

const ARRAYS: Readonly<Record<DType, string>> = {
  float32: 'Float32Array',
  float16: 'Uint16Array',
  bfloat16: 'Uint16Array',
  int8: 'Int8Array',
  uint8: 'Uint8Array',
  bool: 'Uint8Array',
  int16: 'Int16Array',
  int32: 'Int32Array',
  int64: 'BigInt64Array',
};

const ELEMENT_BYTES: Readonly<Record<DType, number>> = {
  float32: 4,
  float16: 2,
  bfloat16: 2,
  int8: 1,
  uint8: 1,
  bool: 1,
  int16: 2,
  int32: 4,
  int64: 8,
};

/** Bytes of a tensor's elements. */
export function byteSize({ dtype, shape }: Pick<InputInfo, 'dtype' | 'shape'>): number {
  return shape.reduce((product, extent) => product * extent, ELEMENT_BYTES[dtype]);
}

/** Throws INVALID_INPUT unless the tensor fits the input. */
export function checkTensor(tensor: Tensor, input: InputInfo): void {
  const fail = (problem: string, hint = ''): never => {
    const message = `Input '${input.name}' ${problem}.`;
    throw new OctetError({ code: 'INVALID_INPUT', message, where: { input: input.name }, hint });
  };
  const { data, shape } = tensor;
  // By name: an array of another realm is no instance of this one's classes.
  const kind = data?.[Symbol.toStringTag];
  if (kind !== ARRAYS[input.dtype]) {
    fail(`is ${input.dtype} and takes a ${ARRAYS[input.dtype]}, not ${kind ?? 'other values'}`);
  }
  if (!Array.isArray(shape) || shape.join() !== input.shape.join()) {
    fail(`has shape ${input.shape.join('x')}; a tensor of shape ${shape?.join?.('x')} was given`);
  }
  const elements = shape.reduce((product, extent) => product * extent, 1);
  if (data.length !== elements) {
    fail(`has ${elements} elements; the tensor given holds ${data.length}`);
  }
  if (kind === 'Float32Array') {
    const at = (data as Float32Array).findIndex((value) => !Number.isFinite(value));
    if (at >= 0) fail(`holds ${data[at]} at element ${at}`, 'Check the data and its preprocessing.');
  }
}
