// Which nodes of a graph the names in settings mean.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "ir/graph.h"

namespace octet::partition {

/// How well a name fits a node. Exact: it is the node's own, or that of a source node that it stands for.
/// Pattern: it covers one of these, with '*' for any characters and '?' for one.
enum class Fit : uint8_t { None, Pattern, Exact };

Fit fit_of(std::string_view name, const Node& node);

/// The whole name of the one node that `name` is short for (see ir/short_name.h). Patterns, names that fit a
/// node as they are, and names of nothing stay. Throws InvalidConfig where `name` is short for several nodes.
std::string whole_name(const Graph& graph, const std::string& name);

/// Throws InvalidConfig where `name` fits no node, with the nearest names as the hint. `purpose` completes
/// "No node of the model is named '…', …".
void check_name(const Graph& graph, const std::string& name, std::string_view purpose);

}  // namespace octet::partition
