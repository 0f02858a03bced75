#include "quantize/channel_statistics.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <string>
#include <utility>

#include "quantize/channel_scaling.h"

namespace octet::quantize {
namespace {

/// Largest magnitude and sum of squares of each channel, the innermost dimension.
void add_rows(std::span<const float> values, std::span<ChannelExtent> channels, std::vector<float>& squares) {
  const size_t count = channels.size();
  squares.assign(2 * count, 0.0f);
  float* const sums = squares.data();
  float* const largest = sums + count;
  for (size_t row = 0; row < values.size(); row += count) {
    const float* const from = values.data() + row;
    for (size_t c = 0; c < count; ++c) {
      const float magnitude = std::fabs(from[c]);
      sums[c] += from[c] * from[c];
      largest[c] = magnitude > largest[c] ? magnitude : largest[c];
    }
  }
  const size_t row_count = values.size() / count;
  const float rows = static_cast<float>(row_count);
  for (size_t c = 0; c < count; ++c) {
    const bool finite = std::isfinite(sums[c]) && std::isfinite(largest[c]);
    channels[c] = finite ? ChannelExtent{largest[c], sums[c] / rows} : ChannelExtent{};
  }
}

}  // namespace

ChannelStatistics::ChannelStatistics(std::shared_ptr<const Graph> graph)
    : graph_(std::move(graph)), first_(graph_->tensors.size()), count_(graph_->tensors.size()) {
  const ChannelScaling scaling(*graph_, Relu6::Limits);
  size_t channels = 0;
  for (const ChannelSet& set : scaling.sets()) {
    for (const TensorId id : set.tensors) {
      first_[index(id)] = channels;
      count_[index(id)] = set.factors.size();
      channels += set.factors.size();
    }
  }
  totals_.resize(channels);
}

std::vector<ChannelExtent> ChannelStatistics::observe(std::span<const std::span<const std::byte>> inputs) {
  if (!executor_) executor_.emplace(graph_);
  executor_->set_inputs(inputs);
  std::vector<ChannelExtent> sample(totals_.size());
  executor_->run([&](TensorId id, std::span<const std::byte> contents) {
    if (count_[index(id)] == 0) return;
    add_rows(as<float>(contents), std::span(sample).subspan(first_[index(id)], count_[index(id)]), squares_);
  });
  return sample;
}

void ChannelStatistics::fold(std::span<const ChannelExtent> sample) {
  if (sample.size() != totals_.size())
    throw Error(ErrorCode::InvalidInput, "The channels of a calibration sample are of another model.");
  ++samples_;
  for (size_t c = 0; c < totals_.size(); ++c) {
    ChannelTotal& total = totals_[c];
    total.largest = std::max(total.largest, static_cast<double>(sample[c].largest));
    total.mean_square +=
        (static_cast<double>(sample[c].mean_square) - total.mean_square) / static_cast<double>(samples_);
  }
}

std::span<const ChannelTotal> ChannelStatistics::channels(TensorId id) const {
  return std::span(totals_).subspan(first_[index(id)], count_[index(id)]);
}

Bytes ChannelStatistics::state() const {
  Bytes bytes(totals_.size() * sizeof(ChannelTotal));
  if (!bytes.empty()) std::memcpy(bytes.data(), totals_.data(), bytes.size());
  return bytes;
}

void ChannelStatistics::restore(std::span<const std::byte> state) {
  if (state.size() != totals_.size() * sizeof(ChannelTotal))
    throw Error(ErrorCode::InvalidInput, "The channel statistics of a worker are of another model.");
  if (!state.empty()) std::memcpy(totals_.data(), state.data(), state.size());
}

}  // namespace octet::quantize
