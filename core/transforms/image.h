// From decoded pixels to an input tensor: resize, colour order, normalisation. Deterministic, so that the
// same pixels give the same tensor in every browser, in Node and natively; decoding files is not done here.
#pragma once

#include <cstdint>
#include <span>

#include "calibrate/image_origin.h"
#include "ir/shape.h"
#include "transforms/preprocessing.h"

namespace octet::transforms {

/// Decoded pixels, four bytes each (red, green, blue, alpha), rows from the top. Alpha is ignored.
struct Image {
  std::span<const uint8_t> rgba;
  int width = 0;
  int height = 0;
};

/// Throws as image_to_tensor().
calibrate::ImageOrigin image_origin(const Image& image, const Preprocessing& preprocessing,
                                    const Shape& shape);

/// Fills `tensor`, of shape `shape`, with (pixel - mean) / std. `shape` is a batch of one image with 1 or 3
/// channels in the layout of `preprocessing`, or of one grey image without an axis for them; one channel
/// takes the luma of ITU-R BT.601. Resizing is that of IMAGE_RESIZE on floats: OpenCV's methods, none of
/// which but Area filters when it shrinks; Cubic may pass over [0, 255]. Throws InvalidInput where the image
/// or the shape does not fit, InvalidConfig where mean and std do not.
void image_to_tensor(const Image& image, const Preprocessing& preprocessing, const Shape& shape,
                     std::span<float> tensor);

/// Likewise for a tensor of bytes, such as the input of a network that does its preprocessing itself: values
/// are rounded to nearest, and limited to [0, 255]. With four channels, NHWC, the last is alpha, and opaque.
void image_to_bytes(const Image& image, const Preprocessing& preprocessing, const Shape& shape,
                    std::span<uint8_t> tensor);

}  // namespace octet::transforms
