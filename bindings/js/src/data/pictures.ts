// What a model's input shows, as pixels.

import type { Preprocessing, RawImage, Tensor, TensorInfo } from '../types.js';
import { realValues } from '../wire/tensor.js';

/**
 * What an input tensor shows: preprocessing undone, so that what was lost is seen to be lost. `input` says what the
 * integers of an already quantized model's input stand for. Undefined for what is no picture of 1 or 3 channels.
 */
export function inputPicture(
  tensor: Tensor,
  input: Pick<TensorInfo, 'dtype' | 'quantization'>,
  { mean, std, color, layout }: Preprocessing,
): RawImage | undefined {
  const first = layout === 'NCHW';
  const shape = pictureShape(tensor.shape, first);
  const [height, width, channels] = first ? [shape[1], shape[2], shape[0]] : shape;
  if (height === undefined || width === undefined || (channels !== 1 && channels !== 3)) return undefined;
  const { data: ints, shape: whole } = tensor;
  const { dtype, quantization } = input;
  const values = realValues({
    data: ints,
    shape: whole,
    dtype,
    ...(quantization === undefined ? {} : { quantization }),
  });
  const pixels = width * height;
  const of = (value: number | readonly number[], channel: number): number =>
    typeof value === 'number' ? value : (value[channel] ?? value[0] ?? 0);
  // Clamped arrays round, and keep what is out of range at its end.
  const rgba = new Uint8ClampedArray(4 * pixels).fill(255);
  for (let pixel = 0; pixel < pixels; ++pixel) {
    for (let place = 0; place < 3; ++place) {
      const channel = channels === 1 ? 0 : color === 'BGR' ? 2 - place : place;
      const value = values[first ? channel * pixels + pixel : pixel * channels + channel] ?? 0;
      rgba[4 * pixel + place] = value * of(std, channel) + of(mean, channel);
    }
  }
  return { width, height, rgba: new Uint8Array(rgba.buffer) };
}

/** The extents of one picture, without the batch; grey ones may come without an axis for the channels, as 1x28x28. */
function pictureShape(shape: readonly number[], channelsFirst: boolean): readonly number[] {
  if (shape.length === 4) return shape.slice(1);
  return shape.length === 3 && shape[0] === 1 && !channelsFirst ? [...shape.slice(1), 1] : shape;
}
