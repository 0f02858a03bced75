// The rewrites of prepare(), one a file. Each goes over the graph once, keeps it valid (see check() in
// ir/graph.h) and returns how many places it changed.
#pragma once

#include "ir/graph.h"

namespace octet::prepare {

/// Nodes that read constants only become constants: float16 or integer weights behind DEQUANTIZE, shape
/// arithmetic.
int fold_constants(Graph& graph);

/// Nodes that change nothing are dropped: reshapes to the same shape, additions of 0, slices of everything,
/// ...
int remove_identities(Graph& graph);

/// MAXIMUM and MINIMUM with constants that amount to RELU, RELU6 or RELU_N1_TO_1 become these.
int recognize_clips(Graph& graph);

/// BATCH_MATMUL with a constant matrix on the right becomes FULLY_CONNECTED, whose weights have a scale a
/// channel.
int recognize_fully_connected(Graph& graph);

/// PAD with zeros, of height and width only, moves into the padding of the convolution behind it.
int fold_padding(Graph& graph);

/// MUL, DIV, ADD and SUB by a constant for each channel (a batch normalization) move into the weights and the
/// bias of the convolution in front.
int fold_channel_constants(Graph& graph);

/// RELU, RELU6 and RELU_N1_TO_1 become the fused activation of the node in front, where it has one.
int fuse_activations(Graph& graph);

}  // namespace octet::prepare
