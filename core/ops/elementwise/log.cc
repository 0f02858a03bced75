// LOG: the natural logarithm. Where it does not exist, INT8 has the least value.
#include <cmath>

#include "kernels/arithmetic/math.h"
#include "kernels/arithmetic/math_simd.h"
#include "ops/elementwise/unary_table.h"

namespace octet::ops {
namespace {

double real(double x) { return x > 0 ? kernels::log(x) : -HUGE_VAL; }

/// As TFLite rounds it.
float single(float x) {
  return x > 0 ? static_cast<float>(kernels::log(static_cast<double>(x))) : -HUGE_VALF;
}

std::unique_ptr<Kernel> prepare_float(const NodeView& node) {
  return float_unary(node, [](v128_t x) { return kernels::log(x); });
}

}  // namespace

extern const Operator log;
const Operator log = {
    .kind = OpKind::Log,
    .infer = infer_unary,
    .kernels = {.f32 = prepare_float,
                .i8 = prepare_int8_table<real, single>,
                .i16 = prepare_int16_table<real, single>},
    .mla = {.int8 = true, .constraints = {&kFourDimensional, 1}},
    .tflite = {.int8 = true, .int16 = true},
    .in_place = true,
    .short_name = "Log",
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
