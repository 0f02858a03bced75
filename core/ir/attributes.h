// Typed attributes of every operator. Operands that TFLite passes as constant tensors (shapes, axes,
// paddings, ...) are attributes here: the graph holds only static values, and exporters make the tensors
// again.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "ir/dtype.h"

namespace octet {

/// Activation fused behind an operator's own result.
enum class Activation : uint8_t { None, Relu, Relu6, ReluN1To1 };

constexpr std::string_view to_string(Activation activation) {
  switch (activation) {
    case Activation::None:
      return "none";
    case Activation::Relu:
      return "relu";
    case Activation::Relu6:
      return "relu6";
    case Activation::ReluN1To1:
      return "relu_n1_to_1";
  }
  return "";
}

/// A pair of spatial values: extent, stride, dilation.
struct Spatial {
  int32_t height = 1;
  int32_t width = 1;
  friend bool operator==(const Spatial&, const Spatial&) = default;
};

/// Explicit padding; "SAME" is resolved at import.
struct Padding2d {
  int32_t top = 0, bottom = 0, left = 0, right = 0;
  friend bool operator==(const Padding2d&, const Padding2d&) = default;
};

struct NoAttributes {
  friend bool operator==(const NoAttributes&, const NoAttributes&) = default;
};

/// CONV_2D and DEPTHWISE_CONV_2D. Filters OHWI and 1HW(C*multiplier); groups and multiplier follow from
/// shapes.
struct Conv2d {
  Spatial stride;
  Spatial dilation;
  Padding2d padding;
  Activation activation = Activation::None;
  friend bool operator==(const Conv2d&, const Conv2d&) = default;
};

/// TRANSPOSE_CONV: `padding` crops the full result of (in - 1) * stride + filter to `output`. Filter OHWI.
struct TransposeConv {
  Spatial stride;
  Padding2d padding;
  Spatial output;
  Activation activation = Activation::None;
  friend bool operator==(const TransposeConv&, const TransposeConv&) = default;
};

struct FullyConnected {
  bool keep_dims =
      false;  ///< Output keeps the leading dimensions of the input instead of being [rows, units].
  Activation activation = Activation::None;
  friend bool operator==(const FullyConnected&, const FullyConnected&) = default;
};

/// AVERAGE_POOL_2D (padding not counted) and MAX_POOL_2D.
struct Pool2d {
  Spatial window;
  Spatial stride;
  Padding2d padding;
  Activation activation = Activation::None;
  friend bool operator==(const Pool2d&, const Pool2d&) = default;
};

/// ADD, SUB, MUL, DIV.
struct Elementwise {
  Activation activation = Activation::None;
  friend bool operator==(const Elementwise&, const Elementwise&) = default;
};

struct Gelu {
  bool approximate = false;  ///< By tanh instead of the error function.
  friend bool operator==(const Gelu&, const Gelu&) = default;
};

struct LeakyRelu {
  float alpha = 0;
  friend bool operator==(const LeakyRelu&, const LeakyRelu&) = default;
};

struct Softmax {
  float beta = 1;  ///< Along the last axis.
  friend bool operator==(const Softmax&, const Softmax&) = default;
};

/// MEAN, SUM, REDUCE_MAX and REDUCE_MIN.
struct Reduce {
  std::vector<int32_t> axes;  ///< Sorted, unique, in [0, rank).
  bool keep_dims = false;
  friend bool operator==(const Reduce&, const Reduce&) = default;
};

/// RESHAPE, SQUEEZE and BROADCAST_TO: the whole static output shape.
struct Reshape {
  std::vector<int32_t> shape;
  friend bool operator==(const Reshape&, const Reshape&) = default;
};

struct Transpose {
  std::vector<int32_t> permutation;  ///< Output axis i is input axis permutation[i].
  friend bool operator==(const Transpose&, const Transpose&) = default;
};

/// CONCATENATION, SPLIT (equal parts, one an output), PACK and UNPACK.
struct Axis {
  int32_t axis = 0;  ///< In [0, rank of the output of PACK, of the input otherwise).
  friend bool operator==(const Axis&, const Axis&) = default;
};

/// SLICE: begin and size of every dimension, sizes positive.
struct Slice {
  std::vector<int32_t> begin;
  std::vector<int32_t> size;
  friend bool operator==(const Slice&, const Slice&) = default;
};

/// STRIDED_SLICE with masks resolved: element i of axis d is input[begin[d] + i * stride[d]], i < size[d].
struct StridedSlice {
  std::vector<int32_t> begin;
  std::vector<int32_t> size;
  std::vector<int32_t> stride;       ///< Non-zero; may be negative.
  std::vector<int32_t> shrunk_axes;  ///< Axes of size 1 that the output drops.
  friend bool operator==(const StridedSlice&, const StridedSlice&) = default;
};

/// PAD and PADV2: constant padding with a real value.
struct Pad {
  std::vector<std::array<int32_t, 2>> paddings;  ///< Before and after, one pair a dimension.
  float value = 0;
  friend bool operator==(const Pad&, const Pad&) = default;
};

struct MirrorPad {
  std::vector<std::array<int32_t, 2>> paddings;
  bool reflect = true;  ///< true: the border element is not repeated (REFLECT); false: it is (SYMMETRIC).
  friend bool operator==(const MirrorPad&, const MirrorPad&) = default;
};

/// RESIZE_BILINEAR and RESIZE_NEAREST_NEIGHBOR.
struct Resize {
  Spatial output;
  bool align_corners = false;
  bool half_pixel_centers = false;
  friend bool operator==(const Resize&, const Resize&) = default;
};

/// DEPTH_TO_SPACE and SPACE_TO_DEPTH.
struct BlockSize {
  int32_t block = 2;
  friend bool operator==(const BlockSize&, const BlockSize&) = default;
};

struct ArgMax {
  int32_t axis = 0;
  DType output = DType::Int64;  ///< Int32 or Int64.
  friend bool operator==(const ArgMax&, const ArgMax&) = default;
};

/// SPLIT_V: parts of these extents along the axis, one an output.
struct SplitV {
  int32_t axis = 0;
  std::vector<int32_t> sizes;
  friend bool operator==(const SplitV&, const SplitV&) = default;
};

struct Tile {
  std::vector<int32_t> multiples;  ///< How often each dimension is repeated.
  friend bool operator==(const Tile&, const Tile&) = default;
};

/// SPACE_TO_BATCH_ND and BATCH_TO_SPACE_ND over the dimensions behind the batch, one entry each.
struct BatchBlocks {
  std::vector<int32_t> block;
  std::vector<std::array<int32_t, 2>> margins;  ///< Before and after: padding, or what is cropped.
  friend bool operator==(const BatchBlocks&, const BatchBlocks&) = default;
};

/// BATCH_MATMUL: which of the operands' matrices are transposed first.
struct BatchMatmul {
  bool transpose_a = false;
  bool transpose_b = false;
  friend bool operator==(const BatchMatmul&, const BatchMatmul&) = default;
};

struct Gather {
  int32_t axis = 0;
  int32_t batch_dims = 0;  ///< Leading dimensions that input and indices share; at most `axis`.
  friend bool operator==(const Gather&, const Gather&) = default;
};

struct CumSum {
  int32_t axis = 0;
  bool exclusive = false;  ///< The sum of the elements before, without the element itself.
  bool reverse = false;    ///< From the end.
  friend bool operator==(const CumSum&, const CumSum&) = default;
};

struct Cast {
  DType to = DType::Float32;
  friend bool operator==(const Cast&, const Cast&) = default;
};

using Attributes =
    std::variant<NoAttributes, Conv2d, TransposeConv, FullyConnected, Pool2d, Elementwise, LeakyRelu, Softmax,
                 Reduce, Reshape, Transpose, Axis, Slice, StridedSlice, Pad, MirrorPad, Resize, BlockSize,
                 ArgMax, Gelu, SplitV, Tile, BatchBlocks, BatchMatmul, Gather, CumSum, Cast>;

}  // namespace octet
