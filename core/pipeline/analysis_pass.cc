#include "pipeline/analysis_pass.h"

#include <utility>

#include "analyze/node_errors_json.h"
#include "ir/byte_stream.h"

namespace octet::pipeline {

AnalysisPass::AnalysisPass(std::shared_ptr<const Graph> float_graph, std::shared_ptr<const Graph> quantized,
                           analyze::Compared compared, Subject subject)
    : Sample(float_graph, subject), analyzer_(std::move(float_graph), std::move(quantized), compared) {}

Bytes AnalysisPass::observe() {
  return statistics_of(StatisticsKind::ErrorSample, subject(), [&](Bytes& statistics) {
    const analyze::SampleSums sums = analyzer_.observe(inputs());
    put_list(statistics, sums.nodes);
    put_list(statistics, sums.channels);
  });
}

void AnalysisPass::fold(std::span<const std::byte> sample) {
  std::span<const std::byte> gathered = gathered_in(sample, StatisticsKind::ErrorSample, subject());
  analyze::SampleSums sums;
  sums.nodes = take_list<analyze::NodeSums>(gathered);
  sums.channels = take_list<analyze::ChannelSums>(gathered);
  analyzer_.fold(sums);
}

std::string AnalysisPass::errors(bool per_channel) const {
  return analyze::node_errors_json(analyzer_, per_channel);
}

}  // namespace octet::pipeline
