// CEIL: the least integer not below x.
#include "ops/elementwise/elementwise_operators.h"

namespace octet::ops {

extern const Operator ceil;
const Operator ceil = {
    .kind = OpKind::Ceil,
    .infer = infer_unary,
    .kernels = {.f32 =
                    [](const NodeView& node) {
                      return float_unary(node, [](v128_t x) { return wasm_f32x4_ceil(x); });
                    }},
    .mla = {.int8 = false},
    .tflite = {.int8 = false},
    .in_place = true,
    .short_name = "Ceil",
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
