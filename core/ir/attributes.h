// Typed attributes of every operator. Operands that TFLite passes as constant tensors (shapes, axes,
// paddings, ...) are attributes here: the graph holds only static values, and exporters make the tensors
// again.
//
// Each type says what it holds once: fields(visit) calls visit(name, pointer to member) for every member.
// What writes, reads, shows and compares attributes goes through that. The order is that of
// schemas/octet.fbs.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "ir/described.h"
#include "ir/dtype.h"

namespace octet {

/// Activation fused behind an operator's own result.
enum class Activation : uint8_t { None, Relu, Relu6, ReluN1To1 };

inline constexpr std::array<std::string_view, 4> kActivationNames = {"none", "relu", "relu6", "relu_n1_to_1"};
constexpr std::string_view to_string(Activation activation) {
  return kActivationNames[static_cast<size_t>(activation)];
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
  static constexpr void fields(auto&&) {}
};

/// CONV_2D and DEPTHWISE_CONV_2D. Filters OHWI and 1HW(C*multiplier); groups and multiplier follow from
/// shapes.
struct Conv2d {
  Spatial stride;
  Spatial dilation;
  Padding2d padding;
  Activation activation = Activation::None;

  static constexpr void fields(auto&& visit) {
    visit("stride", &Conv2d::stride);
    visit("dilation", &Conv2d::dilation);
    visit("padding", &Conv2d::padding);
    visit("activation", &Conv2d::activation);
  }
};

/// TRANSPOSE_CONV: `padding` crops the full result of (in - 1) * stride + filter to `output`. Filter OHWI.
struct TransposeConv {
  Spatial stride;
  Padding2d padding;
  Spatial output;
  Activation activation = Activation::None;

  static constexpr void fields(auto&& visit) {
    visit("stride", &TransposeConv::stride);
    visit("padding", &TransposeConv::padding);
    visit("output", &TransposeConv::output);
    visit("activation", &TransposeConv::activation);
  }
};

struct FullyConnected {
  bool keep_dims =
      false;  ///< Output keeps the leading dimensions of the input instead of being [rows, units].
  Activation activation = Activation::None;

  static constexpr void fields(auto&& visit) {
    visit("keepDims", &FullyConnected::keep_dims);
    visit("activation", &FullyConnected::activation);
  }
};

/// AVERAGE_POOL_2D (padding not counted) and MAX_POOL_2D.
struct Pool2d {
  Spatial window;
  Spatial stride;
  Padding2d padding;
  Activation activation = Activation::None;

  static constexpr void fields(auto&& visit) {
    visit("window", &Pool2d::window);
    visit("stride", &Pool2d::stride);
    visit("padding", &Pool2d::padding);
    visit("activation", &Pool2d::activation);
  }
};

/// ADD, SUB, MUL, DIV.
struct Elementwise {
  Activation activation = Activation::None;

  static constexpr void fields(auto&& visit) { visit("activation", &Elementwise::activation); }
};

struct Gelu {
  bool approximate = false;  ///< By tanh instead of the error function.

  static constexpr void fields(auto&& visit) { visit("approximate", &Gelu::approximate); }
};

struct LeakyRelu {
  float alpha = 0;

  static constexpr void fields(auto&& visit) { visit("alpha", &LeakyRelu::alpha); }
};

/// clamp(alpha * x + beta, 0, 1). The defaults are ONNX's.
struct HardSigmoid {
  float alpha = 0.2f;
  float beta = 0.5f;

  static constexpr void fields(auto&& visit) {
    visit("alpha", &HardSigmoid::alpha);
    visit("beta", &HardSigmoid::beta);
  }
};

struct Softmax {
  float beta = 1;  ///< Along the last axis.

  static constexpr void fields(auto&& visit) { visit("beta", &Softmax::beta); }
};

/// MEAN, SUM, REDUCE_MAX and REDUCE_MIN.
struct Reduce {
  std::vector<int32_t> axes;  ///< Sorted, unique, in [0, rank).
  bool keep_dims = false;

  static constexpr void fields(auto&& visit) {
    visit("axes", &Reduce::axes);
    visit("keepDims", &Reduce::keep_dims);
  }
};

/// RESHAPE, SQUEEZE and BROADCAST_TO: the whole static output shape.
struct Reshape {
  std::vector<int32_t> shape;

  static constexpr void fields(auto&& visit) { visit("shape", &Reshape::shape); }
};

struct Transpose {
  std::vector<int32_t> permutation;  ///< Output axis i is input axis permutation[i].

  static constexpr void fields(auto&& visit) { visit("permutation", &Transpose::permutation); }
};

/// CONCATENATION, SPLIT (equal parts, one an output), PACK and UNPACK.
struct Axis {
  int32_t axis = 0;  ///< In [0, rank of the output of PACK, of the input otherwise).

  static constexpr void fields(auto&& visit) { visit("axis", &Axis::axis); }
};

/// SLICE: begin and size of every dimension, sizes positive.
struct Slice {
  std::vector<int32_t> begin;
  std::vector<int32_t> size;

  static constexpr void fields(auto&& visit) {
    visit("begin", &Slice::begin);
    visit("size", &Slice::size);
  }
};

/// STRIDED_SLICE with masks resolved: element i of axis d is input[begin[d] + i * stride[d]], i < size[d].
struct StridedSlice {
  std::vector<int32_t> begin;
  std::vector<int32_t> size;
  std::vector<int32_t> stride;       ///< Non-zero; may be negative.
  std::vector<int32_t> shrunk_axes;  ///< Axes of size 1 that the output drops.

  static constexpr void fields(auto&& visit) {
    visit("begin", &StridedSlice::begin);
    visit("size", &StridedSlice::size);
    visit("stride", &StridedSlice::stride);
    visit("shrunkAxes", &StridedSlice::shrunk_axes);
  }
};

/// PAD and PADV2: constant padding with a real value.
struct Pad {
  std::vector<std::array<int32_t, 2>> paddings;  ///< Before and after, one pair a dimension.
  float value = 0;

  static constexpr void fields(auto&& visit) {
    visit("paddings", &Pad::paddings);
    visit("value", &Pad::value);
  }
};

struct MirrorPad {
  std::vector<std::array<int32_t, 2>> paddings;
  bool reflect = true;  ///< true: the border element is not repeated (REFLECT); false: it is (SYMMETRIC).

  static constexpr void fields(auto&& visit) {
    visit("paddings", &MirrorPad::paddings);
    visit("reflect", &MirrorPad::reflect);
  }
};

/// RESIZE_BILINEAR and RESIZE_NEAREST_NEIGHBOR.
struct Resize {
  Spatial output;
  bool align_corners = false;
  bool half_pixel_centers = false;

  static constexpr void fields(auto&& visit) {
    visit("output", &Resize::output);
    visit("alignCorners", &Resize::align_corners);
    visit("halfPixelCenters", &Resize::half_pixel_centers);
  }
};

/// DEPTH_TO_SPACE and SPACE_TO_DEPTH.
struct BlockSize {
  int32_t block = 2;

  static constexpr void fields(auto&& visit) { visit("block", &BlockSize::block); }
};

struct ArgMax {
  int32_t axis = 0;
  DType output = DType::Int64;  ///< Int32 or Int64.

  static constexpr void fields(auto&& visit) {
    visit("axis", &ArgMax::axis);
    visit("output", &ArgMax::output);
  }
};

/// SPLIT_V: parts of these extents along the axis, one an output.
struct SplitV {
  int32_t axis = 0;
  std::vector<int32_t> sizes;

  static constexpr void fields(auto&& visit) {
    visit("axis", &SplitV::axis);
    visit("sizes", &SplitV::sizes);
  }
};

struct Tile {
  std::vector<int32_t> multiples;  ///< How often each dimension is repeated.

  static constexpr void fields(auto&& visit) { visit("multiples", &Tile::multiples); }
};

/// SPACE_TO_BATCH_ND and BATCH_TO_SPACE_ND over the dimensions behind the batch, one entry each.
struct BatchBlocks {
  std::vector<int32_t> block;
  std::vector<std::array<int32_t, 2>> margins;  ///< Before and after: padding, or what is cropped.

  static constexpr void fields(auto&& visit) {
    visit("block", &BatchBlocks::block);
    visit("margins", &BatchBlocks::margins);
  }
};

/// BATCH_MATMUL: which of the operands' matrices are transposed first.
struct BatchMatmul {
  bool transpose_a = false;
  bool transpose_b = false;

  static constexpr void fields(auto&& visit) {
    visit("transposeA", &BatchMatmul::transpose_a);
    visit("transposeB", &BatchMatmul::transpose_b);
  }
};

struct Gather {
  int32_t axis = 0;
  int32_t batch_dims = 0;  ///< Leading dimensions that input and indices share; at most `axis`.

  static constexpr void fields(auto&& visit) {
    visit("axis", &Gather::axis);
    visit("batchDims", &Gather::batch_dims);
  }
};

struct CumSum {
  int32_t axis = 0;
  bool exclusive = false;  ///< The sum of the elements before, without the element itself.
  bool reverse = false;    ///< From the end.

  static constexpr void fields(auto&& visit) {
    visit("axis", &CumSum::axis);
    visit("exclusive", &CumSum::exclusive);
    visit("reverse", &CumSum::reverse);
  }
};

struct Cast {
  DType to = DType::Float32;

  static constexpr void fields(auto&& visit) { visit("to", &Cast::to); }
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

// By type, for those that treat all enumerations alike.
using Names = std::span<const std::string_view>;
constexpr Names names_of(DType) { return kDTypeNames; }
constexpr Names names_of(Activation) { return kActivationNames; }
constexpr Names names_of(ResizeMethod) { return kResizeMethodNames; }
constexpr Names names_of(Deposit) { return kDepositNames; }
constexpr Names names_of(ColorChange) { return kColorChangeNames; }
constexpr Names names_of(ColorStandard) { return kColorStandardNames; }
constexpr Names names_of(ChromaSampling) { return kChromaSamplingNames; }
constexpr Names names_of(BoxCoding) { return kBoxCodingNames; }

/// IMAGE_RESIZE: a picture, NHWC, to `output`. Half-pixel centres and repeated edges but for Nearest, which
/// takes pixel floor(i * input / output); Area is the mean of the pixels beneath where both sides shrink.
struct ImageResize {
  Spatial output;
  ResizeMethod method = ResizeMethod::Linear;
  bool keep_aspect = false;  ///< One factor for both axes; the rest of the output is 0.
  Deposit deposit = Deposit::Center;

  static constexpr void fields(auto&& visit) {
    visit("output", &ImageResize::output);
    visit("method", &ImageResize::method);
    visit("keepAspect", &ImageResize::keep_aspect);
    visit("deposit", &ImageResize::deposit);
  }
};

/// COLOR_CONVERSION of three channels in [0, 255].
struct ColorConversion {
  ColorChange conversion = ColorChange::YuvToRgb;
  ColorStandard standard = ColorStandard::Bt601;  ///< Of no meaning between RGB and BGR.

  static constexpr void fields(auto&& visit) {
    visit("conversion", &ColorConversion::conversion);
    visit("standard", &ColorConversion::standard);
  }
};

/// CHROMA_UPSAMPLE: the bytes of a frame, in any shape, to 1 x height x width x YUV, each chroma repeated.
struct ChromaUpsample {
  Spatial frame;
  ChromaSampling sampling = ChromaSampling::Nv12;

  static constexpr void fields(auto&& visit) {
    visit("frame", &ChromaUpsample::frame);
    visit("sampling", &ChromaUpsample::sampling);
  }
};

/// NORMALIZE: (x / divisor - mean) / std in float. One entry, or one an index of the last dimension.
struct Normalize {
  std::vector<float> divisor = {1};
  std::vector<float> mean = {0};
  std::vector<float> std = {1};

  static constexpr void fields(auto&& visit) {
    visit("divisor", &Normalize::divisor);
    visit("mean", &Normalize::mean);
    visit("std", &Normalize::std);
  }
};

/// An element type and a shape.
struct StaticType {
  DType dtype = DType::Float32;
  std::vector<int32_t> shape;

  static constexpr void fields(auto&& visit) {
    visit("dtype", &StaticType::dtype);
    visit("shape", &StaticType::shape);
  }
};

/// TESSELLATE: a tensor 1 x H x W x C to 1 x n, slice by slice; ops/imaging/tessellate.cc has the layout.
struct Tessellate {
  std::array<int32_t, 3> slice = {1, 1, 1};  ///< Height, width, channels; smaller at the far edges.
  bool align_c16 = false;  ///< The channels of each slice are filled up with 0 to a multiple of 16.
  bool cblock = false;     ///< In a slice, blocks of 16 channels lie one after the other.

  static constexpr void fields(auto&& visit) {
    visit("slice", &Tessellate::slice);
    visit("alignC16", &Tessellate::align_c16);
    visit("cblock", &Tessellate::cblock);
  }
};

/// DETESSELLATE: what TESSELLATE with `tiles` made of a tensor of type `frame`, back to that.
struct Detessellate {
  Tessellate tiles;
  StaticType frame;

  static constexpr void fields(auto&& visit) {
    visit("tiles", &Detessellate::tiles);
    visit("frame", &Detessellate::frame);
  }
};

/// UNPACK_BYTES: the tensors that PACK_BYTES put into one buffer, one an output.
struct UnpackBytes {
  std::vector<StaticType> tensors;

  static constexpr void fields(auto&& visit) { visit("tensors", &UnpackBytes::tensors); }
};

/// NMS_MAX_POOL: an element stays where nothing in the square around it is larger, else it is 0.
struct NmsMaxPool {
  int32_t kernel = 3;  ///< The square's side; an even one reaches one further down and to the right.

  static constexpr void fields(auto&& visit) { visit("kernel", &NmsMaxPool::kernel); }
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

  static constexpr void fields(auto&& visit) {
    visit("coding", &DetectionPostProcess::coding);
    visit("classes", &DetectionPostProcess::classes);
    visit("maxDetections", &DetectionPostProcess::max_detections);
    visit("classesPerDetection", &DetectionPostProcess::classes_per_detection);
    visit("detectionsPerClass", &DetectionPostProcess::detections_per_class);
    visit("keypoints", &DetectionPostProcess::keypoints);
    visit("scoreThreshold", &DetectionPostProcess::score_threshold);
    visit("overlapThreshold", &DetectionPostProcess::overlap_threshold);
    visit("yScale", &DetectionPostProcess::y_scale);
    visit("xScale", &DetectionPostProcess::x_scale);
    visit("hScale", &DetectionPostProcess::h_scale);
    visit("wScale", &DetectionPostProcess::w_scale);
    visit("perClass", &DetectionPostProcess::per_class);
    visit("logits", &DetectionPostProcess::logits);
    visit("weighted", &DetectionPostProcess::weighted);
  }
};

using Attributes =
    std::variant<NoAttributes, Conv2d, TransposeConv, FullyConnected, Pool2d, Elementwise, LeakyRelu, Softmax,
                 Reduce, Reshape, Transpose, Axis, Slice, StridedSlice, Pad, MirrorPad, Resize, BlockSize,
                 ArgMax, Gelu, SplitV, Tile, BatchBlocks, BatchMatmul, Gather, CumSum, Cast, ImageResize,
                 ColorConversion, ChromaUpsample, Normalize, Tessellate, Detessellate, UnpackBytes,
                 NmsMaxPool, DetectionPostProcess, HardSigmoid>;

}  // namespace octet
