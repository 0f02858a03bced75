#include "quantize/channel_statistics.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <string>
#include <utility>

#include "quantize/channel_scaling.h"

namespace octet::quantize {
namespace {

/// Looks at every channel, the innermost dimension. `scratch` holds four figures a channel meanwhile.
void add_rows(std::span<const float> values, std::span<ChannelExtent> channels, std::vector<float>& scratch) {
  const size_t count = channels.size();
  const size_t rows = values.size() / count;
  scratch.assign(4 * count, 0.0f);
  float* const low = scratch.data();
  float* const high = low + count;
  float* const sum = high + count;
  float* const squares = sum + count;
  std::copy_n(values.data(), count, low);
  std::copy_n(values.data(), count, high);
  for (size_t row = 0; row < rows; ++row) {
    const float* const from = values.data() + row * count;
    for (size_t c = 0; c < count; ++c) {
      low[c] = from[c] < low[c] ? from[c] : low[c];
      high[c] = from[c] > high[c] ? from[c] : high[c];
      sum[c] += from[c];
      squares[c] += from[c] * from[c];
    }
  }
  const float each = 1 / static_cast<float>(rows);
  for (size_t c = 0; c < count; ++c) {
    const bool finite = std::isfinite(low[c]) && std::isfinite(high[c]) && std::isfinite(squares[c]);
    channels[c] = finite ? ChannelExtent{low[c], high[c], sum[c] * each, squares[c] * each} : ChannelExtent{};
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
    add_rows(as<float>(contents), std::span(sample).subspan(first_[index(id)], count_[index(id)]), sums_);
  });
  return sample;
}

void ChannelStatistics::fold(std::span<const ChannelExtent> sample) {
  if (sample.size() != totals_.size())
    throw Error(ErrorCode::InvalidInput, "The channels of a calibration sample are of another model.");
  const bool first = samples_ == 0;
  ++samples_;
  const auto add = [&](double& mean, float value) {
    mean += (static_cast<double>(value) - mean) / static_cast<double>(samples_);
  };
  for (size_t c = 0; c < totals_.size(); ++c) {
    ChannelTotal& total = totals_[c];
    total.low = first ? sample[c].low : std::min(total.low, static_cast<double>(sample[c].low));
    total.high = first ? sample[c].high : std::max(total.high, static_cast<double>(sample[c].high));
    add(total.mean, sample[c].mean);
    add(total.mean_square, sample[c].mean_square);
  }
}

std::span<const ChannelTotal> ChannelStatistics::channels(TensorId id) const {
  return std::span(totals_).subspan(first_[index(id)], count_[index(id)]);
}

void ChannelStatistics::shift(TensorId id, size_t channel, double offset) {
  ChannelTotal& total = totals_[first_[index(id)] + channel];
  total.mean_square += offset * (offset - 2 * total.mean);
  total.mean -= offset;
  total.low -= offset;
  total.high -= offset;
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
