#include "ops/parts.h"

#include <algorithm>
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

bool comes_in_parts(const Operator& op, SupportMember hardware) {
  const auto has_kernel = [&](const Operator& other) {
    return (other.*hardware).int8 || (other.*hardware).int16;
  };
  const Parts* const parts = op.parts;
  return parts != nullptr && !has_kernel(op) &&
         std::all_of(parts->kinds.begin(), parts->kinds.end(), [&](OpKind kind) {
           const Operator& part = operator_of(kind);
           return has_kernel(part) || comes_in_parts(part, hardware);
         });
}

namespace {

class Splitter {
 public:
  Splitter(Graph& graph, const std::function<bool(const Node&)>& chosen) : builder_(graph), chosen_(chosen) {}

  /// Adds the node, or its parts; returns whether it was split.
  bool add(Node node) {
    const Parts* const parts = operator_of(node.op).parts;
    if (parts == nullptr || !chosen_(node)) {
      nodes.push_back(std::move(node));
      return false;
    }
    std::vector<Node> made = parts->make(builder_, node);
    made.back().name = node.name;
    for (Node& part : made) {
      // Those of a part stand for the graph's node alone, as the part does.
      std::vector<std::string> sources = part.source_nodes;
      const size_t first = nodes.size();
      if (!add(std::move(part))) continue;
      for (size_t n = first; n < nodes.size(); ++n) nodes[n].source_nodes = sources;
    }
    return true;
  }

  std::vector<Node> nodes;

 private:
  PartsBuilder builder_;
  const std::function<bool(const Node&)>& chosen_;
};

}  // namespace

int split_into_parts(Graph& graph, const std::function<bool(const Node&)>& chosen) {
  Splitter splitter(graph, chosen);
  int split = 0;
  for (Node& node : graph.nodes) split += splitter.add(std::move(node)) ? 1 : 0;
  graph.nodes = std::move(splitter.nodes);
  return split;
}

}  // namespace octet::ops
