// FLOOR_MOD: what FLOOR_DIV leaves, of the divisor's sign, broadcast by NumPy's rules.
#include <cmath>

#include "ops/elementwise/wrapping_arithmetic.h"

namespace octet::ops {
namespace {

/// fmod is exact, so the same everywhere.
std::unique_ptr<Kernel> prepare_float(const NodeView& node) {
  return scalar_binary<float>(node, [](float a, float b) {
    const float remainder = std::fmod(a, b);
    return remainder != 0 && (remainder < 0) != (b < 0) ? remainder + b : remainder;
  });
}

std::unique_ptr<Kernel> prepare_plain(const NodeView& node) {
  return plain_binary(node, [](auto a, auto b) { return floor_remainder(a, b); });
}

}  // namespace

extern const Operator floor_mod;
const Operator floor_mod = {
    .kind = OpKind::FloorMod,
    .infer = infer_binary,
    .kernels = {.f32 = prepare_float, .plain = prepare_plain},
    .mla = {.int8 = false},
    .tflite = {.int8 = false},
    .in_place = true,
    .short_name = "Floor mod",
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
