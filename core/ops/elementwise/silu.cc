// SILU: x / (1 + e^-x), which ONNX calls Swish.
#include "kernels/arithmetic/math.h"
#include "kernels/arithmetic/math_simd.h"
#include "ops/decomposition.h"
#include "ops/elementwise/unary_table.h"

namespace octet::ops {
namespace {

double real(double x) { return x * kernels::logistic(x); }

std::unique_ptr<Kernel> prepare_float(const NodeView& node) {
  return float_unary(node, [](v128_t x) { return wasm_f32x4_mul(x, kernels::logistic(x)); });
}

constexpr OpKind kComponents[] = {OpKind::Logistic, OpKind::Mul};
std::vector<Node> components_of(DecompositionBuilder& builder, const Node& node) {
  const TensorId x = node.inputs[0];
  const TensorId share = builder.between(node, "share");
  return {builder.component(node, OpKind::Logistic, NoAttributes{}, {x}, share),
          builder.component(node, OpKind::Mul, Elementwise{}, {x, share}, node.outputs[0])};
}
constexpr Decomposition kDecomposition = {.kinds = kComponents, .make = components_of};

}  // namespace

extern const Operator silu;
const Operator silu = {
    .kind = OpKind::Silu,
    .infer = infer_unary,
    // In both requantization modes: TFLite has no kernel.
    .kernels = {.f32 = prepare_float,
                .i8 = prepare_rounded_table<int8_t, real>,
                .i16 = prepare_rounded_table<int16_t, real>},
    .mla = {.int8 = true, .bf16 = true, .constraints = {&kFourDimensional, 1}},
    .tflite = {.int8 = false},
    .in_place = true,
    .short_name = "SiLU",
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
