// NEG: -x. TFLite's INT8 kernel negates the integers, whatever their zero point, so the operator stays in
// float.
#include "ops/elementwise.h"

namespace octet::ops {

extern const Operator neg;
const Operator neg = {
    .kind = OpKind::Neg,
    .infer = infer_unary,
    .kernels = {.f32 =
                    [](const NodeView& node) {
                      return float_unary(node, [](v128_t x) { return wasm_f32x4_neg(x); });
                    }},
    .mla = {.int8 = false},
    .tflite = {.int8 = false},
    .in_place = true,
};

}  // namespace octet::ops
