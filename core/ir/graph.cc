#include "ir/graph.h"

#include <string>
#include <unordered_set>
#include <utility>

namespace octet {
namespace {

[[noreturn]] void defect(const std::string& message, const Node* node = nullptr) {
  throw Error(ErrorCode::Internal, message, {.node = node != nullptr ? node->name : ""});
}

}  // namespace

TensorId Graph::add_tensor(Tensor tensor) {
  tensors.push_back(std::move(tensor));
  return static_cast<TensorId>(tensors.size() - 1);
}

std::vector<NodeId> producers(const Graph& graph) {
  std::vector<NodeId> producer(graph.tensors.size(), NodeId::None);
  for (size_t n = 0; n < graph.nodes.size(); ++n) {
    for (const TensorId output : graph.nodes[n].outputs) producer[index(output)] = static_cast<NodeId>(n);
  }
  return producer;
}

std::vector<std::vector<NodeId>> consumers(const Graph& graph) {
  std::vector<std::vector<NodeId>> readers(graph.tensors.size());
  for (size_t n = 0; n < graph.nodes.size(); ++n) {
    const NodeId id = static_cast<NodeId>(n);
    for (const TensorId input : graph.nodes[n].inputs) {
      if (input == TensorId::None) continue;
      std::vector<NodeId>& list = readers[index(input)];
      if (list.empty() || list.back() != id) list.push_back(id);
    }
  }
  return readers;
}

void check(const Graph& graph) {
  const auto in_range = [&](TensorId id) { return index(id) < graph.tensors.size(); };
  std::vector<bool> available(graph.tensors.size(), false);
  for (size_t t = 0; t < graph.tensors.size(); ++t) {
    const Tensor& tensor = graph.tensors[t];
    if (!tensor.is_constant()) continue;
    if (tensor.constant->size() != tensor.byte_size())
      defect("Constant '" + tensor.name + "' does not fill its shape.");
    available[t] = true;
  }
  for (const TensorId input : graph.inputs) {
    if (!in_range(input)) defect("A graph input does not exist.");
    available[index(input)] = true;
  }
  std::unordered_set<std::string> names;
  for (const Node& node : graph.nodes) {
    if (!names.insert(node.name).second) defect("Two nodes have the same name.", &node);
    for (const TensorId input : node.inputs) {
      if (input == TensorId::None) continue;
      if (!in_range(input)) defect("A node reads a tensor that does not exist.", &node);
      if (!available[index(input)]) defect("A node reads a tensor before it is computed.", &node);
    }
    for (const TensorId output : node.outputs) {
      if (!in_range(output)) defect("A node writes a tensor that does not exist.", &node);
      if (available[index(output)]) defect("A tensor is computed twice.", &node);
      available[index(output)] = true;
    }
  }
  for (const TensorId output : graph.outputs) {
    if (!in_range(output) || !available[index(output)]) defect("A graph output is never computed.");
  }
}

Activation* activation_of(Node& node) {
  return std::visit(
      [](auto& attributes) -> Activation* {
        if constexpr (requires { attributes.activation; }) {
          return &attributes.activation;
        } else {
          return nullptr;
        }
      },
      node.attributes);
}

const Activation* activation_of(const Node& node) { return activation_of(const_cast<Node&>(node)); }

void remove_unused_tensors(Graph& graph) {
  std::vector<bool> used(graph.tensors.size(), false);
  const auto mark = [&](const std::vector<TensorId>& ids) {
    for (const TensorId id : ids) {
      if (id != TensorId::None) used[index(id)] = true;
    }
  };
  mark(graph.inputs);
  mark(graph.outputs);
  for (const Node& node : graph.nodes) {
    mark(node.inputs);
    mark(node.outputs);
  }
  std::vector<TensorId> renumbered(graph.tensors.size(), TensorId::None);
  std::vector<Tensor> kept;
  for (size_t t = 0; t < graph.tensors.size(); ++t) {
    if (!used[t]) continue;
    renumbered[t] = static_cast<TensorId>(kept.size());
    kept.push_back(std::move(graph.tensors[t]));
  }
  graph.tensors = std::move(kept);
  const auto renumber = [&](std::vector<TensorId>& ids) {
    for (TensorId& id : ids) {
      if (id != TensorId::None) id = renumbered[index(id)];
    }
  };
  renumber(graph.inputs);
  renumber(graph.outputs);
  for (Node& node : graph.nodes) {
    renumber(node.inputs);
    renumber(node.outputs);
  }
}

const Tensor& NodeView::input(size_t i) const {
  if (!has_input(i)) {
    throw Error(
        ErrorCode::InvalidFile,
        std::string(to_string(node_->op)) + " '" + node_->name + "' lacks operand " + std::to_string(i) + ".",
        {.node = node_->name});
  }
  return graph_->tensor(node_->inputs[i]);
}

const Tensor& NodeView::output(size_t i) const {
  if (i >= node_->outputs.size()) {
    throw Error(
        ErrorCode::InvalidFile,
        std::string(to_string(node_->op)) + " '" + node_->name + "' lacks output " + std::to_string(i) + ".",
        {.node = node_->name});
  }
  return graph_->tensor(node_->outputs[i]);
}

void NodeView::fail(std::string_view problem) const {
  throw Error(ErrorCode::InvalidShape,
              std::string(to_string(node_->op)) + " '" + node_->name + "': " + std::string(problem),
              {.node = node_->name});
}

void NodeView::wrong_attributes() const {
  throw Error(ErrorCode::Internal, "A node has attributes of another operator.", {.node = node_->name});
}

}  // namespace octet
