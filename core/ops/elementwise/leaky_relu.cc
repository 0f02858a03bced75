// LEAKY_RELU: x, or alpha * x where x is negative.
#include "ops/elementwise/unary_table.h"

namespace octet::ops {
namespace {

std::unique_ptr<Kernel> prepare_float(const NodeView& node) {
  return float_unary(node, [alpha = node.attributes<LeakyRelu>().alpha](v128_t x) {
    const v128_t is_positive = wasm_f32x4_gt(x, wasm_f32x4_splat(0.0f));
    return wasm_v128_bitselect(x, wasm_f32x4_mul(x, wasm_f32x4_splat(alpha)), is_positive);
  });
}

template <class T>
std::unique_ptr<Kernel> prepare_integer(const NodeView& node) {
  const float alpha = node.attributes<LeakyRelu>().alpha;
  if (node.node().requantization == RequantizationMode::Sima) {
    return table_unary(node, table_of_reals<T>(node, [=](double x) { return x >= 0 ? x : alpha * x; }));
  }
  const ScaleAndZero input = per_tensor(node.input(0));
  const ScaleAndZero output = per_tensor(node.output());
  const auto piece = [&](float factor) {
    return LinearPiece{kernels::fixed_point_multiplier(factor), input.zero_point, output.zero_point};
  };
  const LinearPiece identity = piece(input.scale / output.scale);
  const LinearPiece leak = piece(input.scale * alpha / output.scale);
  return table_unary(node, kernels::tabulate<T>([&](int32_t q) {
                       return kernels::clamp_to<T>(q >= input.zero_point ? identity(q) : leak(q));
                     }));
}

}  // namespace

extern const Operator leaky_relu;
const Operator leaky_relu = {
    .kind = OpKind::LeakyRelu,
    .infer = infer_unary,
    .kernels = {.f32 = prepare_float, .i8 = prepare_integer<int8_t>, .i16 = prepare_integer<int16_t>},
    .mla = {.int8 = true, .bf16 = true, .constraints = {&kFourDimensional, 1}},
    .tflite = {.int8 = true, .int16 = true},
    .in_place = true,
    .short_name = "Leaky ReLU",
    .elements = Elements::Straight,
    .axes = AxisRule::Elementwise,
    .derivative = Derivative::Pointwise,
    .passes_channel_factors = always,
    .identity = Identity{never},
    .rescales = always,
    .multiply_accumulates = no_products,
    .fused_as = std::nullopt,
    .decomposition = nullptr,
};

}  // namespace octet::ops
