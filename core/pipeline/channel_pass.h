// The pass over the samples that comes before calibration, where settings ask for methods that scale
// channels: it looks at what the channels hold.
#pragma once

#include <memory>

#include "pipeline/sample.h"
#include "quantize/channels/channel_statistics.h"

namespace octet::pipeline {

class ChannelPass : public Sample {
 public:
  ChannelPass(std::shared_ptr<const Graph> graph, Subject subject);

  /// Runs the sample; what it shows is for fold().
  Bytes observe();
  /// Adds what a sample showed, here or elsewhere; in sample order.
  void fold(std::span<const std::byte> sample);
  /// What was folded, for Net::calibrate(), here and elsewhere.
  Bytes state() const;

 private:
  quantize::ChannelStatistics statistics_;
};

}  // namespace octet::pipeline
