// ADD: the sum of two tensors, broadcast by NumPy's rules, with a fused activation.
#include "ops/elementwise/wrapping_arithmetic.h"
#include "ops/scale_limits.h"

namespace octet::ops {
namespace {

std::unique_ptr<Kernel> prepare_float(const NodeView& node) {
  return float_arithmetic(node, [](v128_t a, v128_t b) { return wasm_f32x4_add(a, b); });
}

std::unique_ptr<Kernel> prepare_int8(const NodeView& node) { return int8_sum(node, 1); }

std::unique_ptr<Kernel> prepare_int16(const NodeView& node) { return int16_sum(node, 1); }

std::unique_ptr<Kernel> prepare_plain(const NodeView& node) {
  return plain_arithmetic(node, [](auto a, auto b) { return wrapping(std::plus<>(), a, b); });
}

/// A term makes a difference where the other can bring the sum to where it makes one.
Interval relevant(const NodeView&, size_t i, const Interval& sum, std::span<const KnownValues> operands) {
  const Interval& other = operands[1 - i].range;
  return {sum.low - other.high, sum.high - other.low};
}

}  // namespace

extern const Operator add;
const Operator add = {
    .kind = OpKind::Add,
    .infer = infer_binary,
    .kernels = {.f32 = prepare_float, .i8 = prepare_int8, .i16 = prepare_int16, .plain = prepare_plain},
    .quantization = {.relevant = relevant},
    .mla = {.int8 = true, .bf16 = true, .constraints = {&kFourDimensionalBinary, 1}},
    .tflite = {.int8 = true,
               .int16 = true,
               .constraints = {&kBroadcastsFourDimensions, 1},
               .scales = sum_scales},
    .in_place = true,
    .short_name = "Add",
    .elements = Elements::Computed,
    .axes = AxisRule::Elementwise,
    .derivative = Derivative::Sum,
    .passes_channel_factors = where_computed_in_one_shape,
    .identity = Identity{never, NeutralConstant{.value = 0, .on_either_side = true}},
    .rescales = always,
    .multiply_accumulates = no_products,
    .fused_as = std::nullopt,
    .decomposition = nullptr,
};

}  // namespace octet::ops
