// Rewrites a graph, before it is written, into one that TFLite's operators express.
#pragma once

#include "ir/graph.h"

namespace octet::formats::tflite {

/// Moves the explicit padding of convolutions that is neither SAME nor VALID into a PAD in front of them.
/// Zeros (in int8: zero points) add nothing to the sums, so results are the same.
Graph with_pad_nodes(Graph graph);

/// Gives convolutions of INT16 without a bias one of zeros, without which TFLite's kernels do not run.
Graph with_int16_biases(Graph graph);

/// Makes float inputs and outputs integers of `type` by dropping the QUANTIZE behind inputs and the
/// DEQUANTIZE before outputs; the integer tensors take over the float ones' names. Throws UnsupportedModel
/// naming an input or output that float nodes, or integer nodes of another type, use.
Graph with_integer_edges(Graph graph, DType type);

}  // namespace octet::formats::tflite
