// FLOOR: the greatest integer not above x.
#include "ops/elementwise.h"

namespace octet::ops {

extern const Operator floor;
const Operator floor = {
    .kind = OpKind::Floor,
    .infer = infer_unary,
    .kernels = {.f32 =
                    [](const NodeView& node) {
                      return float_unary(node, [](v128_t x) { return wasm_f32x4_floor(x); });
                    }},
    .mla = {.int8 = false},
    .tflite = {.int8 = false},
    .in_place = true,
};

}  // namespace octet::ops
