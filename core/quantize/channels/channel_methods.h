// The methods that change what channels hold between layers, in their order: equalization; then, with what
// the samples showed of the channels, the absorption of biases that belongs to it, and smooth quant. All come
// before calibration.
#pragma once

#include "ir/graph.h"
#include "quantize/channels/channel_statistics.h"
#include "quantize/settings/quantization_params.h"

namespace octet::quantize {

/// Whether the settings ask for a method that needs ChannelStatistics, of the graph that
/// change_before_samples() leaves.
bool need_channel_statistics(const QuantizationParams& params);

void change_before_samples(Graph& graph, const QuantizationParams& params);
/// `statistics` are of the changed graph afterwards.
void change_after_samples(Graph& graph, ChannelStatistics& statistics, const QuantizationParams& params);

}  // namespace octet::quantize
