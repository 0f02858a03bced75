// SQUARE: x^2.
#include <cmath>

#include "kernels/math.h"
#include "kernels/math_simd.h"
#include "ops/unary_table.h"

namespace octet::ops {
namespace {

double real(double x) { return x * x; }

std::unique_ptr<Kernel> prepare_float(const NodeView& node) {
  return float_unary(node, [](v128_t x) { return wasm_f32x4_mul(x, x); });
}

/// In both requantization modes: TFLite's reference has no INT8 kernel.
std::unique_ptr<Kernel> prepare_int8(const NodeView& node) {
  return table_unary(node, table_of_reals(node, real));
}

/// In both requantization modes: TFLite has no INT16 kernel.
std::unique_ptr<Kernel> prepare_int16(const NodeView& node) {
  return table_unary(node, table_of_reals<int16_t>(node, real));
}

}  // namespace

extern const Operator square;
const Operator square = {
    .kind = OpKind::Square,
    .infer = infer_unary,
    .kernels = {.f32 = prepare_float, .i8 = prepare_int8, .i16 = prepare_int16},
    .mla = {.int8 = true, .bf16 = true, .constraints = {&kFourOrFiveDimensional, 1}},
    .tflite = {.int8 = false},
    .in_place = true,
};

}  // namespace octet::ops
