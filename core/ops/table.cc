// The table of operators, and what holds for all of them.
#include <algorithm>
#include <array>

#include "ops/operator.h"

namespace octet::ops {

#define OCTET_DECLARE(kind, name, variable) extern const Operator variable;
OCTET_OPERATORS(OCTET_DECLARE)
#undef OCTET_DECLARE

namespace {

constexpr std::array<const Operator*, kOpKindCount> kTable = {
#define OCTET_ROW(kind, name, variable) &variable,
    OCTET_OPERATORS(OCTET_ROW)
#undef OCTET_ROW
};

}  // namespace

const Operator& operator_of(OpKind kind) { return *kTable[static_cast<size_t>(kind)]; }

std::span<const Operator* const> all_operators() { return kTable; }

bool is_moved_operand(const Operator& op, size_t i) {
  if (op.quantization.output == OutputQuantization::SameAsInput) return i == op.quantization.same_as;
  return op.quantization.output == OutputQuantization::AllSame && !is_plain_operand(op, i);
}

bool is_plain_operand(const Operator& op, size_t i) {
  const std::span<const size_t> plain = op.quantization.plain_operands;
  return std::find(plain.begin(), plain.end(), i) != plain.end();
}

DType activation_type(const NodeView& node) {
  size_t i = 0;
  while (is_plain_operand(operator_of(node.node().op), i)) ++i;
  return node.input(i).dtype;
}

bool between_parameters(const NodeView& node) {
  const Tensor& input = node.input(0);
  const bool integer = input.dtype == DType::Int8 || input.dtype == DType::Int16;
  return integer && (input.dtype != node.output().dtype || input.quantization != node.output().quantization);
}

bool where_computed_in_one_shape(const NodeView& node) {
  for (size_t i = 0; i < node.input_count(); ++i) {
    if (!node.has_input(i) || node.input(i).is_constant() || node.input(i).shape != node.output().shape)
      return false;
  }
  return true;
}

int64_t multiply_accumulates(const Graph& graph, const Node& node) {
  return operator_of(node.op).multiply_accumulates(NodeView(graph, node));
}

void infer_shapes(Graph& graph, const Node& node) {
  const std::vector<TensorType> types = operator_of(node.op).infer(NodeView(graph, node));
  if (types.size() != node.outputs.size()) {
    NodeView(graph, node)
        .fail("it has " + std::to_string(node.outputs.size()) + " outputs; " + std::to_string(types.size()) +
              " are expected.");
  }
  for (size_t i = 0; i < types.size(); ++i) {
    graph.tensor(node.outputs[i]).dtype = types[i].dtype;
    graph.tensor(node.outputs[i]).shape = types[i].shape;
  }
}

void infer_shapes(Graph& graph) {
  for (const Node& node : graph.nodes) infer_shapes(graph, node);
}

}  // namespace octet::ops
