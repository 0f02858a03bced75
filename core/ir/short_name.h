// A node's name made short, for people to read.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>

#include "ir/graph.h"

namespace octet {

/// The last two components of what stands before the first ';' (converters join the names of the nodes that
/// they fused). Not unique.
std::string short_name(std::string_view name);

/// The short names of a graph's nodes, by their names. They tell the nodes apart: where two would be the
/// same, both have as many components more as it takes, or the whole name where no number of them is enough.
std::unordered_map<std::string, std::string> short_names(const Graph& graph);

}  // namespace octet
