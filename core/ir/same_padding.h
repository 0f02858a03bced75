// The "SAME" and "VALID" paddings of TFLite as explicit ones.
#pragma once

#include <cstdint>
#include <optional>

#include "ir/attributes.h"

namespace octet {

/// Padding of one dimension: before and after.
struct Padding1d {
  int32_t before = 0;
  int32_t after = 0;
};

/// What "SAME" means along a dimension: the output has ceil(input / stride) elements, and an odd total of
/// padding puts the larger half behind (https://www.tensorflow.org/api_docs/python/tf/nn#notes_on_padding_2).
/// `extent` is the reach of the dilated window. Returns nothing when the padding leaves 32 bits; all
/// arguments must be at least 1.
inline std::optional<Padding1d> same_padding(int32_t input, int64_t extent, int32_t stride) {
  const int64_t output = (int64_t{input} + stride - 1) / stride;
  const int64_t total = (output - 1) * stride + extent - input;
  if (total <= 0) return Padding1d{};
  if (total > INT32_MAX) return {};
  return Padding1d{static_cast<int32_t>(total / 2), static_cast<int32_t>(total - total / 2)};
}

/// The reach of a window of `size` elements that are `dilation` apart.
inline int64_t dilated_extent(int32_t size, int32_t dilation) { return (int64_t{size} - 1) * dilation + 1; }

/// "SAME" in both dimensions.
inline std::optional<Padding2d> same_padding(Spatial input, Spatial window, Spatial stride,
                                             Spatial dilation) {
  const auto vertical =
      same_padding(input.height, dilated_extent(window.height, dilation.height), stride.height);
  const auto horizontal =
      same_padding(input.width, dilated_extent(window.width, dilation.width), stride.width);
  if (!vertical || !horizontal) return {};
  return Padding2d{vertical->before, vertical->after, horizontal->before, horizontal->after};
}

}  // namespace octet
