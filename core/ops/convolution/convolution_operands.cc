#include "ops/convolution/convolution_operands.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "ops/inference.h"

namespace octet::ops {
namespace {

/// Strides, dilations and paddings beyond this are no real model's, and would overflow offsets.
constexpr int32_t kLargestWindowValue = 1 << 16;

std::string label(const NodeView& node) {
  return std::string(to_string(node.node().op)) + " '" + node.node().name + "'";
}

/// True for constants, and for what DEQUANTIZE makes of one: float16 weights before they are folded.
bool is_stored(const NodeView& node, size_t operand) {
  if (node.input(operand).is_constant()) return true;
  const TensorId id = node.node().inputs[operand];
  const Graph& graph = node.graph();
  const auto producer = std::find_if(graph.nodes.begin(), graph.nodes.end(), [&](const Node& other) {
    return std::find(other.outputs.begin(), other.outputs.end(), id) != other.outputs.end();
  });
  return producer != graph.nodes.end() && producer->op == OpKind::Dequantize &&
         graph.tensor(producer->inputs[0]).is_constant();
}

[[noreturn]] void not_constant(const NodeView& node, std::string_view operand) {
  throw Error(ErrorCode::UnsupportedModel,
              label(node) + " has a " + std::string(operand) +
                  " that is computed at run time; only constants are supported.",
              {.node = node.node().name, .tensor = node.input(operand == "filter" ? 1 : 2).name},
              "Freeze the model's variables before converting it.");
}

/// n with ratio = 2^-n within 1e-5, in [1, 31]. Throws InvalidFile otherwise: Octet chooses scales for which
/// it holds, so only a damaged .octet file comes here.
int right_shift_of(const NodeView& node, double ratio) {
  int exponent = 0;
  const double fraction =
      std::frexp(ratio, &exponent);  // In [0.5, 1), so that ratio = 2 * fraction * 2^(exponent - 1).
  const int n = fraction < 0.75 ? 1 - exponent : -exponent;
  if (!(std::fabs(std::ldexp(ratio, n) - 1.0) <= 1e-5) || n < 1 || n > 31) {
    throw Error(ErrorCode::InvalidFile,
                label(node) +
                    " does not rescale by a right shift of 1 to 31 bits: its scales give a factor of " +
                    std::to_string(ratio) + ".",
                {.node = node.node().name});
  }
  return n;
}

}  // namespace

DType check_convolution_operands(const NodeView& node, int32_t output_channels) {
  const Tensor& input = node.input(0);
  const Tensor& filter = node.input(1);
  if (!is_stored(node, 1)) not_constant(node, "filter");
  const bool bfloat16_types =
      input.dtype == DType::BFloat16 && (filter.dtype == DType::BFloat16 || filter.dtype == DType::Int8);
  const bool float_types =
      bfloat16_types || (input.dtype == DType::Float32 && filter.dtype == DType::Float32);
  const bool integer_types =
      (input.dtype == DType::Int8 || input.dtype == DType::Int16) && filter.dtype == DType::Int8;
  if (!float_types && !integer_types) {
    throw Error(ErrorCode::UnsupportedModel,
                label(node) + " has " + std::string(to_string(input.dtype)) + " activations and a " +
                    std::string(to_string(filter.dtype)) +
                    " filter; both float32, both int8, or int16 with int8 are supported.",
                {.node = node.node().name});
  }
  if (node.has_input(2)) {
    const Tensor& bias = node.input(2);
    if (!is_stored(node, 2)) not_constant(node, "bias");
    const DType of_integers = input.dtype == DType::Int16 ? DType::Int64 : DType::Int32;
    const DType expected = float_types ? DType::Float32 : of_integers;
    if (bias.dtype != expected) {
      node.fail("its bias is " + std::string(to_string(bias.dtype)) + "; " +
                std::string(to_string(expected)) + " is expected.");
    }
    if (bias.shape.elements() != output_channels) {
      node.fail("its bias has " + std::to_string(bias.shape.elements()) + " values for " +
                std::to_string(output_channels) + " output channels.");
    }
  }
  return input.dtype;
}

void check_window(const NodeView& node, Spatial stride, Spatial dilation, const Padding2d& padding) {
  const auto positive = [&](std::string_view what, Spatial value) {
    if (value.height < 1 || value.width < 1 || value.height > kLargestWindowValue ||
        value.width > kLargestWindowValue) {
      node.fail("its " + std::string(what) + " is " + std::to_string(value.height) + "x" +
                std::to_string(value.width) + "; both must be from 1 to " +
                std::to_string(kLargestWindowValue) + ".");
    }
  };
  positive("stride", stride);
  positive("dilation", dilation);
  for (const int32_t value : {padding.top, padding.bottom, padding.left, padding.right}) {
    if (value < -kLargestWindowValue || value > kLargestWindowValue) {
      node.fail("its padding is " + std::to_string(value) + "; at most " +
                std::to_string(kLargestWindowValue) + " is supported.");
    }
  }
}

int32_t convolved_extent(const NodeView& node, std::string_view axis, int32_t input, int32_t kernel,
                         int32_t stride, int32_t dilation, int32_t padding) {
  const int64_t window = int64_t{kernel - 1} * dilation + 1;
  const int64_t padded = int64_t{input} + padding;
  if (window > padded) {
    node.fail("its filter covers " + std::to_string(window) + " elements of the " + std::string(axis) +
              ", which has " + std::to_string(padded) + " with padding.");
  }
  return static_cast<int32_t>((padded - window) / stride + 1);
}

template <class T>
std::span<const T> filter_of(const NodeView& node) {
  if (!node.input(1).is_constant()) not_constant(node, "filter");
  return node.input(1).values<T>();
}
template std::span<const int8_t> filter_of(const NodeView&);
template std::span<const float> filter_of(const NodeView&);

template <class T>
std::span<const T> bias_of(const NodeView& node) {
  if (!node.has_input(2)) return {};
  if (!node.input(2).is_constant()) not_constant(node, "bias");
  return node.input(2).values<T>();
}
template std::span<const int32_t> bias_of(const NodeView&);
template std::span<const int64_t> bias_of(const NodeView&);
template std::span<const float> bias_of(const NodeView&);

std::vector<double> scale_ratios_of(const NodeView& node, int32_t output_channels) {
  const float input_scale = quantization_of(node.input(0)).scale[0];
  const float output_scale = quantization_of(node.output()).scale[0];
  const QuantParams& weights = quantization_of(node.input(1));
  const size_t channels = static_cast<size_t>(output_channels);
  if (weights.scale.size() != 1 && weights.scale.size() != channels) {
    node.fail("its filter has " + std::to_string(weights.scale.size()) + " scales for " +
              std::to_string(output_channels) + " output channels.");
  }
  if (std::any_of(weights.zero_point.begin(), weights.zero_point.end(), [](int32_t z) { return z != 0; })) {
    throw Error(ErrorCode::UnsupportedModel,
                label(node) + " has a filter with a zero point; only symmetric filters are supported.",
                {.node = node.node().name, .tensor = node.input(1).name});
  }
  std::vector<double> ratios(channels);
  for (size_t c = 0; c < channels; ++c) {
    const float weight_scale = weights.scale.size() == 1 ? weights.scale[0] : weights.scale[c];
    ratios[c] = double{input_scale} * double{weight_scale} / double{output_scale};
  }
  return ratios;
}

std::vector<kernels::FixedPointMultiplier> rescaling_of(const NodeView& node, int32_t output_channels) {
  std::vector<kernels::FixedPointMultiplier> multipliers;
  for (const double ratio : scale_ratios_of(node, output_channels)) {
    multipliers.push_back(node.node().requantization == RequantizationMode::Sima
                              ? kernels::multiplier_of_shift(right_shift_of(node, ratio))
                              : kernels::fixed_point_multiplier(ratio));
  }
  return multipliers;
}

std::vector<kernels::Int16Multiplier> int16_rescaling_of(const NodeView& node, int32_t output_channels) {
  std::vector<kernels::Int16Multiplier> multipliers;
  for (const double ratio : scale_ratios_of(node, output_channels)) {
    multipliers.push_back(
        node.node().requantization == RequantizationMode::Sima
            ? kernels::Int16Multiplier{.multiplier = 1, .shift = right_shift_of(node, ratio)}
            : kernels::int16_multiplier(kernels::fixed_point_multiplier(ratio)));
  }
  return multipliers;
}

kernels::Int8Range int8_range_of(const NodeView& node, Activation activation) {
  const QuantParams& output = quantization_of(node.output());
  const Clamp<int32_t> clamp = clamp_of<int8_t>(activation, output);
  return {.zero_point = output.zero_point[0], .low = clamp.low, .high = clamp.high};
}

Interval relevant_bias(const NodeView& node, size_t i, const Interval& output,
                       std::span<const KnownValues> operands) {
  const WeightOperand& weight = *operator_of(node.node().op).quantization.weight;
  if (weight.bias != i || (!std::isfinite(output.low) && !std::isfinite(output.high))) return {};
  const Tensor& filter = node.input(weight.index);
  if (!filter.is_constant() || filter.dtype != DType::Float32) return {};
  const int axis = normalized_axis(weight.channel_axis, filter.shape.rank());
  const size_t inner = static_cast<size_t>(filter.shape.elements(axis + 1, filter.shape.rank()));
  std::vector<double> sums(static_cast<size_t>(filter.shape[axis]), 0.0);  // Of magnitudes, by channel.
  const std::span<const float> weights = filter.values<float>();
  for (size_t w = 0; w < weights.size(); ++w)
    sums[w / inner % sums.size()] += std::fabs(static_cast<double>(weights[w]));
  const Interval& input = operands[0].range;
  const double largest =
      *std::max_element(sums.begin(), sums.end()) * std::max(std::fabs(input.low), std::fabs(input.high));
  return {output.low - largest, output.high + largest};
}

Shape convolved_shape(const NodeView& node, int32_t output_channels) {
  const Conv2d& a = node.attributes<Conv2d>();
  const Shape& input = node.input(0).shape;
  const Shape& filter = node.input(1).shape;
  check_window(node, a.stride, a.dilation, a.padding);
  const int32_t height = convolved_extent(node, "height", input.height(), filter.height(), a.stride.height,
                                          a.dilation.height, a.padding.top + a.padding.bottom);
  const int32_t width = convolved_extent(node, "width", input.width(), filter.width(), a.stride.width,
                                         a.dilation.width, a.padding.left + a.padding.right);
  return output_shape(node, std::vector<int64_t>{input.batch(), height, width, output_channels});
}

kernels::ConvolutionGeometry convolution_geometry(const NodeView& node, int32_t groups) {
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
                                     .groups = groups});
}

namespace {

const Constraint kConvolutionConstraints[] = {
    kFourDimensional,
    {"its strides are from 1 to 31",
     [](const ConstraintView& view) {
       const Spatial stride = view.node.attributes<Conv2d>().stride;
       return stride.height <= 31 && stride.width <= 31;
     },
     [](const ConstraintView& view) {
       const Spatial stride = view.node.attributes<Conv2d>().stride;
       return filled("they are # by #", {stride.height, stride.width});
     }},
    {"its dilations are from 1 to 63",
     [](const ConstraintView& view) {
       const Spatial dilation = view.node.attributes<Conv2d>().dilation;
       return dilation.height <= 63 && dilation.width <= 63;
     },
     [](const ConstraintView& view) {
       const Spatial dilation = view.node.attributes<Conv2d>().dilation;
       return filled("they are # by #", {dilation.height, dilation.width});
     }},
};

}  // namespace

constinit const std::span<const Constraint> kConvolutionOnMla = kConvolutionConstraints;

}  // namespace octet::ops
