// Makes the nodes of a graph ready to run.
#pragma once

#include <memory>
#include <vector>

#include "ir/graph.h"
#include "ops/operator.h"

namespace octet::emulate {

/// The kernel of each node, in graph order. Throws UnsupportedOperator naming every node that has no kernel
/// for its types.
std::vector<std::unique_ptr<ops::Kernel>> prepare_kernels(const Graph& graph);

}  // namespace octet::emulate
