// EXP: e^x.
#include <cmath>

#include "kernels/arithmetic/math.h"
#include "kernels/arithmetic/math_simd.h"
#include "ops/elementwise/unary_table.h"

namespace octet::ops {
namespace {

double real(double x) { return kernels::exp(x); }

/// As TFLite rounds it.
float single(float x) { return static_cast<float>(kernels::exp(static_cast<double>(x))); }

std::unique_ptr<Kernel> prepare_float(const NodeView& node) {
  return float_unary(node, [](v128_t x) { return kernels::exp(x); });
}

}  // namespace

extern const Operator exp;
const Operator exp = {
    .kind = OpKind::Exp,
    .infer = infer_unary,
    .kernels = {.f32 = prepare_float,
                .i8 = prepare_int8_table<real, single>,
                .i16 = prepare_int16_table<real, single>},
    .mla = {.int8 = true, .bf16 = true, .constraints = {&kFourDimensional, 1}},
    .tflite = {.int8 = true, .int16 = true},
    .in_place = true,
    .short_name = "Exp",
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
