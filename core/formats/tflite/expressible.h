// Rewrites a graph, before it is written, into one that TFLite's operators express.
#pragma once

#include "ir/graph.h"

namespace octet::formats::tflite {

/// Replaces float nodes of operators that TFLite lacks by their parts, where they have any.
Graph with_parts(Graph graph);

/// Moves the explicit padding of convolutions that is neither SAME nor VALID into a PAD in front of them.
/// Zeros (in int8: zero points) add nothing to the sums, so results are the same.
Graph with_pad_nodes(Graph graph);

/// Gives convolutions without a bias one of zeros where TFLite's kernels do not run without.
Graph with_biases(Graph graph);

/// Whether TFLite's kernel reads weights of 4 bits, beside the node's activations. (That of
/// DEPTHWISE_CONV_2D on INT16 takes packed weights for whole bytes, and fails silently.)
bool takes_int4_weights(const NodeView& node);

/// Gives weights of 4 bits a byte each where a node reads them whose kernel does not take them packed.
Graph with_whole_byte_weights(Graph graph);

/// Makes float inputs and outputs integers of `type` by dropping the QUANTIZE behind inputs and the
/// DEQUANTIZE before outputs; the integer tensors take over the float ones' names. Throws UnsupportedModel
/// naming an input or output that float nodes, or integer nodes of another type, use.
Graph with_integer_edges(Graph graph, DType type);

}  // namespace octet::formats::tflite
