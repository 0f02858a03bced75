// Nodes of a float graph replaced by others that compute the same: Operator::parts.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "ops/operator.h"

namespace octet::ops {

/// Adds what the parts of nodes need to their graph.
class PartsBuilder {
 public:
  explicit PartsBuilder(Graph& graph);

  /// A tensor between parts, of the shape of the node's first operand. `what` it is becomes part of its name.
  TensorId between(const Node& node, std::string_view what);
  /// A constant of one value, for all elements.
  TensorId constant(const Node& node, std::string_view what, float value);
  /// A part that works element by element and computes `output`, by which it is named.
  Node part(const Node& node, OpKind op, Attributes attributes, std::vector<TensorId> inputs,
            TensorId output);

 private:
  TensorId add(const Node& node, std::string_view what, Tensor tensor);

  Graph& graph_;
  std::unordered_set<std::string> names_;
};

/// True where the hardware has no integer kernel of the operator, and its parts stand in for it: of each of
/// them it has one, or its parts stand in for it in turn.
bool comes_in_parts(const Operator& op, SupportMember hardware);

/// Replaces those nodes that are `chosen` and whose operator has parts, and of the parts those that are. The
/// last part keeps name and output; the others get names of their own, and all have the node among their
/// `source_nodes`, so that its settings are theirs. Returns how many nodes of the graph were replaced.
int split_into_parts(Graph& graph, const std::function<bool(const Node&)>& chosen);

}  // namespace octet::ops
