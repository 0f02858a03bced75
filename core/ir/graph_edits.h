// What the rewrites share: questions about uses, and the two ways in which nodes disappear.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <unordered_set>
#include <vector>

#include "ir/graph.h"
#include "ir/unique_name.h"

namespace octet {

/// Who makes and reads each tensor. Valid until the graph changes.
class Uses {
 public:
  explicit Uses(const Graph& graph);

  /// The node that computes the tensor; NodeId::None for inputs, constants and absent operands.
  NodeId producer(TensorId id) const { return id == TensorId::None ? NodeId::None : producer_[index(id)]; }
  /// True when exactly one operand of one node reads the tensor, and it is no output of the graph.
  bool has_single_reader(TensorId id) const { return readers_[index(id)] == 1 && !is_output_[index(id)]; }
  bool is_graph_output(TensorId id) const { return is_output_[index(id)]; }
  bool is_used(TensorId id) const { return readers_[index(id)] > 0 || is_output_[index(id)]; }

 private:
  std::vector<NodeId> producer_;
  std::vector<int> readers_;
  std::vector<bool> is_output_;
};

/// The node that computes the tensor, if it is one of this operator; else null. `uses`: of the graph.
const Node* made_by(const Graph& graph, const Uses& uses, TensorId id, OpKind op);

/// The values of a float32 constant; nullopt for anything else.
std::optional<std::span<const float>> float_constant(const Graph& graph, TensorId id);
/// The value that all elements of a float32 constant have.
std::optional<float> uniform_constant(const Graph& graph, TensorId id);

/// True when two tensors hold the same values by the same elements: of one type, and with one meaning of
/// integers. What a rewrite does between others would change results.
bool same_representation(const Graph& graph, TensorId a, TensorId b);

/// Makes `first` stand for itself and for `second`, whose only data operand it computes: it takes over the
/// outputs of `second`, which is removed.
void absorb_follower(Graph& graph, NodeId first, NodeId second);

/// Removes a node whose first output equals its operand `input`: what read the output reads the operand.
/// Where the output is one of the graph's, the operand's producer takes over its name. Returns false, having
/// changed nothing, where neither is possible or the two represent their values in different ways.
bool bypass(Graph& graph, NodeId node, size_t input);

/// Names that no node and no tensor of the graph has.
class NewNames {
 public:
  explicit NewNames(const Graph& graph);
  std::string take(const std::string& base) { return take_unique_name(taken_, base, 1); }

 private:
  std::unordered_set<std::string> taken_;
};

/// Gives `node` an output of `shape` and puts a RESHAPE behind it, which computes what the node did.
void reshape_output(Graph& graph, NewNames& names, NodeId node, const Shape& shape);

/// Makes operand `i` of `node` a RESHAPE of `source` to `shape`, put in front of it; its name begins with
/// `name`. Returns by how much the node moved on.
size_t insert_reshape(Graph& graph, NewNames& names, NodeId node, size_t i, TensorId source,
                      const Shape& shape, const std::string& name);

/// Drops the nodes that neither an output nor another node needs. Returns how many.
int remove_dead_nodes(Graph& graph);

}  // namespace octet
