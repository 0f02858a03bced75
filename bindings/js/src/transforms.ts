// Pre- and post-processing as data. A transform is plain JSON that the core makes nodes of; nothing is computed here.
// Names are those of the SDK in camelCase.

import { executeTransforms, resultTypes } from './auxiliary.js';
import { OctetError } from './errors.js';
import type {
  OutputTensor,
  Tensor,
  TensorType,
  Transform as TransformInterface,
  TransformJson,
} from './types.js';

class JsonTransform implements TransformInterface {
  readonly #json: TransformJson;

  constructor(json: TransformJson) {
    this.#json = json;
  }

  apply(inputs: Tensor | readonly Tensor[]): Promise<readonly OutputTensor[]> {
    return executeTransforms([this], isList(inputs) ? inputs : [inputs]);
  }

  getResultType(types: TensorType | readonly TensorType[]): Promise<readonly TensorType[]> {
    return resultTypes([this], isList(types) ? types : [types]);
  }

  toJSON(): TransformJson {
    return this.#json;
  }
}

function isList<T>(value: T | readonly T[]): value is readonly T[] {
  return Array.isArray(value);
}

/** A transform of its fields; what is undefined is left out. They are copied, and cannot be changed any more. */
function transform(name: string, fields: object = {}): TransformInterface {
  return fromJson({ transform: name, ...fields });
}

function fromJson(json: object): TransformInterface {
  const copy: TransformJson = JSON.parse(JSON.stringify(json));
  if (typeof copy?.transform !== 'string') {
    throw new OctetError({
      code: 'INVALID_CONFIG',
      message: "A transform must be an object with its name in 'transform'.",
    });
  }
  return Object.freeze(new JsonTransform(deeplyFrozen(copy)));
}

function deeplyFrozen<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    for (const part of Object.values(value)) deeplyFrozen(part);
    Object.freeze(value);
  }
  return value;
}

export type Transform = TransformInterface;

export const Transform = {
  /** A transform from what its `toJSON` gave. The core checks its fields when it is used. */
  fromJSON: fromJson,
};

/** A scale and a zero point: real = scale · (q − zeroPoint). */
export type QuantizationPair = readonly [scale: number, zeroPoint: number];

/** The index of the largest value along an axis, which is dropped; int32. A negative axis counts from the end. */
export function argmax(options: { readonly axis: number }): TransformInterface {
  return transform('argmax', options);
}

/** The same elements in another shape; one extent may be -1, which is what is left. */
export function reshapeTransform(options: { readonly newshape: readonly number[] }): TransformInterface {
  return transform('reshape', options);
}

/** Dimensions in another order: a letter each, `{ srcLayout: 'NHWC', dstLayout: 'NCHW' }`. */
export function layoutTransform(options: {
  readonly srcLayout: string;
  readonly dstLayout: string;
}): TransformInterface {
  return transform('layout', options);
}

/** Elements from `begin` up to, without, `end` of each dimension; negative ones count from its end. */
export function sliceTransform(options: {
  readonly begin: readonly number[];
  readonly end: readonly number[];
}): TransformInterface {
  return transform('slice', options);
}

/** Part of an image: the corners [x0, y0] and [x1, y1], the second past the last pixel. */
export function cropTransform(options: {
  readonly boundingBox: readonly [readonly [number, number], readonly [number, number]];
}): TransformInterface {
  return transform('crop', options);
}

/** Reals to integers of `numBits`, 8 (default) or 16, rounded to the nearest, halves away from zero. */
export function quantizationTransform(options: {
  readonly channelParams: readonly [QuantizationPair];
  readonly numBits?: 8 | 16;
}): TransformInterface {
  return transform('quantization', options);
}

/** Integers to the reals that they stand for. */
export function dequantizationTransform(options: {
  readonly channelParams: readonly [QuantizationPair];
}): TransformInterface {
  return transform('dequantization', options);
}

/** 1 / (1 + e^-x). `saveInt16`: as int16 of scale 1/32768. Default false. */
export function sigmoidTransform(options: { readonly saveInt16?: boolean } = {}): TransformInterface {
  return transform('sigmoid', options);
}

/** e^x divided by its sum along an axis, by default the last. */
export function softmaxTransform(options: { readonly axis?: number } = {}): TransformInterface {
  return transform('softmax', options);
}

/** One transform after the other. */
export function compose(transforms: readonly TransformInterface[]): TransformInterface {
  return transform('compose', { transforms });
}

/** The tensor as it is: for an input that needs nothing where others do. */
export function identity(): TransformInterface {
  return transform('identity');
}
