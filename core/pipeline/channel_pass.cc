#include "pipeline/channel_pass.h"

#include <utility>

#include "ir/byte_stream.h"

namespace octet::pipeline {

ChannelPass::ChannelPass(std::shared_ptr<const Graph> graph, Subject subject)
    : Sample(graph, subject), statistics_(std::move(graph)) {}

Bytes ChannelPass::observe() {
  return statistics_of(StatisticsKind::ChannelSample, subject(),
                       [&](Bytes& statistics) { put_list(statistics, statistics_.observe(inputs())); });
}

void ChannelPass::fold(std::span<const std::byte> sample) {
  std::span<const std::byte> gathered = gathered_in(sample, StatisticsKind::ChannelSample, subject());
  statistics_.fold(take_list<quantize::ChannelExtent>(gathered));
}

Bytes ChannelPass::state() const {
  return statistics_of(StatisticsKind::ChannelTotals, subject(),
                       [&](Bytes& statistics) { statistics_.append_to(statistics); });
}

}  // namespace octet::pipeline
