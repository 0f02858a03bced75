// Operators that a target has in INT16 in parts alone, as TFLite HARD_SWISH: ops::Operator::parts.
#pragma once

#include "ir/graph.h"
#include "partition/target.h"
#include "quantize/settings/quantization_params.h"

namespace octet::quantize {

/// True for a node that the target computes in INT16 in parts alone.
bool has_int16_parts(const Node& node, const partition::Target& target);
/// True where the settings ask that of it by a precision of its own.
bool wants_int16_parts(const Node& node, const partition::Target& target, const QuantizationParams& params);

/// Replaces such nodes of a float graph by their parts: see ops::split_into_parts. It comes before
/// calibration: tensors are added.
void split_for_int16(Graph& graph, const partition::Target& target, const QuantizationParams& params);

}  // namespace octet::quantize
