// FULLY_CONNECTED: rows of `depth` elements, the input flattened, times a filter [units, depth].
#include "kernels/convolution/gemm_float.h"
#include "kernels/convolution/gemm_int16.h"
#include "kernels/convolution/gemm_int8.h"
#include "ops/convolution/convolution_operands.h"
#include "ops/inference.h"
#include "ops/scale_limits.h"

namespace octet::ops {
namespace {

const Constraint kMla[] = {kFourDimensional};

std::vector<TensorType> infer(const NodeView& node) {
  const Shape& input = node.input(0).shape;
  const Shape& filter = node.input(1).shape;
  expect_rank(node, 1, 2);
  const int32_t units = filter[0];
  const int32_t depth = filter[1];
  if (input.elements() % depth != 0) {
    node.fail("its input " + to_string(input) + " is no whole number of rows of " + std::to_string(depth) +
              " elements, the depth of its filter.");
  }
  const DType type = check_convolution_operands(node, units);
  if (!node.attributes<FullyConnected>().keep_dims) {
    return {{type, output_shape(node, std::vector<int64_t>{input.elements() / depth, units})}};
  }
  if (input.rank() == 0 || input[-1] != depth) {
    node.fail("it keeps its input's dimensions, but the last one of " + to_string(input) +
              " is not the depth " + std::to_string(depth) + " of its filter.");
  }
  std::vector<int64_t> dims = extents(input);
  dims.back() = units;
  return {{type, output_shape(node, dims)}};
}

/// A pointwise convolution over a column of rows.
kernels::ConvolutionGeometry geometry_of(const NodeView& node) {
  const Shape& filter = node.input(1).shape;
  const int32_t rows = static_cast<int32_t>(node.input(0).shape.elements() / filter[1]);
  return kernels::with_dense_output({.input_height = rows,
                                     .input_channels = filter[1],
                                     .output_height = rows,
                                     .output_channels = filter[0]});
}

std::unique_ptr<Kernel> prepare_float(const NodeView& node) {
  return std::make_unique<ConvolutionKernel<kernels::GemmFloat, float>>(
      kernels::GemmFloat(geometry_of(node), filter_of<float>(node),
                         float_epilogue_of(node, node.attributes<FullyConnected>().activation)));
}

template <class Multiplier>
std::unique_ptr<Kernel> make_int8(const NodeView& node, const std::vector<Multiplier>& multipliers) {
  return std::make_unique<ConvolutionKernel<kernels::GemmInt8<Multiplier>, int8_t>>(
      kernels::GemmInt8<Multiplier>(
          geometry_of(node), filter_of<int8_t>(node), input_zero_point_of(node),
          {.bias = bias_of<int32_t>(node),
           .multipliers = multipliers,
           .range = int8_range_of(node, node.attributes<FullyConnected>().activation)}));
}

/// Unlike convolutions, LiteRT's reference kernel rescales this operator in double precision.
std::unique_ptr<Kernel> prepare_int8(const NodeView& node) {
  const int32_t units = node.input(1).shape[0];
  if (node.node().requantization == RequantizationMode::Tflite)
    return make_int8(node, scale_ratios_of(node, units));
  return make_int8(node, rescaling_of(node, units));
}

/// So it does for INT16.
std::vector<kernels::Int16Multiplier> int16_multipliers(const NodeView& node) {
  const int32_t units = node.input(1).shape[0];
  if (node.node().requantization == RequantizationMode::Sima) return int16_rescaling_of(node, units);
  std::vector<kernels::Int16Multiplier> multipliers;
  for (const double ratio : scale_ratios_of(node, units)) multipliers.push_back({.real = ratio});
  return multipliers;
}

std::unique_ptr<Kernel> prepare_int16(const NodeView& node) {
  const std::vector<kernels::Int16Multiplier> multipliers = int16_multipliers(node);
  return std::make_unique<ConvolutionKernel<kernels::GemmInt16, int16_t>>(
      kernels::GemmInt16(geometry_of(node), filter_of<int8_t>(node),
                         int16_epilogue_of(node, multipliers, node.attributes<FullyConnected>().activation)));
}

int64_t products(const NodeView& node) { return node.output().shape.elements() * node.input(1).shape[-1]; }

}  // namespace

extern const Operator fully_connected = {
    .kind = OpKind::FullyConnected,
    .infer = infer,
    .kernels = {.f32 = prepare_float, .i8 = prepare_int8, .i16 = prepare_int16},
    .quantization = {.weight = WeightOperand{.index = 1, .channel_axis = 0, .bias = 2},
                     .relevant = relevant_bias},
    .mla = {.int8 = true, .bf16 = true, .constraints = kMla},
    .tflite = {.int8 = true, .int16 = true, .scales = weighted_sum_scales},
    .short_name = "Fully connected",
    .elements = Elements::Computed,
    .axes = AxisRule::Rows,
    .derivative = Derivative::MatrixProduct,
    .passes_channel_factors = never,
    .identity = Identity{never},
    .rescales = always,
    .multiply_accumulates = products,
    .fused_as = std::nullopt,
    .decomposition = nullptr,
};

}  // namespace octet::ops
