// What samples and outputs look like: pictures, classes or pairs of numbers.

import { encode } from 'fast-png';
import { inputPicture } from '../data/pictures.js';
import { areBoxes, postprocessedBoxes } from '../statistics/detection.js';
import type { DetectedBox } from '../statistics/types.js';
import type { OutputTensor, Preprocessing, RawImage, Sample, TensorInfo, TensorMap } from '../types.js';
import { realValues } from '../wire/tensor.js';
import type { ReportOutput } from './types.js';

const MOST_CLASSES = 22_000;
const SHOWN_CLASSES = 5;
const SHOWN_NUMBERS = 400;
const SHOWN_BOXES = 20;
const LEAST_SCORE = 0.5;
const LEAST_PICTURE = 8;
/** Of the sides: what is longer is a list. */
const MOST_ASPECT = 4;
/** Larger pictures are made smaller by leaving out lines and columns. */
const LARGEST_PICTURE = 256;
/** Pictures without a preprocessing are shown from their lowest to their highest value. */
const LEVELS = 255;

/** What the model sees, as a PNG file in a data: address. */
export function inputOf(
  sample: Sample,
  inputs: readonly TensorInfo[],
  preprocessing: Preprocessing | undefined,
): string | undefined {
  const [input] = inputs;
  const tensor = sample[input?.name ?? ''];
  if (input === undefined || tensor === undefined || inputs.length > 1) return undefined;
  const picture = inputPicture(tensor, input, preprocessing ?? spread(tensor.data));
  return picture && pictureAddress(picture);
}

/** The scale on which the lowest value is black and the highest white. */
function spread(values: ArrayLike<number | bigint>): Preprocessing {
  const [low, high] = extremes(Float32Array.from(Array.from(values, Number)));
  const std = LEVELS / (high - low || 1);
  return { mean: -low * std, std };
}

/** The outputs of a sample, before and after. */
export function outputsOf(
  outputs: readonly TensorInfo[],
  before: TensorMap,
  after: TensorMap,
  classes: readonly string[] | undefined,
): readonly ReportOutput[] {
  const boxes = boxesOf(outputs, before, after, classes);
  if (boxes !== undefined) return [boxes];
  return outputs.flatMap(({ name }): ReportOutput[] => {
    const [float, quantized] = [before[name], after[name]];
    if (float === undefined || quantized === undefined) return [];
    const values = { float: realValues(float), quantized: realValues(quantized) };
    const { shape } = float;
    const common = { tensor: name, shape, sqnr: ratioOf(values) };
    if (outputs.length === 1 && classCount(float) !== undefined)
      return [{ ...common, kind: 'classes', classes: bestClasses(values, classes) }];
    const picture = pictureOf(shape, values);
    return [picture ? { ...common, ...picture } : { ...common, ...numbersOf(values) }];
  });
}

/** The boxes of a model that ends in finding them, which its other outputs belong to. */
function boxesOf(
  outputs: readonly TensorInfo[],
  before: TensorMap,
  after: TensorMap,
  classes: readonly string[] | undefined,
): ReportOutput | undefined {
  const [first] = outputs;
  // Kept layers are among the tensors too.
  const ends = (tensors: TensorMap): TensorMap =>
    Object.fromEntries(outputs.flatMap(({ name }) => (tensors[name] ? [[name, tensors[name]]] : [])));
  const [float, quantized] = [ends(before), ends(after)];
  if (first === undefined || outputs.length < 3 || !areBoxes(float) || !areBoxes(quantized)) return undefined;
  const best = (tensors: TensorMap): readonly DetectedBox[] =>
    postprocessedBoxes(tensors)
      .filter(({ score }) => score >= LEAST_SCORE)
      .sort((a, b) => b.score - a.score)
      .slice(0, SHOWN_BOXES)
      .map((box) => ({ ...box, label: classes?.[Number(box.label)] ?? box.label }));
  const tensors = [float[first.name], quantized[first.name]] as const;
  const [was, is] = tensors.map((tensor) => (tensor ? realValues(tensor) : new Float32Array()));
  return {
    tensor: first.name,
    shape: first.shape,
    sqnr: ratioOf({ float: was ?? new Float32Array(), quantized: is ?? new Float32Array() }),
    kind: 'boxes',
    float: best(float),
    quantized: best(quantized),
  };
}

interface Values {
  readonly float: Float32Array;
  readonly quantized: Float32Array;
}

/** Signal to noise in dB; null where there is no noise. */
function ratioOf({ float, quantized }: Values): number | null {
  let [signal, noise] = [0, 0];
  float.forEach((value, at) => {
    signal += value * value;
    noise += (value - (quantized[at] ?? 0)) ** 2;
  });
  return noise === 0 ? null : 10 * Math.log10(signal / noise);
}

/** The number of classes of an output that can be scores: a vector. */
function classCount({ shape }: OutputTensor): number | undefined {
  const [extent, ...others] = shape.filter((size) => size > 1);
  return others.length === 0 && extent !== undefined && extent <= MOST_CLASSES ? extent : undefined;
}

function bestClasses({ float, quantized }: Values, labels: readonly string[] | undefined) {
  const best = (values: Float32Array): readonly number[] =>
    [...values.keys()].sort((a, b) => (values[b] ?? 0) - (values[a] ?? 0) || a - b).slice(0, SHOWN_CLASSES);
  const shown = [...new Set([...best(float), ...best(quantized).slice(0, 1)])];
  return shown.map((index) => ({
    label: labels?.[index] ?? String(index),
    float: float[index] ?? 0,
    quantized: quantized[index] ?? 0,
  }));
}

/** Channel 0 of an output that has height and width. */
function pictureOf(
  shape: readonly number[],
  { float, quantized }: Values,
):
  | Pick<Extract<ReportOutput, { kind: 'picture' }>, 'kind' | 'low' | 'high' | 'float' | 'quantized'>
  | undefined {
  const [batch, height = 0, width = 0, channels = 1] = shape;
  if (shape.length < 3 || shape.length > 4 || batch !== 1) return undefined;
  if (Math.min(height, width) < LEAST_PICTURE || channels > 64) return undefined;
  if (Math.max(height, width) > MOST_ASPECT * Math.min(height, width)) return undefined;
  const plane = (values: Float32Array) => values.filter((_, at) => at % channels === 0);
  const [low, high] = extremes(plane(float));
  const address = (values: Float32Array): string => {
    const grey = Uint8ClampedArray.from(
      plane(values),
      (value) => ((value - low) / (high - low || 1)) * LEVELS,
    );
    const rgba = new Uint8Array(4 * grey.length).fill(255);
    grey.forEach((level, at) => {
      rgba.fill(level, 4 * at, 4 * at + 3);
    });
    return pictureAddress({ width, height, rgba });
  };
  return { kind: 'picture', low, high, float: address(float), quantized: address(quantized) };
}

function numbersOf({
  float,
  quantized,
}: Values): Pick<Extract<ReportOutput, { kind: 'numbers' }>, 'kind' | 'float' | 'quantized'> {
  const step = Math.ceil(float.length / SHOWN_NUMBERS);
  const some = (values: Float32Array) => [...values].filter((_, at) => at % step === 0);
  return { kind: 'numbers', float: some(float), quantized: some(quantized) };
}

function extremes(values: Float32Array): readonly [number, number] {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of values) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  return [low, high];
}

/** A picture as a PNG file in a data: address. */
function pictureAddress(picture: RawImage): string {
  const { width, height, rgba } = smaller(picture);
  const grey = rgba.every((value, at) => at % 4 === 3 || value === rgba[at - (at % 4)]);
  const data = rgba.filter((_, at) => (grey ? at % 4 === 0 : at % 4 !== 3));
  const file = encode({ width, height, data, depth: 8, channels: grey ? 1 : 3 });
  return `data:image/png;base64,${btoa(Array.from(file, (byte) => String.fromCharCode(byte)).join(''))}`;
}

function smaller({ width, height, rgba }: RawImage): RawImage {
  const step = Math.ceil(Math.max(width, height) / LARGEST_PICTURE);
  if (step === 1) return { width, height, rgba };
  const size = { width: Math.ceil(width / step), height: Math.ceil(height / step) };
  const small = new Uint8Array(4 * size.width * size.height);
  for (let y = 0; y < size.height; ++y) {
    for (let x = 0; x < size.width; ++x) {
      const from = 4 * (y * step * width + x * step);
      small.set(rgba.subarray(from, from + 4), 4 * (y * size.width + x));
    }
  }
  return { ...size, rgba: small };
}
