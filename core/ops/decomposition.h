// Nodes of a float graph replaced by others that compute the same: Operator::decomposition.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "ops/operator.h"

namespace octet::ops {

/// Adds what the components of decomposed nodes need to their graph.
class DecompositionBuilder {
 public:
  explicit DecompositionBuilder(Graph& graph);

  /// A tensor between components, of the shape of the node's first operand. `what` it is becomes part of its
  /// name.
  TensorId between(const Node& node, std::string_view what);
  /// A constant of one value, for all elements.
  TensorId constant(const Node& node, std::string_view what, float value);
  /// A component that works element by element and computes `output`, by which it is named.
  Node component(const Node& node, OpKind op, Attributes attributes, std::vector<TensorId> inputs,
                 TensorId output);

 private:
  TensorId add(const Node& node, std::string_view what, Tensor tensor);

  Graph& graph_;
  std::unordered_set<std::string> names_;
};

/// True where the hardware has no integer kernel of the operator, and its components stand in for it: of each
/// of them it has one, or components stand in for that one in turn.
bool is_decomposed(const Operator& op, SupportMember hardware);

/// Replaces those nodes that are `chosen` and whose operator has a decomposition by its components, and of
/// the components those that are. The last component keeps name and output; the others get names of their
/// own, and all have the node among their `source_nodes`, so that its settings are theirs. Returns how many
/// nodes of the graph were replaced.
int decompose(Graph& graph, const std::function<bool(const Node&)>& chosen);

}  // namespace octet::ops
