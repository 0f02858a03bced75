// The settings by which images become inputs.
#pragma once

#include <cstdint>
#include <string>
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

/// The shape of an input with an axis for the channels: grey images may come without, as 1x28x28. Other
/// shapes stay as they are.
Shape with_channels(const Shape& shape, Layout layout);

/// What to do about an input that no image can become.
std::string no_image_hint(const Shape& shape);

}  // namespace octet::transforms
