// Smooth quant (Xiao et al. 2022, "SmoothQuant: Accurate and Efficient Post-Training Quantization for Large
// Language Models"): channels whose values stay small on the samples are scaled up, at the cost of the
// weights that read them, so that one scale a tensor serves all of its channels. The layer in front takes the
// factors into its weights, which costs nothing where these have one scale a channel; and so have depthwise
// weights that read.
//
// Without RELU6 in between the float result is the same for every input, up to rounding. RELU6 cuts a scaled
// channel off earlier, so that a channel may only grow until what other inputs can be expected to make of it
// is 6. A channel that few samples excite much more than the others gives no hint of what comes: in a
// classifier most channels are so, and factors that trusted the largest value seen cut off most of what makes
// one class differ from another. Hence the distance kept to 6 follows from how much the largest three samples
// of a channel differ.
#pragma once

#include "ir/graph.h"
#include "quantize/channels/channel_statistics.h"
#include "quantize/settings/quantization_params.h"

namespace octet::quantize {

/// Rewrites weights and biases of the float graph that `statistics` observed, and returns how many channels
/// it scaled. Names, nodes and placements stay. It comes before calibration: ranges between layers change.
int smooth_channels(Graph& graph, const ChannelStatistics& statistics, const QuantizationParams& params);

}  // namespace octet::quantize
