#include "pipeline/channel_pass.h"

#include <utility>

#include "ir/byte_stream.h"

namespace octet::pipeline {

ChannelPass::ChannelPass(std::shared_ptr<const Graph> graph, Subject subject)
    : Sample(graph, subject), statistics_(std::move(graph)) {}

Bytes ChannelPass::observe() {
  Bytes statistics = begin_statistics(StatisticsKind::ChannelSample, subject());
  put_list(statistics, statistics_.observe(inputs()));
  end_statistics(statistics);
  return statistics;
}

void ChannelPass::fold(std::span<const std::byte> sample) {
  std::span<const std::byte> gathered = gathered_in(sample, StatisticsKind::ChannelSample, subject());
  statistics_.fold(take_list<quantize::ChannelExtent>(gathered));
}

Bytes ChannelPass::state() const {
  Bytes statistics = begin_statistics(StatisticsKind::ChannelTotals, subject());
  statistics_.append_to(statistics);
  end_statistics(statistics);
  return statistics;
}

}  // namespace octet::pipeline
