// Bias absorption (Nagel et al. 2019, "Data-Free Quantization Through Weight Equalization and Bias
// Correction", section 4.1.3): where a channel behind RELU is above some offset whatever the input, the
// offset is taken off the bias of the layer that computes it, and its share of the sums is added to the
// biases of the layers that read it. The tensor's range becomes narrower by what its channels have in common
// with none.
//
// The paper reads the offset, mean less three standard deviations, off batch normalization. Converted files
// have that folded away; here it is the least value that the samples showed, so the float result is the same
// up to rounding as long as no channel falls below it. Behind RELU6 the upper limit would move too: it stays.
// A layer that pads its input reads zeros without an offset, so in front of it nothing is taken off.
//
// Layers without an activation could give their channels' means, exactly and for every input. On the networks
// of tests/bench/accuracy.mjs that lowered the noise at fewer outputs than it raised it, so it is not done.
#pragma once

#include "ir/graph.h"
#include "quantize/channels/channel_statistics.h"

namespace octet::quantize {

/// Rewrites biases of the float graph that `statistics` observed, and returns how many channels it shifted;
/// `statistics` are then of the rewritten graph. Names, nodes and placements stay, tensors keep their ids. It
/// comes before calibration: ranges between layers change.
int absorb_biases(Graph& graph, ChannelStatistics& statistics);

}  // namespace octet::quantize
