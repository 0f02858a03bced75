// Computes nodes whose operands are all constants.
#pragma once

#include "ir/graph.h"

namespace octet::emulate {

/// True when every operand of the node that is present is a constant.
bool reads_constants_only(const Graph& graph, const Node& node);

/// Runs the node, which reads constants only and has inferred outputs, by itself, and makes its outputs
/// constants of `graph`. Throws what preparing its kernel throws.
void make_constant_outputs(Graph& graph, const Node& node);

}  // namespace octet::emulate
