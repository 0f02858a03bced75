// SOFTPLUS: ln(1 + e^x), as max(x, 0) + ln(1 + e^-|x|), whose power is 1 at most.
#include <algorithm>
#include <cmath>

#include "kernels/arithmetic/math.h"
#include "kernels/arithmetic/math_simd.h"
#include "ops/decomposition.h"
#include "ops/elementwise/unary_table.h"

namespace octet::ops {
namespace {

double real(double x) { return std::max(x, 0.0) + kernels::log1p(kernels::exp(-std::fabs(x))); }

std::unique_ptr<Kernel> prepare_float(const NodeView& node) {
  return float_unary(node, [](v128_t x) {
    const v128_t power = kernels::exp(wasm_f32x4_neg(wasm_f32x4_abs(x)));
    return wasm_f32x4_add(wasm_f32x4_pmax(x, wasm_f32x4_splat(0.0f)), kernels::log1p(power));
  });
}

/// RELU(x) - LOG(LOGISTIC(|x|)): the logistic function is between 1/2 and 1, where integers are good at its
/// logarithm.
constexpr OpKind kComponents[] = {OpKind::Relu, OpKind::Abs, OpKind::Logistic, OpKind::Log, OpKind::Sub};
std::vector<Node> components_of(DecompositionBuilder& builder, const Node& node) {
  const TensorId x = node.inputs[0];
  const TensorId line = builder.between(node, "line");
  const TensorId magnitude = builder.between(node, "magnitude");
  const TensorId share = builder.between(node, "share");
  const TensorId logarithm = builder.between(node, "logarithm");
  return {builder.component(node, OpKind::Relu, NoAttributes{}, {x}, line),
          builder.component(node, OpKind::Abs, NoAttributes{}, {x}, magnitude),
          builder.component(node, OpKind::Logistic, NoAttributes{}, {magnitude}, share),
          builder.component(node, OpKind::Log, NoAttributes{}, {share}, logarithm),
          builder.component(node, OpKind::Sub, Elementwise{}, {line, logarithm}, node.outputs[0])};
}
constexpr Decomposition kDecomposition = {.kinds = kComponents, .make = components_of};

}  // namespace

extern const Operator softplus;
const Operator softplus = {
    .kind = OpKind::Softplus,
    .infer = infer_unary,
    // In both requantization modes: TFLite has no kernel.
    .kernels = {.f32 = prepare_float,
                .i8 = prepare_rounded_table<int8_t, real>,
                .i16 = prepare_rounded_table<int16_t, real>},
    .mla = {.int8 = true, .constraints = {&kFourDimensional, 1}},
    .tflite = {.int8 = false},
    .in_place = true,
    .short_name = "Softplus",
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
