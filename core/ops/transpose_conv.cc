// TRANSPOSE_CONV: operand 0 the activations (not TFLite's output shape), 1 the filter OHWI, 2 an optional
// bias. MediaPipe's custom Convolution2DTransposeBias is the same. With stride s, the outputs at distance s
// from each other form a phase: an ordinary convolution of the input with every s-th tap, reversed. Each
// phase runs as one.
#include <algorithm>
#include <array>

#include "kernels/gemm_float.h"
#include "kernels/gemm_int16.h"
#include "kernels/gemm_int8.h"
#include "ops/convolution_operands.h"
#include "ops/inference.h"

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

/// The taps of one phase, in reverse: [output_channels, rows.taps, columns.taps, input_channels].
template <class T>
std::vector<T> phase_filter(std::span<const T> filter, const Shape& shape, Spatial stride,
                            const AxisPhase& rows, const AxisPhase& columns, Spatial phase) {
  const size_t channels = static_cast<size_t>(shape.channels());
  std::vector<T> result;
  for (int32_t o = 0; o < shape.batch(); ++o) {
    for (int32_t y = rows.taps - 1; y >= 0; --y) {
      for (int32_t x = columns.taps - 1; x >= 0; --x) {
        const size_t row = static_cast<size_t>(o * shape.height() + phase.height + y * stride.height);
        const size_t column = static_cast<size_t>(phase.width + x * stride.width);
        const std::span<const T> tap =
            filter.subspan((row * static_cast<size_t>(shape.width()) + column) * channels, channels);
        result.insert(result.end(), tap.begin(), tap.end());
      }
    }
  }
  return result;
}

kernels::ConvolutionGeometry phase_geometry(const NodeView& node, const AxisPhase& rows,
                                            const AxisPhase& columns) {
  const TransposeConv& a = node.attributes<TransposeConv>();
  const Shape& input = node.input(0).shape;
  const Shape& output = node.output().shape;
  const int32_t pixel = output.channels();
  const int32_t row = output.width() * pixel;
  return {.batch = input.batch(),
          .input_height = input.height(),
          .input_width = input.width(),
          .input_channels = input.channels(),
          .output_height = rows.count,
          .output_width = columns.count,
          .output_channels = output.channels(),
          .kernel_height = columns.taps == 0 ? 0 : rows.taps,
          .kernel_width = rows.taps == 0 ? 0 : columns.taps,
          .origin_y = rows.origin,
          .origin_x = columns.origin,
          .output_offset = rows.first * row + columns.first * pixel,
          .output_pixel_step = a.stride.width * pixel,
          .output_row_step = a.stride.height * row,
          .output_batch_step = output.height() * row};
}

/// Runs one engine a phase on activations of T; they share scratch memory.
template <class Engine, class T, class Filter = T>
class TransposeConvKernel : public Kernel {
 public:
  /// `make(geometry, filter)` makes the engine of a phase.
  template <class Make>
  TransposeConvKernel(const NodeView& node, const Make& make) {
    const TransposeConv& a = node.attributes<TransposeConv>();
    const Shape& filter = node.input(1).shape;
    for (int32_t y = 0; y < a.stride.height; ++y) {
      const AxisPhase rows = axis_phase(y, a.output.height, filter.height(), a.stride.height, a.padding.top);
      if (rows.count == 0) continue;
      for (int32_t x = 0; x < a.stride.width; ++x) {
        const AxisPhase columns =
            axis_phase(x, a.output.width, filter.width(), a.stride.width, a.padding.left);
        if (columns.count == 0) continue;
        const std::vector<Filter> taps =
            phase_filter(filter_of<Filter>(node), filter, a.stride, rows, columns, {y, x});
        phases_.push_back(make(phase_geometry(node, rows, columns), taps));
      }
    }
  }

  size_t scratch_bytes() const override {
    size_t bytes = 0;
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
        return kernels::GemmFloat(geometry, filter, epilogue);
      });
}

std::unique_ptr<Kernel> prepare_int8(const NodeView& node) {
  const std::vector<kernels::FixedPointMultiplier> multipliers =
      rescaling_of(node, node.output().shape.channels());
  const kernels::Int8Epilogue<kernels::FixedPointMultiplier> epilogue = {
      .bias = bias_of<int32_t>(node),
      .multipliers = multipliers,
      .range = int8_range_of(node, node.attributes<TransposeConv>().activation)};
  return std::make_unique<TransposeConvKernel<kernels::GemmInt8<kernels::FixedPointMultiplier>, int8_t>>(
      node, [&](const kernels::ConvolutionGeometry& geometry, std::span<const int8_t> filter) {
        return kernels::GemmInt8<kernels::FixedPointMultiplier>(geometry, filter, input_zero_point_of(node),
                                                                epilogue);
      });
}

std::unique_ptr<Kernel> prepare_int16(const NodeView& node) {
  const std::vector<kernels::Int16Multiplier> multipliers =
      int16_rescaling_of(node, node.output().shape.channels());
  const kernels::Int16Epilogue epilogue =
      int16_epilogue_of(node, multipliers, node.attributes<TransposeConv>().activation);
  return std::make_unique<TransposeConvKernel<kernels::GemmInt16, int16_t, int8_t>>(
      node, [&](const kernels::ConvolutionGeometry& geometry, std::span<const int8_t> filter) {
        return kernels::GemmInt16(geometry, filter, epilogue);
      });
}

}  // namespace

extern const Operator transpose_conv = {
    .kind = OpKind::TransposeConv,
    .infer = infer,
    .kernels = {.f32 = prepare_float, .i8 = prepare_int8, .i16 = prepare_int16},
    .quantization = {.weight = WeightOperand{.index = 1, .channel_axis = 0, .bias = 2}},
    .mla = {.int8 = true, .bf16 = true, .constraints = kMla},
    .tflite = {.int8 = true, .int16 = true, .constraints = kTflite},
};

}  // namespace octet::ops
