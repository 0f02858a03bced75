// FLOOR_DIV: the largest integer not above a quotient, broadcast by NumPy's rules.
#include "ops/elementwise/wrapping_arithmetic.h"

namespace octet::ops {
namespace {

std::unique_ptr<Kernel> prepare_float(const NodeView& node) {
  return binary<float>(node, [](v128_t a, v128_t b) { return wasm_f32x4_floor(wasm_f32x4_div(a, b)); });
}

std::unique_ptr<Kernel> prepare_plain(const NodeView& node) {
  return plain_binary(node, [](auto a, auto b) { return floor_quotient(a, b); });
}

}  // namespace

extern const Operator floor_div;
const Operator floor_div = {
    .kind = OpKind::FloorDiv,
    .infer = infer_binary,
    .kernels = {.f32 = prepare_float, .plain = prepare_plain},
    .mla = {.int8 = false},
    .tflite = {.int8 = false},
    .in_place = true,
    .short_name = "Floor div",
    .elements = Elements::Computed,
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
