// DEPTHWISE_CONV_2D: filter 1HW(C * multiplier); output channel c reads input channel c / multiplier.
#include "kernels/convolution/depthwise_float.h"
#include "kernels/convolution/depthwise_int16.h"
#include "kernels/convolution/depthwise_int8.h"
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
  if (filter[0] != 1 || filter.channels() % input.channels() != 0) {
    node.fail("its filter is " + to_string(filter) + "; 1 x height x width x a multiple of the " +
              std::to_string(input.channels()) + " input channels is expected.");
  }
  const DType type = check_convolution_operands(node, filter.channels());
  return {{type, convolved_shape(node, filter.channels())}};
}

std::unique_ptr<Kernel> prepare_float(const NodeView& node) {
  return std::make_unique<ConvolutionKernel<kernels::DepthwiseFloat, float>>(
      kernels::DepthwiseFloat(convolution_geometry(node, 1), filter_of<float>(node),
                              float_epilogue_of(node, node.attributes<Conv2d>().activation)));
}

std::unique_ptr<Kernel> prepare_int8(const NodeView& node) {
  const std::vector<kernels::FixedPointMultiplier> multipliers =
      rescaling_of(node, node.output().shape.channels());
  return std::make_unique<ConvolutionKernel<kernels::DepthwiseInt8, int8_t>>(kernels::DepthwiseInt8(
      convolution_geometry(node, 1), filter_of<int8_t>(node), input_zero_point_of(node),
      {.bias = bias_of<int32_t>(node),
       .multipliers = multipliers,
       .range = int8_range_of(node, node.attributes<Conv2d>().activation)}));
}

std::unique_ptr<Kernel> prepare_int16(const NodeView& node) {
  const std::vector<kernels::Int16Multiplier> multipliers =
      int16_rescaling_of(node, node.output().shape.channels());
  return std::make_unique<ConvolutionKernel<kernels::DepthwiseInt16, int16_t>>(
      kernels::DepthwiseInt16(convolution_geometry(node, 1), filter_of<int8_t>(node),
                              int16_epilogue_of(node, multipliers, node.attributes<Conv2d>().activation)));
}

int64_t products(const NodeView& node) {
  const Shape& filter = node.input(1).shape;
  return node.output().shape.elements() * filter.height() * filter.width();
}

}  // namespace

extern const Operator depthwise_conv_2d = {
    .kind = OpKind::DepthwiseConv2d,
    .infer = infer,
    .kernels = {.f32 = prepare_float, .i8 = prepare_int8, .i16 = prepare_int16},
    .quantization = {.weight = WeightOperand{.index = 1, .channel_axis = 3, .bias = 2},
                     .relevant = relevant_bias},
    .mla = {.int8 = true, .bf16 = true, .constraints = kConvolutionOnMla},
    .tflite = {.int8 = true, .int16 = true, .scales = weighted_sum_scales},
    .short_name = "Depthwise",
    .elements = Elements::Computed,
    .axes = AxisRule::Image,
    .derivative = Derivative::DepthwiseConvolution,
    .passes_channel_factors = never,
    .identity = Identity{never},
    .rescales = always,
    .multiply_accumulates = products,
    .fused_as = std::nullopt,
    .decomposition = nullptr,
};

}  // namespace octet::ops
