// SQUARE: x^2.
#include <cmath>

#include "kernels/arithmetic/math.h"
#include "kernels/arithmetic/math_simd.h"
#include "ops/elementwise/unary_table.h"

namespace octet::ops {
namespace {

double real(double x) { return x * x; }

std::unique_ptr<Kernel> prepare_float(const NodeView& node) {
  return float_unary(node, [](v128_t x) { return wasm_f32x4_mul(x, x); });
}

}  // namespace

extern const Operator square;
const Operator square = {
    .kind = OpKind::Square,
    .infer = infer_unary,
    // TFLite's reference has neither integer kernel.
    .kernels = {.f32 = prepare_float,
                .i8 = prepare_rounded_table<int8_t, real>,
                .i16 = prepare_rounded_table<int16_t, real>},
    .mla = {.int8 = true, .bf16 = true, .constraints = {&kFourOrFiveDimensional, 1}},
    .tflite = {.int8 = false},
    .in_place = true,
    .short_name = "Square",
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
