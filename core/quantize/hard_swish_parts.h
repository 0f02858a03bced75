// HARD_SWISH in INT16 where the target has none, as TFLite: x * (RELU6(x + 3) / 6) by ADD and two MUL, which
// it has.
#pragma once

#include "ir/graph.h"
#include "partition/target.h"
#include "quantize/params.h"

namespace octet::quantize {

/// True for a HARD_SWISH that the target computes in INT16 in parts alone.
bool has_int16_parts(const Node& node, const partition::Target& target);
/// True where the settings ask that of it by a precision of its own.
bool wants_int16_parts(const Node& node, const partition::Target& target, const QuantizationParams& params);

/// Replaces such nodes of a float graph. The last part keeps name and output; the others get names of their
/// own, and all have the node among their `source_nodes`, so that its settings are theirs. It comes before
/// calibration: tensors are added.
void split_hard_swish(Graph& graph, const partition::Target& target, const QuantizationParams& params);

}  // namespace octet::quantize
