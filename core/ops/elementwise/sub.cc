// SUB: the difference of two tensors, broadcast by NumPy's rules, with a fused activation.
#include "ops/elementwise/wrapping_arithmetic.h"
#include "ops/scale_limits.h"

namespace octet::ops {
namespace {

std::unique_ptr<Kernel> prepare_float(const NodeView& node) {
  return float_arithmetic(node, [](v128_t a, v128_t b) { return wasm_f32x4_sub(a, b); });
}

std::unique_ptr<Kernel> prepare_int8(const NodeView& node) { return int8_sum(node, -1); }

std::unique_ptr<Kernel> prepare_int16(const NodeView& node) { return int16_sum(node, -1); }

std::unique_ptr<Kernel> prepare_plain(const NodeView& node) {
  return plain_arithmetic(node, [](auto a, auto b) { return wrapping(std::minus<>(), a, b); });
}

/// A term makes a difference where the other can bring the difference to where it makes one.
Interval relevant(const NodeView&, size_t i, const Interval& difference,
                  std::span<const KnownValues> operands) {
  const Interval& other = operands[1 - i].range;
  if (i == 0) return {difference.low + other.low, difference.high + other.high};
  return {other.low - difference.high, other.high - difference.low};
}

}  // namespace

extern const Operator sub;
const Operator sub = {
    .kind = OpKind::Sub,
    .infer = infer_binary,
    .kernels = {.f32 = prepare_float, .i8 = prepare_int8, .i16 = prepare_int16, .plain = prepare_plain},
    .quantization = {.relevant = relevant},
    .mla = {.int8 = true, .bf16 = true, .constraints = {&kFourDimensionalBinary, 1}},
    .tflite = {.int8 = true,
               .int16 = true,
               .constraints = {&kBroadcastsFourDimensions, 1},
               .scales = sum_scales},
    .in_place = true,
    .short_name = "Sub",
    .elements = Elements::Computed,
    .axes = AxisRule::Elementwise,
    .derivative = Derivative::Difference,
    .passes_channel_factors = where_computed_in_one_shape,
    .identity = Identity{never, NeutralConstant{.value = 0, .on_either_side = false}},
    .rescales = always,
    .multiply_accumulates = no_products,
    .fused_as = std::nullopt,
    .decomposition = nullptr,
};

}  // namespace octet::ops
