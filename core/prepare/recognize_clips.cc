// MAXIMUM and MINIMUM with constants as RELU and its like, which can be fused and need no operand's scale:
// clip and clamp of other frameworks arrive as these.
#include <optional>

#include "ir/graph_edits.h"
#include "prepare/rewrites.h"

namespace octet::prepare {
namespace {

/// MAXIMUM or MINIMUM of a computed operand with a constant of one value, which does not broadcast the
/// operand.
struct Bound {
  TensorId operand;
  float value;
};

std::optional<Bound> bound_of(const Graph& graph, const Node& node, OpKind op) {
  if (node.op != op) return {};
  for (const size_t constant : {size_t{1}, size_t{0}}) {
    const std::optional<float> value = uniform_constant(graph, node.inputs[constant]);
    const TensorId operand = node.inputs[1 - constant];
    if (value && graph.tensor(operand).shape == graph.tensor(node.outputs[0]).shape)
      return Bound{operand, *value};
  }
  return {};
}

void become(Node& node, OpKind op, TensorId operand) {
  node.op = op;
  node.attributes = NoAttributes{};
  node.inputs = {operand};
}

/// True when `upper` bounds from above what RELU, or a MAXIMUM with -1, bounded from below, to one of the
/// known clips.
std::optional<OpKind> clip_between(const Graph& graph, const Node& lower, float upper) {
  if (lower.op == OpKind::Relu && upper == 6.0f) return OpKind::Relu6;
  const auto below = bound_of(graph, lower, OpKind::Maximum);
  if (below && below->value == -1.0f && upper == 1.0f) return OpKind::ReluN1To1;
  return {};
}

}  // namespace

int recognize_clips(Graph& graph) {
  int recognized = 0;
  for (size_t n = 0; n < graph.nodes.size(); ++n) {
    Node& node = graph.nodes[n];
    if (const auto below = bound_of(graph, node, OpKind::Maximum); below && below->value == 0.0f) {
      become(node, OpKind::Relu, below->operand);
      ++recognized;
      continue;
    }
    const auto above = bound_of(graph, node, OpKind::Minimum);
    if (!above) continue;
    const Uses uses(graph);
    const NodeId lower = uses.producer(above->operand);
    if (lower == NodeId::None || !uses.has_single_reader(above->operand)) continue;
    const std::optional<OpKind> clip = clip_between(graph, graph.node(lower), above->value);
    if (!clip) continue;
    const auto below = bound_of(graph, graph.node(lower), OpKind::Maximum);
    become(graph.node(lower), *clip, below ? below->operand : graph.node(lower).inputs[0]);
    absorb_follower(graph, lower, static_cast<NodeId>(n));
    ++recognized;
    --n;
  }
  return recognized;
}

}  // namespace octet::prepare
