// MISH: x * tanh(ln(1 + e^x)). No target has it in integers; all have its components.
#include "kernels/arithmetic/math_simd.h"
#include "ops/decomposition.h"
#include "ops/elementwise/unary_table.h"

namespace octet::ops {
namespace {

/// x n / (n + 2), n = e^x (e^x + 2). From x = 20 on the quotient is 1, and its parts stay finite.
std::unique_ptr<Kernel> prepare_float(const NodeView& node) {
  return float_unary(node, [](v128_t x) {
    const v128_t two = wasm_f32x4_splat(2.0f);
    const v128_t power = kernels::exp(wasm_f32x4_pmin(x, wasm_f32x4_splat(20.0f)));
    const v128_t n = wasm_f32x4_mul(power, wasm_f32x4_add(power, two));
    return wasm_f32x4_mul(x, wasm_f32x4_div(n, wasm_f32x4_add(n, two)));
  });
}

constexpr OpKind kComponents[] = {OpKind::Softplus, OpKind::Tanh, OpKind::Mul};
std::vector<Node> components_of(DecompositionBuilder& builder, const Node& node) {
  const TensorId x = node.inputs[0];
  const TensorId softplus = builder.between(node, "softplus");
  const TensorId share = builder.between(node, "share");
  return {builder.component(node, OpKind::Softplus, NoAttributes{}, {x}, softplus),
          builder.component(node, OpKind::Tanh, NoAttributes{}, {softplus}, share),
          builder.component(node, OpKind::Mul, Elementwise{}, {x, share}, node.outputs[0])};
}
constexpr Decomposition kDecomposition = {.kinds = kComponents, .make = components_of};

}  // namespace

extern const Operator mish;
const Operator mish = {
    .kind = OpKind::Mish,
    .infer = infer_unary,
    .kernels = {.f32 = prepare_float},
    .mla = {.int8 = false, .constraints = {&kFourDimensional, 1}},
    .tflite = {.int8 = false},
    .in_place = true,
    .short_name = "Mish",
    .elements = Elements::Curved,
    .axes = AxisRule::Elementwise,
    .derivative = Derivative::Pointwise,
    .passes_channel_factors = never,
    .identity = Identity{never},
    .rescales = never,
    .multiply_accumulates = no_products,
    .fused_as = std::nullopt,
    .decomposition = &kDecomposition,
};

}  // namespace octet::ops
