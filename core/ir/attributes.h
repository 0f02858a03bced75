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

/// clamp(alpha * x + beta, 0, 1). The defaults are ONNX's.
struct HardSigmoid {
  float alpha = 0.2f;
  float beta = 0.5f;
  friend bool operator==(const HardSigmoid&, const HardSigmoid&) = default;
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

/// How IMAGE_RESIZE finds a value between pixels; OpenCV's methods of these names.
enum class ResizeMethod : uint8_t { Linear, Nearest, Area, Cubic };
/// Where a picture that keeps its aspect lies in the larger frame.
enum class Deposit : uint8_t { TopLeft, Center, BottomRight };
enum class ColorChange : uint8_t { YuvToRgb, RgbToYuv, BgrToRgb, RgbToBgr };
/// Whose coefficients turn RGB into luma and chroma, in their limited ("video") range.
enum class ColorStandard : uint8_t { Bt601, Bt709, Bt2020 };
/// How the planes of a video frame are stored: luma, then chroma of half the width (and height, but in
/// Yuv422), odd sizes rounded up. Nv12 interleaves U and V; the others store all of U, then all of V.
enum class ChromaSampling : uint8_t { Nv12, Yuv420, Yuv422 };
/// What a detector's raw numbers say of a box relative to its anchor, each divided by its scale.
/// Exponential: centre y, x, then h, w as logarithms of the anchor's factors (SSD). Linear: centre x, y, then
/// w, h as parts of the anchor's (MediaPipe).
enum class BoxCoding : uint8_t { Exponential, Linear };

// Their names for users, in order.
inline constexpr std::array<std::string_view, 4> kResizeMethodNames = {"linear", "nearest", "area", "cubic"};
inline constexpr std::array<std::string_view, 3> kDepositNames = {"top_left", "center", "bottom_right"};
inline constexpr std::array<std::string_view, 4> kColorChangeNames = {"yuv_to_rgb", "rgb_to_yuv",
                                                                      "bgr_to_rgb", "rgb_to_bgr"};
inline constexpr std::array<std::string_view, 3> kColorStandardNames = {"bt601", "bt709", "bt2020"};
inline constexpr std::array<std::string_view, 3> kChromaSamplingNames = {"nv12", "yuv420", "yuv422"};
inline constexpr std::array<std::string_view, 2> kBoxCodingNames = {"exponential", "linear"};

/// IMAGE_RESIZE: a picture, NHWC, to `output`. Half-pixel centres and repeated edges but for Nearest, which
/// takes pixel floor(i * input / output); Area is the mean of the pixels beneath where both sides shrink.
struct ImageResize {
  Spatial output;
  ResizeMethod method = ResizeMethod::Linear;
  bool keep_aspect = false;  ///< One factor for both axes; the rest of the output is 0.
  Deposit deposit = Deposit::Center;
  friend bool operator==(const ImageResize&, const ImageResize&) = default;
};

/// COLOR_CONVERSION of three channels in [0, 255].
struct ColorConversion {
  ColorChange conversion = ColorChange::YuvToRgb;
  ColorStandard standard = ColorStandard::Bt601;  ///< Of no meaning between RGB and BGR.
  friend bool operator==(const ColorConversion&, const ColorConversion&) = default;
};

/// CHROMA_UPSAMPLE: the bytes of a frame, in any shape, to 1 x height x width x YUV, each chroma repeated.
struct ChromaUpsample {
  Spatial frame;
  ChromaSampling sampling = ChromaSampling::Nv12;
  friend bool operator==(const ChromaUpsample&, const ChromaUpsample&) = default;
};

/// NORMALIZE: (x / divisor - mean) / std in float. One entry, or one an index of the last dimension.
struct Normalize {
  std::vector<float> divisor = {1};
  std::vector<float> mean = {0};
  std::vector<float> std = {1};
  friend bool operator==(const Normalize&, const Normalize&) = default;
};

/// An element type and a shape.
struct StaticType {
  DType dtype = DType::Float32;
  std::vector<int32_t> shape;
  friend bool operator==(const StaticType&, const StaticType&) = default;
};

/// TESSELLATE: a tensor 1 x H x W x C to 1 x n, slice by slice; ops/imaging/tessellate.cc has the layout.
struct Tessellate {
  std::array<int32_t, 3> slice = {1, 1, 1};  ///< Height, width, channels; smaller at the far edges.
  bool align_c16 = false;  ///< The channels of each slice are filled up with 0 to a multiple of 16.
  bool cblock = false;     ///< In a slice, blocks of 16 channels lie one after the other.
  friend bool operator==(const Tessellate&, const Tessellate&) = default;
};

/// DETESSELLATE: what TESSELLATE with `tiles` made of a tensor of type `frame`, back to that.
struct Detessellate {
  Tessellate tiles;
  StaticType frame;
  friend bool operator==(const Detessellate&, const Detessellate&) = default;
};

/// UNPACK_BYTES: the tensors that PACK_BYTES put into one buffer, one an output.
struct UnpackBytes {
  std::vector<StaticType> tensors;
  friend bool operator==(const UnpackBytes&, const UnpackBytes&) = default;
};

/// NMS_MAX_POOL: an element stays where nothing in the square around it is larger, else it is 0.
struct NmsMaxPool {
  int32_t kernel = 3;  ///< The square's side; an even one reaches one further down and to the right.
  friend bool operator==(const NmsMaxPool&, const NmsMaxPool&) = default;
};

/// DETECTION_POST_PROCESS: raw boxes (1 x n x 4 or more), scores (1 x n x classes, or one more in front for
/// the background) and anchors (n x 4: centre y, x, height, width) to boxes (ymin, xmin, ymax, xmax),
/// classes, scores and their count, best first; the unused rows are 0. With `keypoints` (1 x rows x keypoints
/// x (x, y)) as a fifth output.
struct DetectionPostProcess {
  BoxCoding coding = BoxCoding::Exponential;
  int32_t classes = 1;
  int32_t max_detections = 1;
  int32_t classes_per_detection =
      1;  ///< Rows for each box, its best classes; with `per_class` the first only.
  int32_t detections_per_class = 100;  ///< At most, with `per_class`.
  int32_t keypoints = 0;               ///< Pairs x, y behind the box, relative to the anchor's centre.
  float score_threshold = 0;           ///< The least score of a detection.
  float overlap_threshold = 0.5f;  ///< A box that overlaps a better one by more is dropped; (0, 1], common
                                   ///< over united area.
  float y_scale = 1, x_scale = 1, h_scale = 1, w_scale = 1;
  bool per_class = false;  ///< Boxes compete within their class ("regular"), not by their best class alone.
  bool logits = false;     ///< Scores are logits, clipped to [-100, 100].
  bool weighted = false;   ///< A box is the mean, by score, of those it drops and itself.
  friend bool operator==(const DetectionPostProcess&, const DetectionPostProcess&) = default;
};

using Attributes =
    std::variant<NoAttributes, Conv2d, TransposeConv, FullyConnected, Pool2d, Elementwise, LeakyRelu, Softmax,
                 Reduce, Reshape, Transpose, Axis, Slice, StridedSlice, Pad, MirrorPad, Resize, BlockSize,
                 ArgMax, Gelu, SplitV, Tile, BatchBlocks, BatchMatmul, Gather, CumSum, Cast, ImageResize,
                 ColorConversion, ChromaUpsample, Normalize, Tessellate, Detessellate, UnpackBytes,
                 NmsMaxPool, DetectionPostProcess, HardSigmoid>;

}  // namespace octet
