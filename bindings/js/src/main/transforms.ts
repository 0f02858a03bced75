// Pre- and post-processing as data. A transform is plain JSON that the core makes nodes of; nothing is computed here.
// Names are those of the SDK in camelCase.

import type {
  OutputTensor,
  Preprocessing,
  Tensor,
  TensorType,
  Transform as TransformInterface,
  TransformJson,
} from '../types.js';
import { OctetError } from '../wire/errors.js';
import { executeTransforms, preprocessingJson, resultTypes } from './auxiliary.js';
import { checkChoice } from './choices.js';

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

/** How a resized pixel is found: OpenCV's methods. `area`: the mean of what lies beneath, where both sides shrink. */
export type ResizeMethod = 'linear' | 'nearest' | 'area' | 'cubic';

/**
 * An image in another size. `keepAspect` (default false) scales both sides by one factor; what is left is 0, and the
 * image lies at `depositLocation` (default 'center').
 */
export function resizeTransform(options: {
  readonly targetHeight: number;
  readonly targetWidth: number;
  readonly keepAspect?: boolean;
  readonly depositLocation?: 'topLeft' | 'center' | 'bottomRight';
  readonly method?: ResizeMethod;
}): TransformInterface {
  return transform('resize', options);
}

/** The planes of a video frame as one image of Y, U and V, each chroma value repeated. */
export function chromaUpsampleTransform(options: {
  readonly frameHeight: number;
  readonly frameWidth: number;
  readonly yuvSampling: 'NV12' | 'YUV420' | 'YUV422';
}): TransformInterface {
  return transform('chromaUpsample', options);
}

/** Between YUV in its limited range (16 to 235 and 240) and RGB in 0 to 255. */
export function yuvRgbConversionTransform(options: {
  readonly conversion: 'YUV2RGB' | 'RGB2YUV';
  readonly std: 'BT601' | 'BT709' | 'BT2020';
}): TransformInterface {
  return transform('yuvRgbConversion', options);
}

/** The first channel for the last. */
export function bgrRgbConversionTransform(options: {
  readonly conversion: 'BGR2RGB' | 'RGB2BGR';
}): TransformInterface {
  return transform('bgrRgbConversion', options);
}

/** The luma of RGB (ITU-R BT.601) in each of `channels`, 1 (default) or 3; floats. */
export function grayscaleTransform(options: { readonly channels?: 1 | 3 } = {}): TransformInterface {
  return transform('grayscale', options);
}

/** (x / divisor − mean) / std in floats, with one such row, or one a channel. */
export function normalizationTransform(options: {
  readonly channelParams: readonly (readonly [divisor: number, mean: number, std: number])[];
}): TransformInterface {
  return transform('normalization', options);
}

/** Slices of an image, the last ones smaller: [height, width, channels]. */
export interface Tiles {
  readonly sliceShape: readonly [height: number, width: number, channels: number];
  /** Fills the channels of each slice up to a multiple of 16. Default false. */
  readonly alignC16?: boolean;
  /** In a slice, blocks of 16 channels lie one after the other. Default false. */
  readonly cblock?: boolean;
}

/** A tensor slice by slice, as the accelerator reads it. */
export function tessellationTransform(options: Tiles): TransformInterface {
  return transform('tessellation', options);
}

/** What was sliced, back to a tensor of type `frameType`. */
export function detessellationTransform(
  options: Tiles & { readonly frameType: Pick<TensorType, 'dtype' | 'shape'> },
): TransformInterface {
  return transform('detessellation', options);
}

/** All inputs in one buffer of bytes, each at a multiple of 16. */
export function packTransform(): TransformInterface {
  return transform('pack');
}

/** The tensors that were packed into a buffer. */
export function unpackTransform(options: {
  readonly tensorTypes: readonly Pick<TensorType, 'dtype' | 'shape'>[];
}): TransformInterface {
  return transform('unpack', options);
}

/** Values that are the largest in a square around them; all others become 0. */
export function nmsMaxpoolTransform(options: { readonly kernel: number }): TransformInterface {
  return transform('nmsMaxpool', options);
}

/** What a detector's boxes are relative to: centre y, centre x, height and width in parts of the image's sides. */
export type Anchor = readonly [y: number, x: number, height: number, width: number];

/** What boxes are made with. Anchors are given one by one, or as grids over the detector's input. */
export type BoxDecoding = {
  /** 'exponential': centre y, x and logarithms of h, w (SSD). 'linear': centre x, y and w, h (MediaPipe). Default exponential. */
  readonly coding?: 'exponential' | 'linear';
  /** What the numbers of a box are divided by: y, x, height, width. Default 1. */
  readonly scales?: readonly [readonly [y: number, x: number, height: number, width: number]];
  /** Default 1. */
  readonly classes?: number;
  readonly maxDetections: number;
  /** Rows for each box: its best classes. Default 1. */
  readonly classesPerDetection?: number;
  /** With `perClass`. Default 100. */
  readonly detectionsPerClass?: number;
  /** Pairs x, y behind the numbers of a box. Default 0. */
  readonly keypoints?: number;
  /** The least score of a detection. Default 0. */
  readonly scoreThreshold?: number;
  /** Of boxes that share more than this part of their union, only the best is kept. Default 0.5. */
  readonly overlapThreshold?: number;
  /** Boxes compete within their class. Default false. */
  readonly perClass?: boolean;
  /** Scores are logits. Default false. */
  readonly logits?: boolean;
  /** A box is the mean, by score, of those that it suppresses and itself. Default false. */
  readonly weighted?: boolean;
} & (
  | { readonly anchors: readonly Anchor[] }
  | {
      readonly inputSize: readonly [height: number, width: number];
      /** Cells of `stride` pixels with so many anchors each, row by row. */
      readonly anchorGrids: readonly (readonly [stride: number, perCell: number])[];
    }
);

/**
 * Boxes of a detector with anchors (SSD), by decoding and non-maximum suppression. Takes two inputs, raw boxes [1, n, 4
 * or more] and scores [1, n, classes]; makes boxes (ymin, xmin, ymax, xmax), classes, scores and their count, best first,
 * and with `keypoints` those.
 */
export function boxDecodingTransform(options: BoxDecoding): TransformInterface {
  return transform('boxDecoding', options);
}

/**
 * Faces of MediaPipe's detectors (BlazeFace), whose outputs it takes in their order: boxes and six keypoints each (eyes,
 * nose, mouth, ears), in parts of the picture's sides.
 */
export function faceDetectionTransform(options: {
  readonly range: 'short' | 'full';
  /** The least score of a face. Default 0.5, as MediaPipe's. */
  readonly scoreThreshold?: number;
  /** Default 20. */
  readonly maxDetections?: number;
}): TransformInterface {
  const { range, scoreThreshold = 0.5, maxDetections = 20 } = options;
  checkChoice('range', range, ['short', 'full']);
  const side = range === 'short' ? 128 : 192;
  return boxDecodingTransform({
    coding: 'linear',
    inputSize: [side, side],
    anchorGrids: range === 'short' ? SHORT_RANGE_GRIDS : FULL_RANGE_GRIDS,
    scales: [[side, side, side, side]],
    maxDetections,
    keypoints: 6,
    logits: true,
    scoreThreshold,
    overlapThreshold: 0.3,
    weighted: true,
  });
}

// From MediaPipe's face_detection graphs.
const SHORT_RANGE_GRIDS = [
  [8, 2],
  [16, 6],
] as const;
const FULL_RANGE_GRIDS = [[4, 1]] as const;

/**
 * What `preprocessing` makes of images, for decoded pixels: uint8 of shape [1, height, width, 3 (RGB) or 4 (with alpha)]
 * become the input of a model, `inputType`, with the same bits as in calibration.
 */
export async function preprocessingTransform(
  preprocessing: Preprocessing,
  imageShape: readonly number[],
  inputType: TensorType,
): Promise<TransformInterface> {
  return fromJson(await preprocessingJson(preprocessing, imageShape, inputType));
}

/** One transform after the other. */
export function compose(transforms: readonly TransformInterface[]): TransformInterface {
  return transform('compose', { transforms });
}

/** The tensor as it is: for an input that needs nothing where others do. */
export function identity(): TransformInterface {
  return transform('identity');
}
