// Operators that a target has in INT16 only by their components, as TFLite HARD_SWISH:
// ops::Operator::decomposition.
#pragma once

#include "ir/graph.h"
#include "partition/target.h"
#include "quantize/settings/quantization_params.h"

namespace octet::quantize {

/// True for a node that the target computes in INT16 by its operator's components alone.
bool is_decomposed_for_int16(const Node& node, const partition::Target& target);
/// True where the settings ask that of it by a precision of its own.
bool wants_int16_decomposition(const Node& node, const partition::Target& target,
                               const QuantizationParams& params);

/// Replaces such nodes of a float graph by their components: see ops::decompose. It comes before
/// calibration: tensors are added.
void decompose_for_int16(Graph& graph, const partition::Target& target, const QuantizationParams& params);

}  // namespace octet::quantize
