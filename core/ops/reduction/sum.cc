// SUM along some axes.
#include <algorithm>
#include <cmath>
#include <limits>

#include "ops/activation.h"
#include "ops/elementwise/wrapping_arithmetic.h"
#include "ops/reduction/fold_kernel.h"

namespace octet::ops {
namespace {

std::unique_ptr<Kernel> prepare_float(const NodeView& node) {
  return reduce_kernel<float>(axis_sum(node), [](float total) { return total; });
}

/// `tflite` here is TFLite's default kernel, which rescales in single precision: its reference kernel reads
/// int8 as uint8 (reduce.cc, QuantizedMeanOrSum) and computes nothing usable.
template <class T>
std::unique_ptr<Kernel> prepare_integer(const NodeView& node) {
  const QuantParams& in = quantization_of(node.input(0));
  const QuantParams& out = quantization_of(node.output());
  if (node.node().requantization == RequantizationMode::Sima) {
    return prepare_sima_reduction<T>(node,
                                     static_cast<double>(in.scale[0]) / static_cast<double>(out.scale[0]));
  }
  kernels::AxisSum sum = axis_sum(node);
  const float scale = in.scale[0] / out.scale[0];
  const float bias = static_cast<float>(-in.zero_point[0]) * scale * static_cast<float>(sum.count());
  return reduce_kernel<T>(std::move(sum), [scale, bias, zero_point = out.zero_point[0]](int64_t total) {
    constexpr float kLeast = std::numeric_limits<T>::min();
    constexpr float kMost = std::numeric_limits<T>::max();
    const float value = std::round(static_cast<float>(total) * scale + bias) + static_cast<float>(zero_point);
    return static_cast<T>(std::clamp(value, kLeast, kMost));
  });
}

std::unique_ptr<Kernel> prepare_plain(const NodeView& node) {
  return by_plain_type(node, [&]<class T>(T) {
    return folding_kernel(node, T{0}, [](T a, T b) { return wrapping(std::plus<>(), a, b); });
  });
}

}  // namespace

extern const Operator sum = {
    .kind = OpKind::Sum,
    .infer = infer_reduced,
    .kernels = {.f32 = prepare_float,
                .i8 = prepare_integer<int8_t>,
                .i16 = prepare_integer<int16_t>,
                .plain = prepare_plain},
    .quantization = {.output = OutputQuantization::Free},
    .mla = {.int8 = true, .bf16 = true, .constraints = kReducedMla},
    .tflite = {.int8 = true, .int16 = true},
    .short_name = "Sum",
    .elements = Elements::Computed,
    .axes = AxisRule::Along,
    .derivative = Derivative::None,
    .passes_channel_factors = keeps_channels,
    .identity = Identity{always},
    .rescales = always,
    .multiply_accumulates = no_products,
    .fused_as = std::nullopt,
    .decomposition = nullptr,
};

}  // namespace octet::ops
