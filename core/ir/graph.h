// Graph, Node, NodeView: the one representation that every stage of the pipeline reads and produces.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "ir/attributes.h"
#include "ir/op_kind.h"
#include "ir/precision.h"
#include "ir/tensor.h"

namespace octet {

/// Index into Graph::tensors; `None` marks an optional operand that is absent.
enum class TensorId : int32_t { None = -1 };
/// Index into Graph::nodes.
enum class NodeId : int32_t { None = -1 };

constexpr size_t index(TensorId id) { return static_cast<size_t>(id); }
constexpr size_t index(NodeId id) { return static_cast<size_t>(id); }

/// The compute units: accelerator, application processor (float), vision unit (float pre- and
/// post-processing).
enum class Unit : uint8_t { Mla, Apu, Cvu };

/// "MLA", "APU" or "CVU".
constexpr std::string_view to_string(Unit unit) {
  switch (unit) {
    case Unit::Mla:
      return "MLA";
    case Unit::Apu:
      return "APU";
    case Unit::Cvu:
      return "CVU";
  }
  return "";
}

/// Where a node runs, filled in by partition/.
struct Placement {
  Unit unit = Unit::Apu;
  int segment = -1;                  ///< Index into the partition report's segments.
  std::vector<std::string> reasons;  ///< Why not on the MLA: complete sentences; empty when it is.
  /// What it is to compute in, once quantized. In a quantized graph the tensors' types say it.
  Precision precision = Precision::Float32;
};

struct Node {
  std::string name;  ///< Unique in the graph, the source model's own; rewrites keep it.
  OpKind op = OpKind::Add;
  Attributes attributes;
  std::vector<TensorId> inputs;  ///< May hold TensorId::None for an absent optional operand.
  std::vector<TensorId> outputs;
  std::vector<std::string> source_nodes;  ///< Names of the imported nodes that this one stands for.
  Placement placement;
  RequantizationMode requantization = RequantizationMode::Tflite;  ///< Meaningful for integer nodes only.
};

struct Graph {
  std::string name;
  std::vector<Tensor> tensors;
  std::vector<Node> nodes;  ///< In topological order.
  std::vector<TensorId> inputs;
  std::vector<TensorId> outputs;

  const Tensor& tensor(TensorId id) const { return tensors[index(id)]; }
  Tensor& tensor(TensorId id) { return tensors[index(id)]; }
  const Node& node(NodeId id) const { return nodes[index(id)]; }
  Node& node(NodeId id) { return nodes[index(id)]; }

  TensorId add_tensor(Tensor tensor);
};

/// The node that produces each tensor, or NodeId::None for inputs and constants.
std::vector<NodeId> producers(const Graph& graph);
/// The nodes that read each tensor, ascending, each once.
std::vector<std::vector<NodeId>> consumers(const Graph& graph);

/// Throws Internal naming the defect if an index is out of range, a tensor has two producers, nodes are not
/// in topological order, names are not unique, or a constant's size does not fit its shape.
void check(const Graph& graph);

/// The fused activation of a node; null for operators without.
Activation* activation_of(Node& node);
const Activation* activation_of(const Node& node);

/// Drops tensors that nothing refers to and renumbers the rest; order is kept.
void remove_unused_tensors(Graph& graph);

/// Read-only access to a node with its tensors, as operators see it.
class NodeView {
 public:
  NodeView(const Graph& graph, const Node& node) : graph_(&graph), node_(&node) {}

  const Graph& graph() const { return *graph_; }
  const Node& node() const { return *node_; }
  size_t input_count() const { return node_->inputs.size(); }
  size_t output_count() const { return node_->outputs.size(); }
  /// True when operand `i` exists and is not None.
  bool has_input(size_t i) const { return i < node_->inputs.size() && node_->inputs[i] != TensorId::None; }
  /// Operand `i`; throws InvalidFile naming the node when it is missing.
  const Tensor& input(size_t i) const;
  const Tensor& output(size_t i = 0) const;
  /// The node's attributes; throws Internal when they are of another type.
  template <class T>
  const T& attributes() const {
    const T* typed = std::get_if<T>(&node_->attributes);
    if (typed == nullptr) wrong_attributes();
    return *typed;
  }
  /// Throws InvalidShape with the node's name and operator in front of `problem`.
  [[noreturn]] void fail(std::string_view problem) const;

 private:
  [[noreturn]] void wrong_attributes() const;

  const Graph* graph_;
  const Node* node_;
};

}  // namespace octet
