// HARD_SIGMOID: alpha * x + beta, clamped to [0, 1]. ONNX has it; TFLite computes its components.
//
// Its output has a scale of its own, unlike that of LOGISTIC: it reaches 1, which 1/256 does not.
#include <algorithm>

#include "ops/decomposition.h"
#include "ops/elementwise/unary_table.h"

namespace octet::ops {
namespace {

std::unique_ptr<Kernel> prepare_float(const NodeView& node) {
  const HardSigmoid& a = node.attributes<HardSigmoid>();
  return float_unary(node, [alpha = a.alpha, beta = a.beta](v128_t x) {
    const v128_t line = wasm_f32x4_add(wasm_f32x4_mul(x, wasm_f32x4_splat(alpha)), wasm_f32x4_splat(beta));
    return clamped(line, {0.0f, 1.0f});
  });
}

/// In both requantization modes: TFLite has no kernel.
template <class T>
std::unique_ptr<Kernel> prepare_integer(const NodeView& node) {
  const double alpha = static_cast<double>(node.attributes<HardSigmoid>().alpha);
  const double beta = static_cast<double>(node.attributes<HardSigmoid>().beta);
  return table_unary(
      node, table_of_reals<T>(node, [=](double x) { return std::clamp(alpha * x + beta, 0.0, 1.0); }));
}

/// MINIMUM rather than RELU_0_TO_1, which TFLite lacks in INT16.
constexpr OpKind kComponents[] = {OpKind::Mul, OpKind::Add, OpKind::Minimum};
std::vector<Node> components_of(DecompositionBuilder& builder, const Node& node) {
  const HardSigmoid& a = std::get<HardSigmoid>(node.attributes);
  const TensorId scaled = builder.between(node, "scaled");
  const TensorId line = builder.between(node, "line");
  const TensorId alpha = builder.constant(node, "alpha", a.alpha);
  const TensorId beta = builder.constant(node, "beta", a.beta);
  const TensorId one = builder.constant(node, "one", 1.0f);
  return {builder.component(node, OpKind::Mul, Elementwise{}, {node.inputs[0], alpha}, scaled),
          builder.component(node, OpKind::Add, Elementwise{Activation::Relu}, {scaled, beta}, line),
          builder.component(node, OpKind::Minimum, NoAttributes{}, {line, one}, node.outputs[0])};
}
constexpr Decomposition kDecomposition = {.kinds = kComponents, .make = components_of};

}  // namespace

extern const Operator hard_sigmoid;
const Operator hard_sigmoid = {
    .kind = OpKind::HardSigmoid,
    .infer = infer_unary,
    .kernels = {.f32 = prepare_float, .i8 = prepare_integer<int8_t>, .i16 = prepare_integer<int16_t>},
    .mla = {.int8 = true, .bf16 = true, .constraints = {&kFourDimensional, 1}},
    .tflite = {.int8 = false},
    .in_place = true,
    .short_name = "Hard-sigmoid",
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
