// Smooth quant (Xiao et al. 2022, "SmoothQuant: Accurate and Efficient Post-Training Quantization for Large
// Language Models"): channels whose values stay small on the samples are scaled up, at the cost of the
// weights that read them, so that one scale a tensor serves all of its channels. The layer in front takes the
// factors into its weights, which costs nothing where these have one scale a channel; and so have depthwise
// weights that read.
//
// With RELU6 in between a channel may grow until its largest observed value is 6: the float result is the
// same as long as no channel exceeds what calibration saw of it, and such values would be cut off by its
// range anyway. Without RELU6 it is the same for every input, up to rounding.
#pragma once

#include "ir/graph.h"
#include "quantize/channel_statistics.h"
#include "quantize/params.h"

namespace octet::quantize {

/// Rewrites weights and biases of the float graph that `statistics` observed, and returns how many channels
/// it scaled. Names, nodes and placements stay. It comes before calibration: ranges between layers change.
int smooth_channels(Graph& graph, const ChannelStatistics& statistics, const QuantizationParams& params);

}  // namespace octet::quantize
