#include "formats/checks.h"

#include <cmath>
#include <cstdint>

#include "ops/operator.h"

namespace octet::formats {
namespace {

struct ZeroPointRange {
  int32_t lowest;
  int32_t highest;
};

/// What a zero point may be; biases and 64-bit integers are symmetric.
ZeroPointRange zero_point_range(DType dtype) {
  switch (dtype) {
    case DType::Int8:
      return {-128, 127};
    case DType::UInt8:
      return {0, 255};
    case DType::Int16:
      return {-32768, 32767};
    default:
      return {0, 0};
  }
}

std::optional<std::string> tensor_problem(const Tensor& tensor) {
  const bool integer = tensor.dtype == DType::Int8 || tensor.dtype == DType::Int16;
  if (integer && !tensor.quantization)
    return "uses '" + tensor.name + "', which has no quantization parameters";
  if (!tensor.is_constant() && tensor.quantization && tensor.quantization->is_per_channel()) {
    return "uses '" + tensor.name + "', an activation quantized per channel";
  }
  return {};
}

/// True for the types of activations that are reals by themselves or by quantization parameters.
bool holds_reals(DType type) {
  return type == DType::Float32 || type == DType::BFloat16 || type == DType::Int8 || type == DType::Int16;
}

/// The type that operand `i` has to have beside activations of `type`.
bool fits(const NodeView& node, size_t i, DType type) {
  const DType operand = node.input(i).dtype;
  // Only operators with weights have a third operand that is not another activation.
  const bool has_weight = ops::operator_of(node.node().op).quantization.weight.has_value();
  if (has_weight && i == 2 && type == DType::Int8) return operand == DType::Int32;
  if (has_weight && i == 2 && type == DType::Int16) return operand == DType::Int64;
  if (has_weight && i == 2 && type == DType::BFloat16) return operand == DType::Float32;
  if (has_weight && i == 1 && type == DType::Int16) return operand == DType::Int8;
  if (has_weight && i == 1 && type == DType::BFloat16 && operand == DType::Int8) return true;
  return operand == type;
}

}  // namespace

std::optional<std::string> quantization_problem(const QuantParams& params, DType dtype, const Shape& shape) {
  if (params.scale.empty() || params.scale.size() != params.zero_point.size()) {
    return "has another number of zero points than of scales";
  }
  if (params.bits != 0 && (params.bits != 4 || dtype != DType::Int8))
    return "has a number of bits that its type does not have";
  const ZeroPointRange range = zero_point_range(dtype);
  for (size_t c = 0; c < params.scale.size(); ++c) {
    if (!std::isfinite(params.scale[c]) || params.scale[c] <= 0)
      return "has a quantization scale that is not positive";
    if (params.zero_point[c] < range.lowest || params.zero_point[c] > range.highest) {
      return "has a zero point outside its type's range";
    }
  }
  const bool axis_fits = params.axis >= 0 && params.axis < shape.rank() &&
                         shape[params.axis] == static_cast<int64_t>(params.scale.size());
  if (params.is_per_channel() && !axis_fits)
    return "has one quantization scale a channel, but not as many as channels";
  return {};
}

std::optional<std::string> type_problem(const Graph& graph, const Node& node) {
  const NodeView view(graph, node);
  for (size_t i = 0; i < view.input_count(); ++i) {
    if (!view.has_input(i)) continue;
    if (auto problem = tensor_problem(view.input(i))) return problem;
  }
  for (size_t i = 0; i < view.output_count(); ++i) {
    if (auto problem = tensor_problem(view.output(i))) return problem;
  }
  if (node.op == OpKind::Quantize || node.op == OpKind::Dequantize) return {};

  const ops::Operator& op = ops::operator_of(node.op);
  if (op.kernels.bytes != nullptr) return {};
  const DType type = ops::activation_type(view);
  const bool is_plain = ops::is_plain(type) && op.kernels.plain != nullptr;
  if (!is_plain && !holds_reals(type)) return "computes on " + std::string(to_string(type));
  const auto mixes = [&](const Tensor& tensor) {
    return "mixes " + std::string(to_string(type)) + " and " + std::string(to_string(tensor.dtype));
  };
  for (size_t i = 0; i < view.input_count(); ++i) {
    if (!view.has_input(i) || ops::is_plain_operand(op, i)) continue;
    if (!fits(view, i, type)) return mixes(view.input(i));
  }
  if (op.quantization.output == ops::OutputQuantization::NotQuantized) return {};
  for (size_t i = 0; i < view.output_count(); ++i) {
    if (view.output(i).dtype != type) return mixes(view.output(i));
  }
  return {};
}

}  // namespace octet::formats
