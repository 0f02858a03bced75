// GELU: x times the normal distribution's share below x, by the error function or approximately by tanh.
#include "kernels/arithmetic/math.h"
#include "kernels/arithmetic/math_simd.h"
#include "ops/elementwise/unary_table.h"

namespace octet::ops {
namespace {

constexpr float kMinusRootOfHalf = -0.707106781f;
constexpr float kRootOfTwoOverPi = 0.797884561f;
constexpr float kCubic = 0.044715f;

v128_t exact(v128_t x) {
  const v128_t share = kernels::erfc(wasm_f32x4_mul(x, wasm_f32x4_splat(kMinusRootOfHalf)));
  return wasm_f32x4_mul(wasm_f32x4_mul(wasm_f32x4_splat(0.5f), x), share);
}

/// 1 + tanh(u) = 2 logistic(2 u), which keeps its precision where x is far below zero.
v128_t approximate(v128_t x) {
  const v128_t cube = wasm_f32x4_mul(wasm_f32x4_mul(x, x), x);
  const v128_t sum = wasm_f32x4_add(x, wasm_f32x4_mul(wasm_f32x4_splat(kCubic), cube));
  return wasm_f32x4_mul(x, kernels::logistic(wasm_f32x4_mul(wasm_f32x4_splat(2 * kRootOfTwoOverPi), sum)));
}

double exact(double x) { return 0.5 * x * kernels::erfc(-x * 0.70710678118654752); }

double approximate(double x) {
  return 0.5 * x * (1.0 + kernels::tanh(0.79788456080286536 * (x + 0.044715 * x * x * x)));
}

// TFLite's formulas in float, rounded where it rounds.
float exact(float x) {
  return 0.5f * x * static_cast<float>(kernels::erfc(static_cast<double>(x * kMinusRootOfHalf)));
}

float approximate(float x) {
  const float u = kRootOfTwoOverPi * (x + kCubic * x * x * x);
  return 0.5f * x * (1.0f + static_cast<float>(kernels::tanh(static_cast<double>(u))));
}

std::unique_ptr<Kernel> prepare_float(const NodeView& node) {
  if (node.attributes<Gelu>().approximate) {
    return float_unary(node, [](v128_t x) { return approximate(x); });
  }
  return float_unary(node, [](v128_t x) { return exact(x); });
}

std::unique_ptr<Kernel> prepare_int8(const NodeView& node) {
  const bool by_tanh = node.attributes<Gelu>().approximate;
  if (node.node().requantization == RequantizationMode::Sima) {
    return table_unary(node,
                       table_of_reals(node, [&](double x) { return by_tanh ? approximate(x) : exact(x); }));
  }
  return table_unary(
      node, table_of_floats(
                node, by_tanh ? [](float x) { return approximate(x); } : [](float x) { return exact(x); }));
}

/// In both requantization modes: TFLite has no INT16 kernel in the releases so far.
std::unique_ptr<Kernel> prepare_int16(const NodeView& node) {
  const bool by_tanh = node.attributes<Gelu>().approximate;
  return table_unary(
      node, table_of_reals<int16_t>(node, [&](double x) { return by_tanh ? approximate(x) : exact(x); }));
}

const Constraint kMla[] = {
    kFourDimensional,
    {"it is exact, not approximated by tanh",
     [](const ConstraintView& view) { return !view.node.attributes<Gelu>().approximate; },
     [](const ConstraintView&) { return filled("it is approximated"); }},
};

}  // namespace

extern const Operator gelu = {
    .kind = OpKind::Gelu,
    .infer = infer_unary,
    .kernels = {.f32 = prepare_float, .i8 = prepare_int8, .i16 = prepare_int16},
    .mla = {.int8 = true, .constraints = kMla},
    .tflite = {.int8 = true},
    .in_place = true,
    .short_name = "GELU",
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
