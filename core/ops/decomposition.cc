#include "ops/decomposition.h"

#include <algorithm>
#include <span>
#include <utility>

#include "ir/unique_name.h"

namespace octet::ops {

DecompositionBuilder::DecompositionBuilder(Graph& graph) : graph_(graph) {
  for (const Tensor& tensor : graph.tensors) names_.insert(tensor.name);
  for (const Node& node : graph.nodes) names_.insert(node.name);
}

TensorId DecompositionBuilder::add(const Node& node, std::string_view what, Tensor tensor) {
  tensor.name = take_unique_name(names_, node.name + "/" + std::string(what), 2);
  return graph_.add_tensor(std::move(tensor));
}

TensorId DecompositionBuilder::between(const Node& node, std::string_view what) {
  return add(node, what, {.dtype = DType::Float32, .shape = graph_.tensor(node.inputs[0]).shape});
}

TensorId DecompositionBuilder::constant(const Node& node, std::string_view what, float value) {
  // A constant of rank 1 would give a scalar's result an axis.
  const bool is_scalar = graph_.tensor(node.inputs[0]).shape.rank() == 0;
  return add(node, what,
             {.dtype = DType::Float32,
              .shape = is_scalar ? Shape() : Shape{1},
              .constant = make_constant(std::span<const float>(&value, 1))});
}

Node DecompositionBuilder::component(const Node& node, OpKind op, Attributes attributes,
                                     std::vector<TensorId> inputs, TensorId output) {
  Node component = {.name = graph_.tensor(output).name,
                    .op = op,
                    .attributes = std::move(attributes),
                    .inputs = std::move(inputs),
                    .outputs = {output},
                    .source_nodes = node.source_nodes,
                    .placement = node.placement,
                    .requantization = node.requantization};
  component.source_nodes.push_back(node.name);
  return component;
}

bool is_decomposed(const Operator& op, SupportMember hardware) {
  const auto has_kernel = [&](const Operator& other) {
    return (other.*hardware).int8 || (other.*hardware).int16;
  };
  const Decomposition* const decomposition = op.decomposition;
  return decomposition != nullptr && !has_kernel(op) &&
         std::all_of(decomposition->kinds.begin(), decomposition->kinds.end(), [&](OpKind kind) {
           const Operator& component = operator_of(kind);
           return has_kernel(component) || is_decomposed(component, hardware);
         });
}

namespace {

class Decomposer {
 public:
  Decomposer(Graph& graph, const std::function<bool(const Node&)>& chosen)
      : builder_(graph), chosen_(chosen) {}

  /// Adds the node, or its components; returns whether it was replaced.
  bool add(Node node) {
    const Decomposition* const decomposition = operator_of(node.op).decomposition;
    if (decomposition == nullptr || !chosen_(node)) {
      nodes.push_back(std::move(node));
      return false;
    }
    std::vector<Node> made = decomposition->make(builder_, node);
    made.back().name = node.name;
    for (Node& component : made) {
      // Those of a component stand for the graph's node alone, as the component does.
      std::vector<std::string> sources = component.source_nodes;
      const size_t first = nodes.size();
      if (!add(std::move(component))) continue;
      for (size_t n = first; n < nodes.size(); ++n) nodes[n].source_nodes = sources;
    }
    return true;
  }

  std::vector<Node> nodes;

 private:
  DecompositionBuilder builder_;
  const std::function<bool(const Node&)>& chosen_;
};

}  // namespace

int decompose(Graph& graph, const std::function<bool(const Node&)>& chosen) {
  Decomposer decomposer(graph, chosen);
  int replaced = 0;
  for (Node& node : graph.nodes) replaced += decomposer.add(std::move(node)) ? 1 : 0;
  graph.nodes = std::move(decomposer.nodes);
  return replaced;
}

}  // namespace octet::ops
