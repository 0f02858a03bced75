// Rewrites a graph, before it is written, into one that TFLite's operators express.
#pragma once

#include "ir/graph.h"

namespace octet::formats::tflite {

/// Moves the explicit padding of convolutions that is neither SAME nor VALID into a PAD in front of them.
/// Zeros (in int8: zero points) add nothing to the sums, so results are the same.
Graph with_pad_nodes(Graph graph);

/// Makes float inputs and outputs int8 by dropping the QUANTIZE behind inputs and the DEQUANTIZE before
/// outputs; the int8 tensors take over the float ones' names. Throws UnsupportedModel naming an input or
/// output that float nodes use.
Graph with_int8_edges(Graph graph);

}  // namespace octet::formats::tflite
