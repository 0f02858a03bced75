// SOFTSIGN: x / (1 + |x|).
#include "ops/decomposition.h"
#include "ops/elementwise/elementwise_operators.h"

namespace octet::ops {
namespace {

std::unique_ptr<Kernel> prepare_float(const NodeView& node) {
  return float_unary(node, [](v128_t x) {
    return wasm_f32x4_div(x, wasm_f32x4_add(wasm_f32x4_splat(1.0f), wasm_f32x4_abs(x)));
  });
}

constexpr OpKind kComponents[] = {OpKind::Abs, OpKind::Add, OpKind::Div};
std::vector<Node> components_of(DecompositionBuilder& builder, const Node& node) {
  const TensorId x = node.inputs[0];
  const TensorId magnitude = builder.between(node, "magnitude");
  const TensorId divisor = builder.between(node, "divisor");
  const TensorId one = builder.constant(node, "one", 1.0f);
  return {builder.component(node, OpKind::Abs, NoAttributes{}, {x}, magnitude),
          builder.component(node, OpKind::Add, Elementwise{}, {magnitude, one}, divisor),
          builder.component(node, OpKind::Div, Elementwise{}, {x, divisor}, node.outputs[0])};
}
constexpr Decomposition kDecomposition = {.kinds = kComponents, .make = components_of};

}  // namespace

extern const Operator softsign;
const Operator softsign = {
    .kind = OpKind::Softsign,
    .infer = infer_unary,
    .kernels = {.f32 = prepare_float},
    .mla = {.int8 = false},
    .tflite = {.int8 = false},
    .in_place = true,
    .short_name = "Softsign",
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
