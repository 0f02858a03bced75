// From decoded pixels to an input tensor: resize, colour order, normalisation. Deterministic, so that the
// same pixels give the same tensor in every browser, in Node and natively; decoding files is not done here.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "ir/attributes.h"
#include "ir/shape.h"

namespace octet::transforms {

enum class ColorOrder : uint8_t { Rgb, Bgr, Gray };
enum class Layout : uint8_t { Nhwc, Nchw };

/// How an image becomes an input. Part of a model: calibration and deployment must use the same.
struct Preprocessing {
  ResizeMethod resize = ResizeMethod::Linear;
  bool keep_aspect = false;           ///< One factor for both axes, on black.
  Deposit deposit = Deposit::Center;  ///< Where on it.
  ColorOrder color = ColorOrder::Rgb;
  std::vector<float> mean = {0};  ///< In pixel units, one value or one a channel.
  std::vector<float> std = {1};
  Layout layout = Layout::Nhwc;
};

/// Parses {"mean", "std", "resize", "keepAspect", "deposit", "color", "layout"}; mean and std may be numbers
/// or lists. Throws InvalidConfig naming the field.
Preprocessing preprocessing_from_json(std::string_view json);

/// Decoded pixels, four bytes each (red, green, blue, alpha), rows from the top. Alpha is ignored.
struct Image {
  std::span<const uint8_t> rgba;
  int width = 0;
  int height = 0;
};

/// Fills `tensor`, of shape `shape`, with (pixel - mean) / std. `shape` is a batch of one image with 1 or 3
/// channels in the layout of `preprocessing`; one channel takes the luma of ITU-R BT.601. Resizing is that of
/// IMAGE_RESIZE on floats: OpenCV's methods, none of which but Area filters when it shrinks; Cubic may pass
/// over [0, 255]. Throws InvalidInput where the image or the shape does not fit, InvalidConfig where
/// mean and std do not.
void image_to_tensor(const Image& image, const Preprocessing& preprocessing, const Shape& shape,
                     std::span<float> tensor);

}  // namespace octet::transforms
