// Attributes that name axes, for tensors that are stored with their axes in another order.
#pragma once

#include <cstdint>
#include <vector>

#include "ir/graph.h"

namespace octet::ops {

/// The order in which axes are stored: the i-th is axis order[i].
using AxisOrder = std::vector<int32_t>;

/// The axes of operand 0 that results of a node lack, ascending: reduced ones, say. Of an operator whose
/// AxisRule is Along.
std::vector<int32_t> dropped_axes(const Graph& graph, const Node& node);

/// The node's attributes for an operand 0 that is stored in this order; of an operator whose AxisRule is
/// Along. `order` is of the axes of operand 0, and of results that lack none.
Attributes reordered(const Attributes& attributes, const AxisOrder& order);

}  // namespace octet::ops
