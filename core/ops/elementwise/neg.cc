// NEG: -x. TFLite's INT8 kernel negates the integers, whatever their zero point, so the operator stays in
// float.
#include "ops/elementwise/wrapping_arithmetic.h"

namespace octet::ops {
namespace {

std::unique_ptr<Kernel> prepare_float(const NodeView& node) {
  return float_unary(node, [](v128_t x) { return wasm_f32x4_neg(x); });
}

std::unique_ptr<Kernel> prepare_plain(const NodeView& node) {
  return plain_unary(node, [](auto x) { return wrapping(std::minus<>(), decltype(x){0}, x); });
}

}  // namespace

extern const Operator neg;
const Operator neg = {
    .kind = OpKind::Neg,
    .infer = infer_unary,
    .kernels = {.f32 = prepare_float, .plain = prepare_plain},
    .mla = {.int8 = false},
    .tflite = {.int8 = false},
    .in_place = true,
    .short_name = "Neg",
    .elements = Elements::Straight,
    .axes = AxisRule::Elementwise,
    .derivative = Derivative::Pointwise,
    .passes_channel_factors = never,
    .identity = Identity{never},
    .rescales = never,
    .multiply_accumulates = no_products,
    .fused_as = std::nullopt,
    .decomposition = nullptr,
};

}  // namespace octet::ops
