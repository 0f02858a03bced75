// Integers for a model's inputs and outputs, in place of floats that are quantized at once.
#pragma once

#include "ir/graph.h"

namespace octet::lowering {

/// Makes float inputs and outputs integers of `type` by dropping the QUANTIZE behind inputs and the
/// DEQUANTIZE before outputs; the integer tensors take over the float ones' names. Throws UnsupportedModel
/// naming an input or output that float nodes, or integer nodes of another type, use.
Graph with_integer_edges(Graph graph, DType type);

}  // namespace octet::lowering
