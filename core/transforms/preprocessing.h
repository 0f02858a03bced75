// The settings by which images become inputs.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "ir/attributes.h"

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

}  // namespace octet::transforms
