// Outputs that join parts of different scales, where a file is to have integers for outputs: one scale then
// stands for all parts, and a narrow part loses most of its steps.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "ir/graph.h"

namespace octet::lowering {

/// A complete sentence for each output whose one scale as integers of `type`, or else of the type of its
/// parts, leaves some part fewer steps than it needs: which output, which channels, and what to do instead.
std::vector<std::string> joined_output_notes(const Graph& graph, std::optional<DType> type = {});

/// Computes float outputs that join and move integers alone as integers of `type`, in front of a DEQUANTIZE:
/// each part is requantized to a scale that covers all, and so is an output of the other integer type. Other
/// outputs stay as they are.
Graph with_joined_integers(Graph graph, DType type);

}  // namespace octet::lowering
