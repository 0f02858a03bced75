// RSQRT: 1 / sqrt(x). Where it does not exist, INT8 has the greatest value.
#include <cmath>

#include "kernels/arithmetic/fixed_point.h"
#include "ops/elementwise/unary_table.h"

namespace octet::ops {
namespace {

double real(double x) { return x > 0 ? 1.0 / std::sqrt(x) : HUGE_VAL; }

/// As TFLite rounds it.
float single(float x) { return x > 0 ? 1.0f / std::sqrt(x) : HUGE_VALF; }

std::unique_ptr<Kernel> prepare_float(const NodeView& node) {
  return float_unary(node,
                     [](v128_t x) { return wasm_f32x4_div(wasm_f32x4_splat(1.0f), wasm_f32x4_sqrt(x)); });
}

/// TFLite's: the root of the integer with 20 fraction bits, then the scales. It refuses negative numbers.
kernels::LookupTable tflite_table(const NodeView& node) {
  constexpr int kFractionBits = 20;
  const ScaleAndZero input = per_tensor(node.input(0));
  const ScaleAndZero output = per_tensor(node.output());
  kernels::FixedPointMultiplier rescale =
      kernels::fixed_point_multiplier(1.0 / static_cast<double>(std::sqrt(input.scale) * output.scale));
  rescale.shift -= kFractionBits;
  if (rescale.shift < -31) rescale = {};  // Every result rounds to zero.
  return kernels::tabulate([&](int32_t q) {
    const int32_t steps = q - input.zero_point;
    if (steps <= 0) return int8_t{127};
    kernels::FixedPointMultiplier root = kernels::inverse_square_root(steps);
    root.shift += kFractionBits;
    const int64_t result = kernels::multiply_by(kernels::multiply_by(1, root), rescale);
    return kernels::clamp_to_int8(result + output.zero_point);
  });
}

std::unique_ptr<Kernel> prepare_int8(const NodeView& node) {
  if (node.node().requantization == RequantizationMode::Sima) {
    return table_unary(node, table_of_reals(node, real));
  }
  return table_unary(node, tflite_table(node));
}

}  // namespace

extern const Operator rsqrt;
const Operator rsqrt = {
    .kind = OpKind::Rsqrt,
    .infer = infer_unary,
    .kernels = {.f32 = prepare_float, .i8 = prepare_int8, .i16 = prepare_int16_table<real, single>},
    .mla = {.int8 = true, .constraints = {&kFourDimensional, 1}},
    .tflite = {.int8 = true, .int16 = true},
    .in_place = true,
    .short_name = "Rsqrt",
    .elements = Elements::Curved,
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
