// SQUARED_DIFFERENCE: (a - b)^2, broadcast by NumPy's rules.
#include <algorithm>

#include "kernels/arithmetic/convert.h"
#include "kernels/arithmetic/requantize.h"
#include "ops/elementwise/wrapping_arithmetic.h"
#include "ops/scale_limits.h"

namespace octet::ops {
namespace {

std::unique_ptr<Kernel> prepare_float(const NodeView& node) {
  return binary<float>(node, [](v128_t a, v128_t b) {
    const v128_t difference = wasm_f32x4_sub(a, b);
    return wasm_f32x4_mul(difference, difference);
  });
}

/// TFLite's: operands at half the larger scale with 7 more bits, squared, then at the output's scale.
class TfliteSquaredDifference {
 public:
  TfliteSquaredDifference(ScaleAndZero a, ScaleAndZero b, ScaleAndZero output)
      : a_(a), b_(b), output_(output) {
    const double common_scale = 2 * static_cast<double>(std::max(a.scale, b.scale));
    from_a_ = kernels::fixed_point_multiplier(static_cast<double>(a.scale) / common_scale);
    from_b_ = kernels::fixed_point_multiplier(static_cast<double>(b.scale) / common_scale);
    to_output_ = kernels::fixed_point_multiplier(common_scale * common_scale /
                                                 ((1 << 2 * kExtraBits) * static_cast<double>(output.scale)));
  }

  int8_t operator()(int32_t qa, int32_t qb) const {
    const int32_t a = kernels::multiply_by((qa - a_.zero_point) * (1 << kExtraBits), from_a_);
    const int32_t b = kernels::multiply_by((qb - b_.zero_point) * (1 << kExtraBits), from_b_);
    const int64_t square = kernels::multiply_by((a - b) * (a - b), to_output_);
    return kernels::clamp_to_int8(square + output_.zero_point);
  }

 private:
  static constexpr int kExtraBits = 7;
  ScaleAndZero a_, b_, output_;
  kernels::FixedPointMultiplier from_a_, from_b_, to_output_;
};

/// The nearest integer to the real result.
template <class T>
auto rounded(const NodeView& node) {
  const ScaleAndZero a = per_tensor(node.input(0));
  const ScaleAndZero b = per_tensor(node.input(1));
  const ScaleAndZero output = per_tensor(node.output());
  return [=](int32_t qa, int32_t qb) {
    const double difference = static_cast<double>(a.scale) * (qa - a.zero_point) -
                              static_cast<double>(b.scale) * (qb - b.zero_point);
    return kernels::quantize<T>(difference * difference, output.scale, output.zero_point);
  };
}

std::unique_ptr<Kernel> prepare_int8(const NodeView& node) {
  if (node.node().requantization == RequantizationMode::Sima)
    return table_binary(node, kernels::LookupTable2d(rounded<int8_t>(node)));
  return table_binary(node,
                      kernels::LookupTable2d(TfliteSquaredDifference(
                          per_tensor(node.input(0)), per_tensor(node.input(1)), per_tensor(node.output()))));
}

/// TFLite has none.
std::unique_ptr<Kernel> prepare_int16(const NodeView& node) {
  return scalar_binary<int16_t>(node, rounded<int16_t>(node));
}

std::unique_ptr<Kernel> prepare_plain(const NodeView& node) {
  return plain_binary(node, [](auto a, auto b) {
    const auto difference = wrapping(std::minus<>(), a, b);
    return wrapping(std::multiplies<>(), difference, difference);
  });
}

/// TFLite squares twice the larger scale, with 14 more bits, and multiplies by less than 1.
ScaleProblem takes_scales(const NodeView&, const NodeScales& scales) {
  const double twice_larger = 2 * std::max(scales.inputs[0], scales.inputs[1]);
  return multiplier_problem(twice_larger * twice_larger / (0x1p14 * scales.output), 1);
}

}  // namespace

extern const Operator squared_difference;
const Operator squared_difference = {
    .kind = OpKind::SquaredDifference,
    .infer = infer_binary,
    .kernels = {.f32 = prepare_float, .i8 = prepare_int8, .i16 = prepare_int16, .plain = prepare_plain},
    .mla = {.int8 = false},
    .tflite = {.int8 = true, .constraints = {&kBroadcastsFourDimensions, 1}, .scales = takes_scales},
    .in_place = true,
    .short_name = "Squared difference",
    .elements = Elements::Computed,
    .axes = AxisRule::Elementwise,
    .derivative = Derivative::Pointwise,
    .passes_channel_factors = never,
    .identity = Identity{never},
    .rescales = always,
    .multiply_accumulates = no_products,
    .fused_as = std::nullopt,
    .decomposition = nullptr,
};

}  // namespace octet::ops
