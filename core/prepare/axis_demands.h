// In which orders of axes a node takes its operands and gives its results, by its operator's AxisRule.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "ir/graph.h"
#include "prepare/axis_regions.h"

namespace octet::prepare {

/// The order in which each computed tensor is stored, of its own axes.
using OrderOf = std::function<AxisOrder(TensorId)>;

/// A node as it would run: another order than a tensor is stored in takes a TRANSPOSE.
struct Arranged {
  std::vector<AxisOrder> operands;  ///< Those of constants are what they are to be stored in.
  std::vector<AxisOrder> results;
  bool exchanges_factors = false;  ///< Of a product of matrices: the transposed one is computed.
};

/// How the node runs best where its tensors are stored so. `graph` has the file's shapes.
Arranged arranged(const Graph& graph, const Node& node, const OrderOf& stored);

/// True where elements lie alike in both orders: axes of one element may be anywhere.
bool lie_alike(const Shape& shape, const AxisOrder& a, const AxisOrder& b);

/// Orders of axes, of operands and results, that the node would like its tensors to be stored in.
struct Wish {
  TensorId tensor;
  AxisOrder order;
};
std::vector<Wish> wishes(const Graph& graph, const Node& node, const OrderOf& stored);

/// Whether the order of a constant operand's axes is that of the node's result, to which it is broadcast.
bool broadcasts_constants(const Node& node);

}  // namespace octet::prepare
