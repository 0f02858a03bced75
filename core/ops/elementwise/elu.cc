// ELU: x, and e^x - 1 below zero.
#include <cmath>

#include "kernels/arithmetic/math.h"
#include "kernels/arithmetic/math_simd.h"
#include "ops/elementwise/unary_table.h"

namespace octet::ops {
namespace {

double real(double x) { return x < 0 ? kernels::expm1(x) : x; }

/// As TFLite rounds it.
float single(float x) { return x < 0 ? static_cast<float>(kernels::expm1(static_cast<double>(x))) : x; }

std::unique_ptr<Kernel> prepare_float(const NodeView& node) {
  return float_unary(node, [](v128_t x) {
    return wasm_v128_bitselect(kernels::expm1(x), x, wasm_f32x4_lt(x, wasm_f32x4_splat(0.0f)));
  });
}

}  // namespace

extern const Operator elu;
const Operator elu = {
    .kind = OpKind::Elu,
    .infer = infer_unary,
    // TFLite has no INT16 kernel.
    .kernels = {.f32 = prepare_float,
                .i8 = prepare_int8_table<real, single>,
                .i16 = prepare_rounded_table<int16_t, real>},
    .mla = {.int8 = true, .bf16 = true, .constraints = {&kFourDimensional, 1}},
    .tflite = {.int8 = true},
    .in_place = true,
    .short_name = "ELU",
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
