// MEAN along some axes.
#include <algorithm>
#include <bit>

#include "kernels/arithmetic/requantize.h"
#include "ops/activation.h"
#include "ops/reduction/reduction_operators.h"

namespace octet::ops {
namespace {

std::unique_ptr<Kernel> prepare_float(const NodeView& node) {
  kernels::AxisSum sum = axis_sum(node);
  const float count = static_cast<float>(sum.count());
  return reduce_kernel<float>(std::move(sum), [count](float total) { return total / count; });
}

/// TFLite folds 1 / count into the fixed-point multiplier, normalized again so that it keeps its precision.
kernels::FixedPointMultiplier divided(kernels::FixedPointMultiplier m, int64_t count) {
  const int magnitude = 63 - std::countl_zero(static_cast<uint64_t>(count));
  const int shift = std::min({magnitude, 32, 31 + m.shift});
  return {static_cast<int32_t>((int64_t{m.multiplier} << shift) / count), m.shift - shift};
}

template <class T>
std::unique_ptr<Kernel> prepare_integer(const NodeView& node) {
  const QuantParams& in = quantization_of(node.input(0));
  const QuantParams& out = quantization_of(node.output());
  const double ratio = static_cast<double>(in.scale[0]) / static_cast<double>(out.scale[0]);
  kernels::AxisSum sum = axis_sum(node);
  const int64_t count = sum.count();
  if (node.node().requantization == RequantizationMode::Sima) {
    return prepare_sima_reduction<T>(node, ratio / static_cast<double>(count));
  }
  const kernels::FixedPointMultiplier multiplier = divided(kernels::fixed_point_multiplier(ratio), count);
  const int32_t offset = static_cast<int32_t>(count * in.zero_point[0]);
  return reduce_kernel<T>(
      std::move(sum), [multiplier, offset, zero_point = out.zero_point[0]](int64_t total) {
        const int32_t shifted = static_cast<int32_t>(total - offset);
        return kernels::clamp_to<T>(kernels::multiply_by(shifted, multiplier) + zero_point);
      });
}

}  // namespace

extern const Operator mean = {
    .kind = OpKind::Mean,
    .infer = infer_reduced,
    .kernels = {.f32 = prepare_float, .i8 = prepare_integer<int8_t>, .i16 = prepare_integer<int16_t>},
    .quantization = {.output = OutputQuantization::Free},
    .mla = {.int8 = true, .bf16 = true, .constraints = kReducedMla},
    .tflite = {.int8 = true, .int16 = true},
    .short_name = "Mean",
    .elements = Elements::Computed,
    .axes = AxisRule::Along,
    .derivative = Derivative::Separable,
    .passes_channel_factors = keeps_channels,
    .identity = Identity{always},
    .rescales = always,
    .multiply_accumulates = no_products,
    .fused_as = std::nullopt,
    .decomposition = nullptr,
};

}  // namespace octet::ops
