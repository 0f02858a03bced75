// ROUND: the nearest integer, halves to even.
#include "ops/elementwise.h"

namespace octet::ops {

extern const Operator round;
const Operator round = {
    .kind = OpKind::Round,
    .infer = infer_unary,
    .kernels = {.f32 =
                    [](const NodeView& node) {
                      return float_unary(node, [](v128_t x) { return wasm_f32x4_nearest(x); });
                    }},
    .mla = {.int8 = false},
    .tflite = {.int8 = false},
    .in_place = true,
};

}  // namespace octet::ops
