// ChannelStatistics of samples.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "quantize/channels/channel_statistics.h"

namespace octet::test {

/// What the channels of a graph with one float input show on the samples.
inline std::unique_ptr<quantize::ChannelStatistics> observed(const Graph& graph,
                                                             const std::vector<std::vector<float>>& samples) {
  auto statistics = std::make_unique<quantize::ChannelStatistics>(std::make_shared<const Graph>(graph));
  for (const std::vector<float>& sample : samples) {
    const std::span<const std::byte> input = std::as_bytes(std::span(sample));
    statistics->fold(statistics->observe(std::span(&input, 1)));
  }
  return statistics;
}

}  // namespace octet::test
