// Where on a model's input a box of an image comes to lie. The image is put there by placed_picture() in
// core/kernels/imaging/opencv_resize.cc; a test holds the two together.

import type { LabelledBox } from '../../statistics/types.js';
import type { Preprocessing } from '../../types.js';

/** Of the room that the image leaves, what is before it. */
const BEFORE = { topLeft: 0, center: 0.5, bottomRight: 1 } as const;

/** A box in pixels of an image, in parts of the input. `shape`: the input's. */
export function onInput(
  box: LabelledBox,
  image: { readonly width: number; readonly height: number },
  shape: readonly number[],
  { keepAspect = false, deposit = 'center', layout = 'NHWC' }: Preprocessing,
): LabelledBox {
  const [, first = 1, second = 1, third = 1] = shape;
  // Grey images may come without an axis for the channels.
  const channelsFirst = layout === 'NCHW' && shape.length === 4;
  const [height, width] = channelsFirst ? [second, third] : [first, second];
  const factor = Math.min(width / image.width, height / image.height);
  const along = (extent: number, limit: number) => {
    const size = keepAspect ? Math.min(limit, Math.max(1, Math.round(extent * factor))) : limit;
    const start = Math.floor((limit - size) * BEFORE[deposit]);
    return (at: number): number => (start + (at / extent) * size) / limit;
  };
  const [x, y] = [along(image.width, width), along(image.height, height)];
  return { ...box, left: x(box.left), right: x(box.right), top: y(box.top), bottom: y(box.bottom) };
}
