// What CONV_2D, DEPTHWISE_CONV_2D, TRANSPOSE_CONV and FULLY_CONNECTED share: activations as operand 0, a
// constant filter as operand 1, an optional constant bias as operand 2.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "kernels/arithmetic/requantize_int16.h"
#include "kernels/convolution/convolution_plan.h"
#include "kernels/convolution/panels.h"
#include "ops/activation.h"
#include "ops/operator.h"

namespace octet::ops {

/// Checks the operands' types and the bias' length against `output_channels`, and that filter and bias are
/// constants (or stored ones that DEQUANTIZE expands). Throws InvalidShape or UnsupportedModel; returns the
/// type of the output.
DType check_convolution_operands(const NodeView& node, int32_t output_channels);

/// Checks strides, dilations and paddings that come from a file: positive, and small enough to compute with.
void check_window(const NodeView& node, Spatial stride, Spatial dilation, const Padding2d& padding);

/// Extent of a convolution's output along one axis; fails naming `axis` where the filter does not fit.
int32_t convolved_extent(const NodeView& node, std::string_view axis, int32_t input, int32_t kernel,
                         int32_t stride, int32_t dilation, int32_t padding);

/// The output of CONV_2D and DEPTHWISE_CONV_2D over an NHWC input; checks what check_window and
/// convolved_extent do.
Shape convolved_shape(const NodeView& node, int32_t output_channels);

/// The RelevantValues of these operators: a bias makes a difference where sums of products can bring it to
/// where the output makes one.
Interval relevant_bias(const NodeView& node, size_t i, const Interval& output,
                       std::span<const KnownValues> operands);

/// How their kernels walk input and output.
kernels::ConvolutionGeometry convolution_geometry(const NodeView& node, int32_t groups);

/// What both need to run on the MLA.
extern const std::span<const Constraint> kConvolutionOnMla;

/// The filter's values; throws UnsupportedModel naming the node where it is not constant.
template <class T>
std::span<const T> filter_of(const NodeView& node);
/// The bias' values, empty where there is none.
template <class T>
std::span<const T> bias_of(const NodeView& node);

/// Input scale times weight scale by output scale, one an output channel, in double precision and this order,
/// as TFLite does. Throws where the weights have a zero point or a number of scales that fits neither tensor
/// nor channels.
std::vector<double> scale_ratios_of(const NodeView& node, int32_t output_channels);

/// The ratios as multipliers in the node's requantization mode. Throws InvalidFile where (sima) one is no
/// right shift.
std::vector<kernels::FixedPointMultiplier> rescaling_of(const NodeView& node, int32_t output_channels);

/// The same for an INT16 output, whose `tflite` rule rounds multipliers to 15 bits.
std::vector<kernels::Int16Multiplier> int16_rescaling_of(const NodeView& node, int32_t output_channels);

/// What a 16x8 kernel adds, rescales and clamps by.
inline kernels::Int16Epilogue int16_epilogue_of(const NodeView& node,
                                                std::span<const kernels::Int16Multiplier> multipliers,
                                                Activation activation) {
  const Clamp<int32_t> clamp = clamp_of<int16_t>(activation, quantization_of(node.output()));
  return {.bias = bias_of<int64_t>(node), .multipliers = multipliers, .range = {clamp.low, clamp.high}};
}

/// Zero point and clamping range of an INT8 output.
kernels::Int8Range int8_range_of(const NodeView& node, Activation activation);
inline int32_t input_zero_point_of(const NodeView& node) {
  return quantization_of(node.input(0)).zero_point[0];
}

inline kernels::FloatEpilogue float_epilogue_of(const NodeView& node, Activation activation) {
  const Clamp<float> range = clamp_of(activation);
  return {.bias = bias_of<float>(node), .low = range.low, .high = range.high};
}

/// Runs one kernel of kernels/ from operand 0 to the output.
template <class Engine, class T>
class ConvolutionKernel : public Kernel {
 public:
  explicit ConvolutionKernel(Engine engine) : engine_(std::move(engine)) {}
  uint64_t scratch_bytes() const override { return engine_.scratch_bytes(); }
  void run(const KernelArguments& arguments) const override {
    engine_.run(arguments.input<T>(0), arguments.output<T>(), arguments.scratch);
  }

 private:
  Engine engine_;
};

}  // namespace octet::ops
