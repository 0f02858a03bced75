// Cross-layer equalization (Nagel et al. 2019, "Data-Free Quantization Through Weight Equalization and Bias
// Correction", section 4.1): channels between layers are scaled so that the weights that compute a channel
// and those that read it have the same largest magnitude. Weights of one scale a tensor then lose little.
//
// The paper takes pairs of layers; here a set of tensors that must keep their channels' scales in common is
// taken at once, so that layers joined by ADD, pooling or PAD are equalized too. All is exact in float for
// every input, up to rounding. That is why a set ends at RELU6: its limit would become one a channel, which
// needs a further MINIMUM that the MLA does not run; and replacing it by RELU, as the paper does, changes the
// network.
//
// High biases are absorbed afterwards (bias_absorption.h): that needs samples.
#pragma once

#include "ir/graph.h"

namespace octet::quantize {

/// Rewrites weights and biases of a prepared float graph and returns how many channels it scaled. Names,
/// nodes and placements stay. It needs no samples, and comes before calibration: ranges between layers
/// change.
int equalize_channels(Graph& graph);

}  // namespace octet::quantize
