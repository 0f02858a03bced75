// Rewrites for targets with an accelerator: exact in float, they say the same in operators and shapes that it
// runs. Contracts as in rewrites.h. Float nodes only: in integers another operator rounds in other places.
#pragma once

#include "ir/graph.h"

namespace octet::prepare {

/// MEAN, SUM and REDUCE_MAX of an image's height and width keep these as dimensions of 1, and a RESHAPE drops
/// them.
int keep_reduced_dimensions(Graph& graph);

/// FULLY_CONNECTED on other than four dimensions becomes CONV_2D and a RESHAPE to its output: over the whole
/// image where its row is one, through RESHAPE or not, else over single pixels.
int convolve_fully_connected(Graph& graph);

/// PAD of channels with zeros becomes a CONCATENATION with constant zeros, behind the PAD of other dimensions
/// if there are any.
int concatenate_padded_channels(Graph& graph);

}  // namespace octet::prepare
