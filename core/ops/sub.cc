// SUB: the difference of two tensors, broadcast by NumPy's rules, with a fused activation.
#include "ops/elementwise.h"

namespace octet::ops {
namespace {

std::unique_ptr<Kernel> prepare_float(const NodeView& node) {
  return float_arithmetic(node, [](v128_t a, v128_t b) { return wasm_f32x4_sub(a, b); });
}

std::unique_ptr<Kernel> prepare_int8(const NodeView& node) { return int8_sum(node, -1); }

std::unique_ptr<Kernel> prepare_int16(const NodeView& node) { return int16_sum(node, -1); }

}  // namespace

extern const Operator sub;
const Operator sub = {
    .kind = OpKind::Sub,
    .infer = infer_binary,
    .kernels = {.f32 = prepare_float, .i8 = prepare_int8, .i16 = prepare_int16},
    .mla = {.int8 = true, .bf16 = true, .constraints = {&kFourDimensionalBinary, 1}},
    .tflite = {.int8 = true, .int16 = true, .constraints = {&kBroadcastsFourDimensions, 1}},
    .in_place = true,
};

}  // namespace octet::ops
