#include "ir/graph_edits.h"

#include <algorithm>
#include <iterator>
#include <string>
#include <utility>

namespace octet {
namespace {

void remove_node(Graph& graph, NodeId id) {
  graph.nodes.erase(graph.nodes.begin() + static_cast<ptrdiff_t>(index(id)));
}

void add_sources(Node& node, std::vector<std::string> names) {
  std::move(names.begin(), names.end(), std::back_inserter(node.source_nodes));
}

}  // namespace

Uses::Uses(const Graph& graph)
    : producer_(producers(graph)),
      readers_(graph.tensors.size(), 0),
      is_output_(graph.tensors.size(), false) {
  for (const Node& node : graph.nodes) {
    for (const TensorId input : node.inputs) {
      if (input != TensorId::None) ++readers_[index(input)];
    }
  }
  for (const TensorId output : graph.outputs) is_output_[index(output)] = true;
}

const Node* made_by(const Graph& graph, const Uses& uses, TensorId id, OpKind op) {
  const NodeId producer = uses.producer(id);
  return producer != NodeId::None && graph.node(producer).op == op ? &graph.node(producer) : nullptr;
}

std::optional<std::span<const float>> float_constant(const Graph& graph, TensorId id) {
  if (id == TensorId::None) return {};
  const Tensor& tensor = graph.tensor(id);
  if (!tensor.is_constant() || tensor.dtype != DType::Float32) return {};
  return tensor.values<float>();
}

std::optional<float> uniform_constant(const Graph& graph, TensorId id) {
  const auto values = float_constant(graph, id);
  if (!values) return {};
  const float first = values->front();
  if (!std::all_of(values->begin(), values->end(), [&](float value) { return value == first; })) return {};
  return first;
}

bool same_representation(const Graph& graph, TensorId a, TensorId b) {
  return graph.tensor(a).dtype == graph.tensor(b).dtype &&
         graph.tensor(a).quantization == graph.tensor(b).quantization;
}

void absorb_follower(Graph& graph, NodeId first, NodeId second) {
  graph.node(first).outputs = std::move(graph.node(second).outputs);
  add_sources(graph.node(first), std::move(graph.node(second).source_nodes));
  remove_node(graph, second);
}

bool bypass(Graph& graph, NodeId node, size_t input) {
  const TensorId from = graph.node(node).inputs[input];
  const TensorId to = graph.node(node).outputs[0];
  if (!same_representation(graph, from, to)) return false;
  const Uses uses(graph);
  const NodeId producer = uses.producer(from);
  const auto replace = [&](TensorId old_id, TensorId new_id) {
    for (Node& other : graph.nodes) std::replace(other.inputs.begin(), other.inputs.end(), old_id, new_id);
  };
  if (uses.is_graph_output(to)) {
    if (producer == NodeId::None || uses.is_graph_output(from)) return false;
    std::vector<TensorId>& outputs = graph.node(producer).outputs;
    std::replace(outputs.begin(), outputs.end(), from, to);
    graph.node(node).outputs.clear();
    replace(from, to);
  } else {
    replace(to, from);
  }
  // The node's name lives on with the producer, else (behind an input of the graph) with the first reader.
  NodeId heir = producer;
  for (size_t n = index(node) + 1; heir == NodeId::None && n < graph.nodes.size(); ++n) {
    const std::vector<TensorId>& inputs = graph.nodes[n].inputs;
    if (std::find(inputs.begin(), inputs.end(), from) != inputs.end()) heir = static_cast<NodeId>(n);
  }
  if (heir != NodeId::None) add_sources(graph.node(heir), std::move(graph.node(node).source_nodes));
  remove_node(graph, node);
  return true;
}

NewNames::NewNames(const Graph& graph) {
  for (const Tensor& tensor : graph.tensors) taken_.insert(tensor.name);
  for (const Node& node : graph.nodes) taken_.insert(node.name);
}

void reshape_output(Graph& graph, NewNames& names, NodeId id, const Shape& shape) {
  Node& node = graph.node(id);
  const TensorId output = node.outputs[0];
  Tensor before = graph.tensor(output);
  const Shape after = before.shape;
  before.name = names.take(node.name + "/unshaped");
  before.shape = shape;
  node.outputs[0] = graph.add_tensor(std::move(before));
  Node reshape{.name = names.take(node.name + "/reshaped"),
               .op = OpKind::Reshape,
               .attributes = Reshape{{after.dims().begin(), after.dims().end()}},
               .inputs = {node.outputs[0]},
               .outputs = {output},
               .source_nodes = node.source_nodes,
               .placement = {},
               .requantization = node.requantization};
  graph.nodes.insert(graph.nodes.begin() + static_cast<ptrdiff_t>(index(id)) + 1, std::move(reshape));
}

size_t insert_reshape(Graph& graph, NewNames& names, NodeId id, size_t i, TensorId source, const Shape& shape,
                      const std::string& name) {
  Node& node = graph.node(id);
  if (graph.tensor(source).shape == shape) {
    node.inputs[i] = source;
    return 0;
  }
  Tensor reshaped = graph.tensor(source);
  reshaped.name = names.take(name);
  reshaped.shape = shape;
  Node reshape{.name = reshaped.name,
               .op = OpKind::Reshape,
               .attributes = Reshape{{shape.dims().begin(), shape.dims().end()}},
               .inputs = {source},
               .outputs = {graph.add_tensor(std::move(reshaped))},
               .source_nodes = node.source_nodes,
               .placement = {},
               .requantization = node.requantization};
  node.inputs[i] = reshape.outputs[0];
  graph.nodes.insert(graph.nodes.begin() + static_cast<ptrdiff_t>(index(id)), std::move(reshape));
  return 1;
}

int remove_dead_nodes(Graph& graph) {
  std::vector<bool> needed(graph.tensors.size(), false);
  for (const TensorId output : graph.outputs) needed[index(output)] = true;
  std::vector<bool> dead(graph.nodes.size(), false);
  for (size_t n = graph.nodes.size(); n-- > 0;) {
    const Node& node = graph.nodes[n];
    dead[n] = std::none_of(node.outputs.begin(), node.outputs.end(),
                           [&](TensorId id) { return needed[index(id)]; });
    if (dead[n]) continue;
    for (const TensorId input : node.inputs) {
      if (input != TensorId::None) needed[index(input)] = true;
    }
  }
  size_t n = 0;
  return static_cast<int>(std::erase_if(graph.nodes, [&](const Node&) { return dead[n++]; }));
}

}  // namespace octet
