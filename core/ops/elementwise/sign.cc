// SIGN: 1 above zero, -1 below, zero and NaN as they are.
#include "ops/elementwise/elementwise_operators.h"

namespace octet::ops {
namespace {

v128_t sign_of(v128_t x) {
  const v128_t zero = wasm_f32x4_splat(0.0f);
  const v128_t is_signed = wasm_v128_or(wasm_f32x4_lt(x, zero), wasm_f32x4_gt(x, zero));
  const v128_t one = wasm_v128_or(wasm_f32x4_splat(1.0f), wasm_v128_and(x, wasm_f32x4_splat(-0.0f)));
  return wasm_v128_bitselect(one, x, is_signed);
}

}  // namespace

extern const Operator sign;
const Operator sign = {
    .kind = OpKind::Sign,
    .infer = infer_unary,
    .kernels = {.f32 = [](const NodeView& node) { return float_unary(node, sign_of); }},
    .mla = {.int8 = false},
    .tflite = {.int8 = false},
    .in_place = true,
    .short_name = "Sign",
    .elements = Elements::Stepped,
    .axes = AxisRule::Elementwise,
    .derivative = Derivative::None,
    .passes_channel_factors = never,
    .identity = Identity{never},
    .rescales = never,
    .multiply_accumulates = no_products,
    .fused_as = std::nullopt,
    .decomposition = nullptr,
};

}  // namespace octet::ops
