// Operators that work element by element.
#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <utility>

#include "formats/onnx/image_layout.h"
#include "formats/onnx/operators.h"
#include "formats/onnx/row_helpers.h"
#include "ir/text.h"

namespace octet::formats::onnx {
namespace {

/// Operators of one operand that the graph has under another name.
template <OpKind kKind>
void read_unary(NodeReader& node) {
  node.give(node.emit(kKind, NoAttributes{}, {node.operand(0)}));
}

/// The operands of an operator on two tensors. Versions before 7 broadcast only where the attribute says so,
/// and align the second operand at `axis` of the first.
std::pair<TensorId, TensorId> two_operands(NodeReader& node) {
  const TensorId a = node.operand(0);
  TensorId b = node.operand(1);
  if (node.version() < 7 && node.integer("broadcast", 0) != 0 && node.attribute("axis") != nullptr) {
    const int rank = node.rank(0);
    const int32_t first = node.axis(node.integer("axis", 0), rank);
    std::vector<int64_t> dims = dims_of(node.shape(1));
    if (first + static_cast<int>(dims.size()) > rank)
      node.invalid("its second operand ends behind its first.");
    dims.resize(static_cast<size_t>(rank - first), 1);
    b = reshaped(node, b, dims);
  }
  return {a, b};
}

template <OpKind kKind>
void read_binary(NodeReader& node) {
  const auto [a, b] = two_operands(node);
  node.give(binary(node, kKind, a, b));
}

/// Sum, Max, Min: of one tensor or more.
template <OpKind kKind>
TensorId combined(NodeReader& node) {
  TensorId result = node.operand(0);
  for (size_t i = 1; i < node.operand_count(); ++i) result = binary(node, kKind, result, node.operand(i));
  return result;
}

template <OpKind kKind>
void read_variadic(NodeReader& node) {
  node.give(combined<kKind>(node));
}

void read_mean(NodeReader& node) {
  const TensorId sum = combined<OpKind::Add>(node);
  const float factor = 1.0f / static_cast<float>(node.operand_count());
  node.give(node.operand_count() == 1 ? sum : binary(node, OpKind::Mul, sum, node.scalar(factor)));
}

void read_pow(NodeReader& node) {
  const auto [base, exponent] = two_operands(node);
  const DType type = node.graph().tensor(base).dtype;
  // Exponents may be integers beside a base of floats.
  const TensorId real_base = cast_to(node, base, DType::Float32);
  const TensorId real_exponent = cast_to(node, exponent, DType::Float32);
  const TensorId power = binary(node, OpKind::Pow, real_base, real_exponent);
  node.give(cast_to(node, power, type));
}

void read_mod(NodeReader& node) {
  const auto [a, b] = two_operands(node);
  if (node.integer("fmod", 0) == 0) return node.give(binary(node, OpKind::FloorMod, a, b));
  // C's fmod has the sign of the dividend: that of |a| mod |b|, given back.
  const TensorId dividend = unary(node, OpKind::Abs, a);
  const TensorId divisor = unary(node, OpKind::Abs, b);
  const TensorId magnitude = binary(node, OpKind::FloorMod, dividend, divisor);
  const TensorId is_negative = binary(node, OpKind::Less, a, zero_of(node, node.graph().tensor(a).dtype));
  node.give(select(node, is_negative, unary(node, OpKind::Neg, magnitude), magnitude));
}

void read_clip(NodeReader& node) {
  const DType type = node.tensor(0).dtype;
  TensorId result = node.operand(0);
  if (type != DType::Float32) {  // Bounds of integers are operands.
    if (node.has(1)) result = binary(node, OpKind::Maximum, result, node.operand(1));
    if (node.has(2)) result = binary(node, OpKind::Minimum, result, node.operand(2));
    return node.give(result);
  }
  const auto computed = [&](size_t i) { return node.has(i) && !node.is_constant(i); };
  if (computed(1) || computed(2)) node.unsupported("its bounds are computed, not constant");
  const auto bound = [&](std::string_view name, size_t i, float absent) {
    if (node.version() < 11) return node.real(name, absent);
    if (!node.has(i)) return absent;
    const std::vector<float> values = node.constant_reals(i, "its bounds");
    if (values.size() != 1) node.invalid("its bound " + std::string(name) + " is not one number.");
    return values[0];
  };
  const float low = bound("min", 1, -std::numeric_limits<float>::max());
  const float high = bound("max", 2, std::numeric_limits<float>::max());
  node.give(clamped(node, result, low, high));
}

void read_leaky_relu(NodeReader& node) {
  node.give(node.emit(OpKind::LeakyRelu, LeakyRelu{node.real("alpha", 0.01f)}, {node.operand(0)}));
}

void read_prelu(NodeReader& node) {
  TensorId slope = node.operand(1);
  const Shape shape = node.shape(1);
  // Before it broadcast as all others, a list was one slope a channel.
  const bool is_list = shape.rank() == 1 && shape[0] > 1;
  if (node.version() < 7 && is_list && node.rank(0) > 2) {
    std::vector<int64_t> dims(static_cast<size_t>(node.rank(0) - 1), 1);
    dims[0] = shape[0];
    slope = reshaped(node, slope, dims);
  }
  node.give(node.emit(OpKind::Prelu, NoAttributes{}, {node.operand(0), slope}));
}

/// scale * (max(0, x) + alpha * (exp(min(0, x) / divisor) - 1)), of which ELU is the graph's own where only x
/// is left.
TensorId exponential_unit(NodeReader& node, float scale, float alpha, float divisor) {
  const TensorId x = node.operand(0);
  if (scale == 1 && alpha == 1 && divisor == 1) return unary(node, OpKind::Elu, x);
  TensorId negative = binary(node, OpKind::Minimum, x, node.scalar(0));
  if (divisor != 1) negative = binary(node, OpKind::Mul, negative, node.scalar(1 / divisor));
  negative = unary(node, OpKind::Elu, negative);
  const TensorId bent = binary(node, OpKind::Mul, negative, node.scalar(scale * alpha));
  TensorId positive = unary(node, OpKind::Relu, x);
  if (scale != 1) positive = binary(node, OpKind::Mul, positive, node.scalar(scale));
  return binary(node, OpKind::Add, positive, bent);
}

void read_elu(NodeReader& node) { node.give(exponential_unit(node, 1, node.real("alpha", 1), 1)); }

void read_selu(NodeReader& node) {
  node.give(exponential_unit(node, node.real("gamma", 1.05070102214813232421875f),
                             node.real("alpha", 1.67326319217681884765625f), 1));
}

void read_celu(NodeReader& node) {
  const float alpha = node.real("alpha", 1);
  node.give(exponential_unit(node, 1, alpha, alpha));
}

void read_thresholded_relu(NodeReader& node) {
  const TensorId x = node.operand(0);
  const TensorId passes = binary(node, OpKind::Greater, x, node.scalar(node.real("alpha", 1)));
  node.give(select(node, passes, x, node.scalar(0)));
}

void read_shrink(NodeReader& node) {
  const TensorId x = node.operand(0);
  const float lambda = node.real("lambd", 0.5f);
  const TensorId bias = node.scalar(node.real("bias", 0));
  const TensorId lower = binary(node, OpKind::Less, x, node.scalar(-lambda));
  const TensorId higher = binary(node, OpKind::Greater, x, node.scalar(lambda));
  const TensorId raised = binary(node, OpKind::Add, x, bias);
  const TensorId lowered = binary(node, OpKind::Sub, x, bias);
  const TensorId above = select(node, higher, lowered, node.scalar(0));
  node.give(select(node, lower, raised, above));
}

void read_hard_sigmoid(NodeReader& node) {
  node.give(node.emit(OpKind::HardSigmoid, HardSigmoid{node.real("alpha", 0.2f), node.real("beta", 0.5f)},
                      {node.operand(0)}));
}

/// x * sigmoid(alpha * x).
TensorId swish(NodeReader& node, TensorId x, float alpha) {
  if (alpha == 1) return unary(node, OpKind::Silu, x);
  const TensorId scaled = binary(node, OpKind::Mul, x, node.scalar(alpha));
  return binary(node, OpKind::Mul, x, unary(node, OpKind::Logistic, scaled));
}

void read_swish(NodeReader& node) {
  node.give(swish(node, node.operand(0), node.real("alpha", node.op() == "QuickGelu" ? 1.702f : 1.0f)));
}

/// The gate's Swish times the other operand.
void read_swiglu(NodeReader& node) {
  const TensorId gate = swish(node, node.operand(0), node.real("alpha", 1));
  node.give(binary(node, OpKind::Mul, gate, node.operand(1)));
}

void read_gelu(NodeReader& node) {
  const bool approximate = node.text("approximate", "none") == "tanh";
  node.give(node.emit(OpKind::Gelu, Gelu{approximate}, {node.operand(0)}));
}

/// com.microsoft's BiasGelu and FastGelu: GELU of a sum.
template <bool kApproximate>
void read_bias_gelu(NodeReader& node) {
  TensorId x = node.operand(0);
  if (node.has(1)) x = binary(node, OpKind::Add, x, node.operand(1));
  node.give(node.emit(OpKind::Gelu, Gelu{kApproximate}, {x}));
}

/// Of truth values; those differ that are not equal.
void read_xor(NodeReader& node) {
  const auto [a, b] = two_operands(node);
  const TensorId first = cast_to(node, a, DType::Int32);
  const TensorId second = cast_to(node, b, DType::Int32);
  node.give(binary(node, OpKind::NotEqual, first, second));
}

/// EQUAL of truth values is of 0 and 1.
void read_equal(NodeReader& node) {
  auto [a, b] = two_operands(node);
  if (node.graph().tensor(a).dtype == DType::Bool) {
    a = cast_to(node, a, DType::Int32);
    b = cast_to(node, b, DType::Int32);
  }
  node.give(binary(node, OpKind::Equal, a, b));
}

void read_where(NodeReader& node) {
  node.give(node.emit(OpKind::SelectV2, NoAttributes{}, {node.operand(0), node.operand(1), node.operand(2)}));
}

void read_cast(NodeReader& node) {
  const auto type = dtype_of(static_cast<ElementType>(node.integer("to", 0)));
  if (!type) node.unsupported("to " + to_string(static_cast<ElementType>(node.integer("to", 0))));
  if (node.is_empty(0)) return node.give(EmptyValue{*type, node.dims(0)});
  node.give(cast_to(node, node.operand(0), *type));
}

void read_cast_like(NodeReader& node) { node.give(cast_to(node, node.operand(0), node.dtype(1))); }

constexpr OperatorRow kRows[] = {
    {"Abs", read_unary<OpKind::Abs>},
    {"Add", read_binary<OpKind::Add>},
    {"And", read_binary<OpKind::LogicalAnd>},
    {"BiasGelu", read_bias_gelu<false>, kMicrosoft},
    {"Cast", read_cast},
    {"CastLike", read_cast_like},
    {"Ceil", read_unary<OpKind::Ceil>},
    {"Celu", read_celu},
    {"Clip", read_clip},
    {"Cos", read_unary<OpKind::Cos>},
    {"Div", read_binary<OpKind::Div>},
    {"Elu", read_elu},
    {"Equal", read_equal},
    {"Erf", read_unary<OpKind::Erf>},
    {"Exp", read_unary<OpKind::Exp>},
    {"FastGelu", read_bias_gelu<true>, kMicrosoft},
    {"Floor", read_unary<OpKind::Floor>},
    {"Gelu", read_gelu},
    {"Gelu", read_bias_gelu<false>, kMicrosoft},
    {"Greater", read_binary<OpKind::Greater>},
    {"GreaterOrEqual", read_binary<OpKind::GreaterEqual>},
    {"HardSigmoid", read_hard_sigmoid},
    {"HardSwish", read_unary<OpKind::HardSwish>},
    {"LeakyRelu", read_leaky_relu},
    {"Less", read_binary<OpKind::Less>},
    {"LessOrEqual", read_binary<OpKind::LessEqual>},
    {"Log", read_unary<OpKind::Log>},
    {"Max", read_variadic<OpKind::Maximum>},
    {"Mean", read_mean},
    {"Min", read_variadic<OpKind::Minimum>},
    {"Mish", read_unary<OpKind::Mish>},
    {"Mod", read_mod},
    {"Mul", read_binary<OpKind::Mul>},
    {"Neg", read_unary<OpKind::Neg>},
    {"Not", read_unary<OpKind::LogicalNot>},
    {"Or", read_binary<OpKind::LogicalOr>},
    {"PRelu", read_prelu},
    {"Pow", read_pow},
    {"QuickGelu", read_swish, kMicrosoft},
    {"Reciprocal", read_unary<OpKind::Reciprocal>},
    {"Relu", read_unary<OpKind::Relu>},
    {"Round", read_unary<OpKind::Round>},
    {"Selu", read_selu},
    {"Shrink", read_shrink},
    {"Sigmoid", read_unary<OpKind::Logistic>},
    {"Sign", read_unary<OpKind::Sign>},
    {"Sin", read_unary<OpKind::Sin>},
    {"Softplus", read_unary<OpKind::Softplus>},
    {"Softsign", read_unary<OpKind::Softsign>},
    {"Sqrt", read_unary<OpKind::Sqrt>},
    {"Sub", read_binary<OpKind::Sub>},
    {"Sum", read_variadic<OpKind::Add>},
    {"SwiGLU", read_swiglu},
    {"Swish", read_swish},
    {"Tanh", read_unary<OpKind::Tanh>},
    {"ThresholdedRelu", read_thresholded_relu},
    {"Where", read_where},
    {"Xor", read_xor},
};

}  // namespace

TensorId activated(NodeReader& node, TensorId x) {
  const std::string_view name = node.text("activation", "");
  const AttributeMessage* const given = node.attribute("activation_params");
  const auto parameter = [&](size_t i, float otherwise) {
    return given != nullptr && i < given->reals.size() ? given->reals[i] : otherwise;
  };
  if (name.empty()) return x;
  if (name == "Relu") return unary(node, OpKind::Relu, x);
  if (name == "Sigmoid") return unary(node, OpKind::Logistic, x);
  if (name == "Tanh") return unary(node, OpKind::Tanh, x);
  if (name == "LeakyRelu") return node.emit(OpKind::LeakyRelu, LeakyRelu{parameter(0, 0.01f)}, {x});
  if (name == "HardSigmoid")
    return node.emit(OpKind::HardSigmoid, HardSigmoid{parameter(0, 0.2f), parameter(1, 0.5f)}, {x});
  if (name == "Clip") {
    constexpr float kLargest = std::numeric_limits<float>::max();
    return clamped(node, x, parameter(0, -kLargest), parameter(1, kLargest));
  }
  node.unsupported("with the activation " + std::string(name));
}

std::span<const OperatorRow> elementwise_rows() { return kRows; }

}  // namespace octet::formats::onnx
