// What convolutions and pools say of their windows: kernel_shape, strides, dilations, pads, auto_pad and
// ceil_mode.
#pragma once

#include <array>

#include "formats/onnx/node_reader.h"

namespace octet::formats::onnx {

/// The windows along one spatial axis.
struct AxisWindows {
  int64_t extent = 1;  ///< Of the input.
  int64_t window = 1;  ///< Without dilation.
  int64_t stride = 1;
  int64_t dilation = 1;
  int64_t before = 0, after = 0;  ///< Padding.
  int64_t output = 1;             ///< How many windows there are.

  int64_t reach() const { return (window - 1) * dilation + 1; }
};

/// What a node's windows lie over. Inputs with one spatial axis are given a height of 1.
struct WindowedInput {
  Spatial extent;
  bool has_height = true;  ///< In the file.
};

/// Throws InvalidFile where lists have the wrong length or numbers that no window has.
class Windows {
 public:
  /// `window`: of the filter, or nothing where the attribute kernel_shape has it.
  Windows(const NodeReader& node, const WindowedInput& input, std::optional<Spatial> window = {});

  Spatial window() const { return spatial(&AxisWindows::window); }
  Spatial stride() const { return spatial(&AxisWindows::stride); }
  Spatial dilation() const { return spatial(&AxisWindows::dilation); }
  Padding2d padding() const;
  /// Padding as the file says it, without what ceil_mode adds behind it.
  Padding2d counted_padding() const;

 private:
  Spatial spatial(int64_t AxisWindows::*field) const;

  std::array<AxisWindows, 2> axes_;
  std::array<int64_t, 2> counted_after_ = {};
};

/// Those of a transposed convolution, whose windows lie in its output.
class TransposedWindows {
 public:
  TransposedWindows(const NodeReader& node, const WindowedInput& input, Spatial window);

  Spatial stride() const;
  Spatial dilation() const;
  /// What is cropped of the whole result; below 0 where zeros surround it instead.
  Padding2d padding() const;
  Spatial output() const;

 private:
  std::array<AxisWindows, 2> axes_;
};

}  // namespace octet::formats::onnx
