// RELU and its like into the node in front, which then clamps what it stores: no tensor in between needs a
// scale that covers what is cut off.
#include <optional>

#include "ir/graph_edits.h"
#include "ops/operator.h"
#include "prepare/rewrites.h"

namespace octet::prepare {
namespace {

/// `inner`, then `outer`, as one activation, where there is one.
std::optional<Activation> composed(Activation inner, Activation outer) {
  if (inner == Activation::None || inner == outer) return outer;
  const bool relu_and_relu6 = (inner == Activation::Relu && outer == Activation::Relu6) ||
                              (inner == Activation::Relu6 && outer == Activation::Relu);
  if (relu_and_relu6) return Activation::Relu6;
  return {};
}

}  // namespace

int fuse_activations(Graph& graph) {
  int fused = 0;
  for (size_t n = 0; n < graph.nodes.size();) {
    const NodeId follower = static_cast<NodeId>(n++);
    const std::optional<Activation> outer = ops::operator_of(graph.node(follower).op).fused_as;
    if (!outer) continue;
    const Uses uses(graph);
    const TensorId between = graph.node(follower).inputs[0];
    const NodeId first = uses.producer(between);
    if (first == NodeId::None || !uses.has_single_reader(between)) continue;
    if (!same_representation(graph, between, graph.node(follower).outputs[0])) continue;
    Activation* const inner = activation_of(graph.node(first));
    if (inner == nullptr) continue;
    const std::optional<Activation> both = composed(*inner, *outer);
    if (!both) continue;
    *inner = *both;
    absorb_follower(graph, first, follower);
    ++fused;
    --n;
  }
  return fused;
}

}  // namespace octet::prepare
