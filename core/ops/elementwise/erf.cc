// ERF: the error function, 2 / sqrt(pi) times the integral of e^-t^2 from 0 to x.
#include <iterator>

#include "kernels/arithmetic/math.h"
#include "kernels/arithmetic/math_simd.h"
#include "ops/decomposition.h"
#include "ops/elementwise/unary_table.h"

namespace octet::ops {
namespace {

double real(double x) { return kernels::erf(x); }

std::unique_ptr<Kernel> prepare_float(const NodeView& node) {
  return float_unary(node, [](v128_t x) { return kernels::erf(x); });
}

/// The float kernel's TANH(x * polynomial(x^2)). SQUARE, which TFLite has in float alone, keeps the
/// polynomial there: in integers nothing would be left of it.
constexpr OpKind kComponents[] = {OpKind::Square, OpKind::Minimum, OpKind::Mul, OpKind::Add, OpKind::Tanh};
std::vector<Node> components_of(DecompositionBuilder& builder, const Node& node) {
  const TensorId x = node.inputs[0];
  const TensorId square = builder.between(node, "square");
  const TensorId clipped = builder.between(node, "clipped");
  const TensorId reach = builder.constant(node, "reach", kernels::kErfReach);
  std::vector<Node> components = {
      builder.component(node, OpKind::Square, NoAttributes{}, {x}, square),
      builder.component(node, OpKind::Minimum, NoAttributes{}, {square, reach}, clipped)};
  const auto times = [&](TensorId a, TensorId b) {
    const TensorId product = builder.between(node, "product");
    components.push_back(builder.component(node, OpKind::Mul, Elementwise{}, {a, b}, product));
    return product;
  };
  constexpr int kLast = std::size(kernels::kErfCoefficients) - 1;
  TensorId sum = builder.constant(node, "coefficient", kernels::kErfCoefficients[kLast]);
  for (int i = kLast - 1; i >= 0; --i) {
    const TensorId product = times(clipped, sum);
    const TensorId coefficient = builder.constant(node, "coefficient", kernels::kErfCoefficients[i]);
    sum = builder.between(node, "sum");
    components.push_back(builder.component(node, OpKind::Add, Elementwise{}, {product, coefficient}, sum));
  }
  const TensorId argument = times(x, sum);
  components.push_back(builder.component(node, OpKind::Tanh, NoAttributes{}, {argument}, node.outputs[0]));
  return components;
}
constexpr Decomposition kDecomposition = {.kinds = kComponents, .make = components_of};

}  // namespace

extern const Operator erf;
const Operator erf = {
    .kind = OpKind::Erf,
    .infer = infer_unary,
    // In both requantization modes: TFLite has no kernel.
    .kernels = {.f32 = prepare_float,
                .i8 = prepare_rounded_table<int8_t, real>,
                .i16 = prepare_rounded_table<int16_t, real>},
    .mla = {.int8 = true, .bf16 = true, .constraints = {&kFourDimensional, 1}},
    .tflite = {.int8 = false},
    .in_place = true,
    .short_name = "Erf",
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
