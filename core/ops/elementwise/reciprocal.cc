// RECIPROCAL: 1 / x. Of zero, integers have the greatest value.
#include "ops/decomposition.h"
#include "ops/elementwise/unary_table.h"

namespace octet::ops {
namespace {

double real(double x) { return 1.0 / x; }

std::unique_ptr<Kernel> prepare_float(const NodeView& node) {
  return float_unary(node, [](v128_t x) { return wasm_f32x4_div(wasm_f32x4_splat(1.0f), x); });
}

constexpr OpKind kComponents[] = {OpKind::Div};
std::vector<Node> components_of(DecompositionBuilder& builder, const Node& node) {
  const TensorId one = builder.constant(node, "one", 1.0f);
  return {builder.component(node, OpKind::Div, Elementwise{}, {one, node.inputs[0]}, node.outputs[0])};
}
constexpr Decomposition kDecomposition = {.kinds = kComponents, .make = components_of};

}  // namespace

extern const Operator reciprocal;
const Operator reciprocal = {
    .kind = OpKind::Reciprocal,
    .infer = infer_unary,
    // In both requantization modes: TFLite has no kernel.
    .kernels = {.f32 = prepare_float,
                .i8 = prepare_rounded_table<int8_t, real>,
                .i16 = prepare_rounded_table<int16_t, real>},
    .mla = {.int8 = true, .bf16 = true, .constraints = {&kFourDimensional, 1}},
    .tflite = {.int8 = false},
    .in_place = true,
    .short_name = "Reciprocal",
    .elements = Elements::Curved,
    .axes = AxisRule::Elementwise,
    .derivative = Derivative::Pointwise,
    .passes_channel_factors = never,
    .identity = Identity{never},
    .rescales = always,
    .multiply_accumulates = no_products,
    .fused_as = std::nullopt,
    .decomposition = &kDecomposition,
};

}  // namespace octet::ops
