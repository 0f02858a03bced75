// TRANSPOSE_CONV: operand 0 the activations (not TFLite's output shape), 1 the filter OHWI, 2 an optional
// bias. MediaPipe's custom Convolution2DTransposeBias is the same. With stride s, the outputs at distance s
// from each other form a phase: an ordinary convolution of the input with every s-th tap, reversed. Phases
// that stand side by side and meet the same inputs run as one, each with channels of its own.
#include <algorithm>
#include <array>

#include "kernels/convolution/gemm_float.h"
#include "kernels/convolution/gemm_int16.h"
#include "kernels/convolution/gemm_int8.h"
#include "ops/convolution/convolution_operands.h"
#include "ops/inference.h"
#include "ops/scale_limits.h"

namespace octet::ops {
namespace {

/// A kernel is prepared for each of stride * stride phases; files from strangers must not ask for millions.
constexpr int32_t kLargestStride = 64;

bool is_mla_stride(int32_t stride) {
  constexpr std::array<int32_t, 5> kStrides = {1, 2, 4, 8, 16};
  return std::find(kStrides.begin(), kStrides.end(), stride) != kStrides.end();
}

/// Padding before the first element that TFLite derives from an output's extent; SAME and VALID.
int32_t same_padding(int32_t output, int32_t filter, int32_t stride) {
  const int32_t input = (output + stride - 1) / stride;
  return std::max((input - 1) * stride + filter - output, 0) / 2;
}

const Constraint kMla[] = {
    kFourDimensional,
    {"its strides are 1, 2, 4, 8 or 16",
     [](const ConstraintView& view) {
       const Spatial stride = view.node.attributes<TransposeConv>().stride;
       return is_mla_stride(stride.height) && is_mla_stride(stride.width);
     },
     [](const ConstraintView& view) {
       const Spatial stride = view.node.attributes<TransposeConv>().stride;
       return filled("they are # by #", {stride.height, stride.width});
     }},
};

const Constraint kTflite[] = {
    {"its padding is what SAME or VALID gives",
     [](const ConstraintView& view) {
       const TransposeConv& a = view.node.attributes<TransposeConv>();
       const Shape& filter = view.node.input(1).shape;
       const bool valid = a.padding.top == 0 && a.padding.left == 0;
       const bool same = a.padding.top == same_padding(a.output.height, filter.height(), a.stride.height) &&
                         a.padding.left == same_padding(a.output.width, filter.width(), a.stride.width);
       return valid || same;
     },
     [](const ConstraintView& view) {
       const Padding2d& padding = view.node.attributes<TransposeConv>().padding;
       return filled("it is # at the top and # at the left", {padding.top, padding.left});
     }},
};

std::vector<TensorType> infer(const NodeView& node) {
  const TransposeConv& a = node.attributes<TransposeConv>();
  const Shape& input = node.input(0).shape;
  const Shape& filter = node.input(1).shape;
  expect_rank(node, 0, 4);
  expect_rank(node, 1, 4);
  if (filter.channels() != input.channels()) {
    node.fail("its filter " + to_string(filter) + " (OHWI) takes " + std::to_string(filter.channels()) +
              " input channels; its input has " + std::to_string(input.channels()) + ".");
  }
  const DType type = check_convolution_operands(node, filter.batch());
  check_window(node, a.stride, {}, a.padding);
  if (a.stride.height > kLargestStride || a.stride.width > kLargestStride) {
    node.fail("its stride is " + std::to_string(a.stride.height) + "x" + std::to_string(a.stride.width) +
              "; at most " + std::to_string(kLargestStride) + " is supported.");
  }
  return {{type, output_shape(node, std::vector<int64_t>{input.batch(), a.output.height, a.output.width,
                                                         filter.batch()})}};
}

/// The outputs of one axis whose position in the uncropped result leaves remainder `phase` when divided by
/// the stride.
struct AxisPhase {
  int32_t first = 0;   ///< First output.
  int32_t count = 0;   ///< How many outputs, `stride` apart.
  int32_t taps = 0;    ///< Filter elements phase, phase + stride, ...
  int32_t origin = 0;  ///< Input element under the last of them at the first output.
};

AxisPhase axis_phase(int32_t phase, int32_t output, int32_t filter, int32_t stride, int32_t padding) {
  AxisPhase result;
  result.first = ((phase - padding) % stride + stride) % stride;
  result.count = result.first < output ? (output - 1 - result.first) / stride + 1 : 0;
  result.taps = phase < filter ? (filter - 1 - phase) / stride + 1 : 0;
  result.origin = (result.first + padding - phase) / stride - (result.taps - 1);
  return result;
}

/// Phases of a row, whose outputs follow one another: they are channels of one convolution.
struct ColumnPhases {
  AxisPhase axis;               ///< The first one's; the others begin behind it.
  std::vector<int32_t> phases;  ///< Filter columns that they begin with.

  bool takes(const AxisPhase& next) const {
    return next.first == axis.first + static_cast<int32_t>(phases.size()) && next.count == axis.count &&
           next.taps == axis.taps && next.origin == axis.origin;
  }
};

std::vector<ColumnPhases> column_phases(const TransposeConv& a, int32_t filter) {
  std::vector<ColumnPhases> result;
  for (int32_t first = 0; first < a.stride.width; ++first) {
    const int32_t phase = (first + a.padding.left) % a.stride.width;
    const AxisPhase axis = axis_phase(phase, a.output.width, filter, a.stride.width, a.padding.left);
    if (axis.count == 0) continue;
    if (result.empty() || !result.back().takes(axis)) result.push_back({.axis = axis, .phases = {}});
    result.back().phases.push_back(phase);
  }
  return result;
}

/// The taps of such phases, in reverse: [phase, output_channels, rows.taps, columns.axis.taps,
/// input_channels].
template <class T>
std::vector<T> phase_filter(std::span<const T> filter, const Shape& shape, Spatial stride,
                            const AxisPhase& rows, int32_t row_phase, const ColumnPhases& columns) {
  const size_t channels = static_cast<size_t>(shape.channels());
  std::vector<T> result;
  for (const int32_t column_phase : columns.phases) {
    for (int32_t o = 0; o < shape.batch(); ++o) {
      for (int32_t y = rows.taps - 1; y >= 0; --y) {
        for (int32_t x = columns.axis.taps - 1; x >= 0; --x) {
          const size_t row = static_cast<size_t>(o * shape.height() + row_phase + y * stride.height);
          const size_t column = static_cast<size_t>(column_phase + x * stride.width);
          const std::span<const T> tap =
              filter.subspan((row * static_cast<size_t>(shape.width()) + column) * channels, channels);
          result.insert(result.end(), tap.begin(), tap.end());
        }
      }
    }
  }
  return result;
}

kernels::ConvolutionGeometry phase_geometry(const NodeView& node, const AxisPhase& rows,
                                            const ColumnPhases& columns) {
  const TransposeConv& a = node.attributes<TransposeConv>();
  const Shape& input = node.input(0).shape;
  const Shape& output = node.output().shape;
  const int32_t pixel = output.channels();
  const int32_t row = output.width() * pixel;
  const AxisPhase& axis = columns.axis;
  return {.batch = input.batch(),
          .input_height = input.height(),
          .input_width = input.width(),
          .input_channels = input.channels(),
          .output_height = rows.count,
          .output_width = axis.count,
          .output_channels = static_cast<int32_t>(columns.phases.size()) * pixel,
          .kernel_height = axis.taps == 0 ? 0 : rows.taps,
          .kernel_width = rows.taps == 0 ? 0 : axis.taps,
          .origin_y = rows.origin,
          .origin_x = axis.origin,
          .output_offset = rows.first * row + axis.first * pixel,
          .output_pixel_step = a.stride.width * pixel,
          .output_row_step = a.stride.height * row,
          .output_batch_step = output.height() * row};
}

/// What channels have, as often as there are phases in `geometry`.
template <class T>
std::vector<T> for_phases(std::span<const T> values, const NodeView& node,
                          const kernels::ConvolutionGeometry& geometry) {
  std::vector<T> result;
  for (int32_t c = 0; c < geometry.output_channels; c += node.output().shape.channels())
    result.insert(result.end(), values.begin(), values.end());
  return result;
}

/// Runs an engine for each convolution, on activations of T; they share scratch memory.
template <class Engine, class T, class Filter = T>
class TransposeConvKernel : public Kernel {
 public:
  /// `make(geometry, filter)` makes an engine.
  template <class Make>
  TransposeConvKernel(const NodeView& node, const Make& make) {
    const TransposeConv& a = node.attributes<TransposeConv>();
    const Shape& filter = node.input(1).shape;
    const std::vector<ColumnPhases> columns = column_phases(a, filter.width());
    for (int32_t y = 0; y < a.stride.height; ++y) {
      const AxisPhase rows = axis_phase(y, a.output.height, filter.height(), a.stride.height, a.padding.top);
      if (rows.count == 0) continue;
      for (const ColumnPhases& phases : columns) {
        const std::vector<Filter> taps =
            phase_filter(filter_of<Filter>(node), filter, a.stride, rows, y, phases);
        phases_.push_back(make(phase_geometry(node, rows, phases), taps));
      }
    }
  }

  uint64_t scratch_bytes() const override {
    uint64_t bytes = 0;
    for (const Engine& phase : phases_) bytes = std::max(bytes, phase.scratch_bytes());
    return bytes;
  }
  void run(const KernelArguments& arguments) const override {
    for (const Engine& phase : phases_)
      phase.run(arguments.input<T>(0), arguments.output<T>(), arguments.scratch);
  }

 private:
  std::vector<Engine> phases_;
};

std::unique_ptr<Kernel> prepare_float(const NodeView& node) {
  const kernels::FloatEpilogue epilogue =
      float_epilogue_of(node, node.attributes<TransposeConv>().activation);
  return std::make_unique<TransposeConvKernel<kernels::GemmFloat, float>>(
      node, [&](const kernels::ConvolutionGeometry& geometry, std::span<const float> filter) {
        const std::vector<float> bias = for_phases(epilogue.bias, node, geometry);
        return kernels::GemmFloat(geometry, filter,
                                  {.bias = bias, .low = epilogue.low, .high = epilogue.high});
      });
}

std::unique_ptr<Kernel> prepare_int8(const NodeView& node) {
  using kernels::FixedPointMultiplier;
  using Engine = kernels::GemmInt8<FixedPointMultiplier>;
  const std::vector<FixedPointMultiplier> channels = rescaling_of(node, node.output().shape.channels());
  const kernels::Int8Range range = int8_range_of(node, node.attributes<TransposeConv>().activation);
  return std::make_unique<TransposeConvKernel<Engine, int8_t>>(
      node, [&](const kernels::ConvolutionGeometry& geometry, std::span<const int8_t> filter) {
        const std::vector<int32_t> bias = for_phases(bias_of<int32_t>(node), node, geometry);
        const auto multipliers = for_phases<FixedPointMultiplier>(channels, node, geometry);
        return Engine(geometry, filter, input_zero_point_of(node),
                      {.bias = bias, .multipliers = multipliers, .range = range});
      });
}

std::unique_ptr<Kernel> prepare_int16(const NodeView& node) {
  const std::vector<kernels::Int16Multiplier> channels =
      int16_rescaling_of(node, node.output().shape.channels());
  const kernels::Int16Epilogue epilogue =
      int16_epilogue_of(node, channels, node.attributes<TransposeConv>().activation);
  return std::make_unique<TransposeConvKernel<kernels::GemmInt16, int16_t, int8_t>>(
      node, [&](const kernels::ConvolutionGeometry& geometry, std::span<const int8_t> filter) {
        const std::vector<int64_t> bias = for_phases(epilogue.bias, node, geometry);
        const auto multipliers = for_phases(epilogue.multipliers, node, geometry);
        return kernels::GemmInt16(geometry, filter,
                                  {.bias = bias, .multipliers = multipliers, .range = epilogue.range});
      });
}

int64_t products(const NodeView& node) {
  const Shape& filter = node.input(1).shape;
  return node.input(0).shape.elements() * filter.height() * filter.width() * filter.batch();
}

}  // namespace

extern const Operator transpose_conv = {
    .kind = OpKind::TransposeConv,
    .infer = infer,
    .kernels = {.f32 = prepare_float, .i8 = prepare_int8, .i16 = prepare_int16},
    .quantization = {.weight = WeightOperand{.index = 1, .channel_axis = 0, .bias = 2},
                     .relevant = relevant_bias},
    .mla = {.int8 = true, .bf16 = true, .constraints = kMla},
    .tflite = {.int8 = true, .int16 = true, .constraints = kTflite, .scales = weighted_sum_scales},
    .short_name = "Transpose conv",
    .elements = Elements::Computed,
    .axes = AxisRule::Image,
    .derivative = Derivative::TransposedConvolution,
    .passes_channel_factors = never,
    .identity = Identity{never},
    .rescales = always,
    .multiply_accumulates = products,
    .fused_as = std::nullopt,
    .decomposition = nullptr,
};

}  // namespace octet::ops
