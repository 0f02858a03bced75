// Rewrites a graph into one that TFLite's operators express, kernel by kernel of its runtime.
#pragma once

#include "ir/graph.h"

namespace octet::lowering {

/// Replaces float nodes of operators that the format lacks by their components, where they have any. `has`:
/// which operators it has.
Graph with_components(Graph graph, bool (*has)(OpKind));

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

}  // namespace octet::lowering
