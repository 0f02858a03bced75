#include "quantize/channels/channel_methods.h"

#include "quantize/channels/bias_absorption.h"
#include "quantize/channels/equalization.h"
#include "quantize/channels/smooth_quant.h"

namespace octet::quantize {

bool need_channel_statistics(const QuantizationParams& params) {
  return params.channel_equalization || params.smooth_quant.enabled;
}

void change_before_samples(Graph& graph, const QuantizationParams& params) {
  if (params.channel_equalization) equalize_channels(graph);
}

void change_after_samples(Graph& graph, ChannelStatistics& statistics, const QuantizationParams& params) {
  if (params.channel_equalization) absorb_biases(graph, statistics);
  if (params.smooth_quant.enabled) smooth_channels(graph, statistics, params);
}

}  // namespace octet::quantize
