// Drops nodes that change nothing, as ops::Identity says of each operator: what exporters leave, and other
// rewrites.
#include <optional>

#include "ir/graph_edits.h"
#include "ops/operator.h"
#include "prepare/rewrites.h"

namespace octet::prepare {
namespace {

/// The operand that the node gives back unchanged.
std::optional<size_t> passed_operand(const Graph& graph, Node& node) {
  if (node.outputs.size() != 1) return {};
  const auto has_output_shape = [&](size_t i) {
    return graph.tensor(node.inputs[i]).shape == graph.tensor(node.outputs[0]).shape;
  };
  const ops::Identity identity = ops::operator_of(node.op).identity;
  if (has_output_shape(0) && identity.on_equal_shape(NodeView(graph, node))) return 0;
  const std::optional<ops::NeutralConstant>& neutral = identity.neutral;
  if (!neutral || *activation_of(node) != Activation::None) return {};
  if (has_output_shape(0) && uniform_constant(graph, node.inputs[1]) == neutral->value) return 0;
  if (neutral->on_either_side && has_output_shape(1) &&
      uniform_constant(graph, node.inputs[0]) == neutral->value)
    return 1;
  return {};
}

}  // namespace

int remove_identities(Graph& graph) {
  int removed = 0;
  for (size_t n = 0; n < graph.nodes.size(); ++n) {
    const std::optional<size_t> operand = passed_operand(graph, graph.nodes[n]);
    if (!operand || !bypass(graph, static_cast<NodeId>(n), *operand)) continue;
    ++removed;
    --n;
  }
  return removed;
}

}  // namespace octet::prepare
