// MAXIMUM: the larger of two elements, broadcast by NumPy's rules.
#include <algorithm>

#include "ops/elementwise/wrapping_arithmetic.h"

namespace octet::ops {
namespace {

std::unique_ptr<Kernel> prepare_float(const NodeView& node) {
  return binary<float>(node, [](v128_t a, v128_t b) { return wasm_f32x4_pmax(a, b); });
}

/// All tensors share one scale, so integers compare as the reals do.
std::unique_ptr<Kernel> prepare_int8(const NodeView& node) {
  return binary<int8_t>(node, [](v128_t a, v128_t b) { return wasm_i8x16_max(a, b); });
}

std::unique_ptr<Kernel> prepare_int16(const NodeView& node) {
  return binary<int16_t>(node, [](v128_t a, v128_t b) { return wasm_i16x8_max(a, b); });
}

std::unique_ptr<Kernel> prepare_plain(const NodeView& node) {
  return plain_binary(node, [](auto a, auto b) { return std::max(a, b); });
}

}  // namespace

extern const Operator maximum;
const Operator maximum = {
    .kind = OpKind::Maximum,
    .infer = infer_binary,
    .kernels = {.f32 = prepare_float, .i8 = prepare_int8, .i16 = prepare_int16, .plain = prepare_plain},
    .quantization = {.output = OutputQuantization::AllSame, .relevant = same_as_output},
    .mla = {.int8 = false},
    .tflite = {.int8 = true, .int16 = true, .constraints = {&kBroadcastsFourDimensions, 1}},
    .in_place = true,
    .short_name = "Maximum",
    .elements = Elements::Straight,
    .axes = AxisRule::Elementwise,
    .derivative = Derivative::Pointwise,
    .passes_channel_factors = where_computed_in_one_shape,
    .identity = Identity{never},
    .rescales = never,
    .multiply_accumulates = no_products,
    .fused_as = std::nullopt,
    .decomposition = nullptr,
};

}  // namespace octet::ops
