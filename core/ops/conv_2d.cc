// CONV_2D: filters OHWI over NHWC, with groups where the filter has fewer input channels than the input.
#include "kernels/gemm_float.h"
#include "kernels/gemm_int8.h"
#include "ops/convolution_operands.h"
#include "ops/inference.h"

namespace octet::ops {
namespace {

const Constraint kMla[] = {
    kFourDimensional,
    {"its strides are from 1 to 31",
     [](const ConstraintView& view) {
       const Spatial stride = view.node.attributes<Conv2d>().stride;
       return stride.height <= 31 && stride.width <= 31;
     }},
    {"its dilations are from 1 to 63",
     [](const ConstraintView& view) {
       const Spatial dilation = view.node.attributes<Conv2d>().dilation;
       return dilation.height <= 63 && dilation.width <= 63;
     }},
};

std::vector<TensorType> infer(const NodeView& node) {
  const Conv2d& a = node.attributes<Conv2d>();
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
  check_window(node, a.stride, a.dilation, a.padding);
  const int32_t height = convolved_extent(node, "height", input.height(), filter.height(), a.stride.height,
                                          a.dilation.height, a.padding.top + a.padding.bottom);
  const int32_t width = convolved_extent(node, "width", input.width(), filter.width(), a.stride.width,
                                         a.dilation.width, a.padding.left + a.padding.right);
  return {{type, output_shape(node, std::vector<int64_t>{input.batch(), height, width, filter.batch()})}};
}

kernels::ConvolutionGeometry geometry_of(const NodeView& node) {
  const Conv2d& a = node.attributes<Conv2d>();
  const Shape& input = node.input(0).shape;
  const Shape& filter = node.input(1).shape;
  const Shape& output = node.output().shape;
  return kernels::with_dense_output({.batch = input.batch(),
                                     .input_height = input.height(),
                                     .input_width = input.width(),
                                     .input_channels = input.channels(),
                                     .output_height = output.height(),
                                     .output_width = output.width(),
                                     .output_channels = output.channels(),
                                     .kernel_height = filter.height(),
                                     .kernel_width = filter.width(),
                                     .stride_y = a.stride.height,
                                     .stride_x = a.stride.width,
                                     .dilation_y = a.dilation.height,
                                     .dilation_x = a.dilation.width,
                                     .origin_y = -a.padding.top,
                                     .origin_x = -a.padding.left,
                                     .groups = input.channels() / filter.channels()});
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

}  // namespace

extern const Operator conv_2d = {
    .kind = OpKind::Conv2d,
    .infer = infer,
    .kernels = {.f32 = prepare_float, .i8 = prepare_int8},
    .quantization = {.weight = WeightOperand{.index = 1, .channel_axis = 0, .bias = 2}},
    .mla = {.int8 = true, .bf16 = true, .constraints = kMla},
    .tflite = {.int8 = true},
};

}  // namespace octet::ops
