#include "ops/parts.h"

#include <span>
#include <utility>

#include "ir/unique_name.h"

namespace octet::ops {

PartsBuilder::PartsBuilder(Graph& graph) : graph_(graph) {
  for (const Tensor& tensor : graph.tensors) names_.insert(tensor.name);
  for (const Node& node : graph.nodes) names_.insert(node.name);
}

TensorId PartsBuilder::add(const Node& node, std::string_view what, Tensor tensor) {
  tensor.name = take_unique_name(names_, node.name + "/" + std::string(what), 2);
  return graph_.add_tensor(std::move(tensor));
}

TensorId PartsBuilder::between(const Node& node, std::string_view what) {
  return add(node, what, {.dtype = DType::Float32, .shape = graph_.tensor(node.inputs[0]).shape});
}

TensorId PartsBuilder::constant(const Node& node, std::string_view what, float value) {
  return add(
      node, what,
      {.dtype = DType::Float32, .shape = {1}, .constant = make_constant(std::span<const float>(&value, 1))});
}

Node PartsBuilder::part(const Node& node, OpKind op, Attributes attributes, std::vector<TensorId> inputs,
                        TensorId output) {
  Node part = {.name = graph_.tensor(output).name,
               .op = op,
               .attributes = std::move(attributes),
               .inputs = std::move(inputs),
               .outputs = {output},
               .source_nodes = node.source_nodes,
               .placement = node.placement,
               .requantization = node.requantization};
  part.source_nodes.push_back(node.name);
  return part;
}

bool comes_in_parts(const Operator& op, const Support& support) {
  const Parts* const parts = op.parts;
  return parts != nullptr && !support.int8 && !support.int16;
}

int split_into_parts(Graph& graph, const std::function<bool(const Node&)>& chosen) {
  std::vector<Node> nodes;
  PartsBuilder builder(graph);
  int split = 0;
  for (Node& node : graph.nodes) {
    const Parts* const parts = operator_of(node.op).parts;
    if (parts == nullptr || !chosen(node)) {
      nodes.push_back(std::move(node));
      continue;
    }
    for (Node& part : parts->make(builder, node)) nodes.push_back(std::move(part));
    nodes.back().name = node.name;
    ++split;
  }
  graph.nodes = std::move(nodes);
  return split;
}

}  // namespace octet::ops
