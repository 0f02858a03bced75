// CONV_2D: filters OHWI over NHWC, with groups where the filter has fewer input channels than the input.
#include "kernels/convolution/gemm_float.h"
#include "kernels/convolution/gemm_int16.h"
#include "kernels/convolution/gemm_int8.h"
#include "ops/convolution/convolution_operands.h"
#include "ops/inference.h"
#include "ops/scale_limits.h"

namespace octet::ops {
namespace {

std::vector<TensorType> infer(const NodeView& node) {
  const Shape& input = node.input(0).shape;
  const Shape& filter = node.input(1).shape;
  expect_rank(node, 0, 4);
  expect_rank(node, 1, 4);
  const int32_t group_channels = filter.channels();
  if (input.channels() % group_channels != 0 || filter.batch() % (input.channels() / group_channels) != 0) {
    node.fail("its filter " + to_string(filter) + " (OHWI) does not divide the " +
              std::to_string(input.channels()) + " input channels into groups.");
  }
  const DType type = check_convolution_operands(node, filter.batch());
  return {{type, convolved_shape(node, filter.batch())}};
}

kernels::ConvolutionGeometry geometry_of(const NodeView& node) {
  const int32_t groups = node.input(0).shape.channels() / node.input(1).shape.channels();
  return convolution_geometry(node, groups);
}

std::unique_ptr<Kernel> prepare_float(const NodeView& node) {
  return std::make_unique<ConvolutionKernel<kernels::GemmFloat, float>>(
      kernels::GemmFloat(geometry_of(node), filter_of<float>(node),
                         float_epilogue_of(node, node.attributes<Conv2d>().activation)));
}

std::unique_ptr<Kernel> prepare_int8(const NodeView& node) {
  const std::vector<kernels::FixedPointMultiplier> multipliers =
      rescaling_of(node, node.output().shape.channels());
  return std::make_unique<ConvolutionKernel<kernels::GemmInt8<kernels::FixedPointMultiplier>, int8_t>>(
      kernels::GemmInt8<kernels::FixedPointMultiplier>(
          geometry_of(node), filter_of<int8_t>(node), input_zero_point_of(node),
          {.bias = bias_of<int32_t>(node),
           .multipliers = multipliers,
           .range = int8_range_of(node, node.attributes<Conv2d>().activation)}));
}

std::unique_ptr<Kernel> prepare_int16(const NodeView& node) {
  const std::vector<kernels::Int16Multiplier> multipliers =
      int16_rescaling_of(node, node.output().shape.channels());
  return std::make_unique<ConvolutionKernel<kernels::GemmInt16, int16_t>>(
      kernels::GemmInt16(geometry_of(node), filter_of<int8_t>(node),
                         int16_epilogue_of(node, multipliers, node.attributes<Conv2d>().activation)));
}

int64_t products(const NodeView& node) {
  const Shape& filter = node.input(1).shape;
  return node.output().shape.elements() * filter.elements(1, filter.rank());
}

}  // namespace

extern const Operator conv_2d = {
    .kind = OpKind::Conv2d,
    .infer = infer,
    .kernels = {.f32 = prepare_float, .i8 = prepare_int8, .i16 = prepare_int16},
    .quantization = {.weight = WeightOperand{.index = 1, .channel_axis = 0, .bias = 2},
                     .relevant = relevant_bias},
    .mla = {.int8 = true, .bf16 = true, .constraints = kConvolutionOnMla},
    .tflite = {.int8 = true, .int16 = true, .scales = weighted_sum_scales},
    .short_name = "Conv",
    .elements = Elements::Computed,
    .axes = AxisRule::Image,
    .derivative = Derivative::Convolution,
    .passes_channel_factors = never,
    .identity = Identity{never},
    .rescales = always,
    .multiply_accumulates = products,
    .fused_as = std::nullopt,
    .decomposition = nullptr,
};

}  // namespace octet::ops
