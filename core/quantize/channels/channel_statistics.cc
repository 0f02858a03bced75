#include "quantize/channels/channel_statistics.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <utility>

#include "ir/byte_stream.h"
#include "kernels/simd.h"
#include "quantize/channels/channel_scaling.h"

namespace octet::quantize {
namespace {

/// Channels that are looked at together: with four figures each they fill the registers.
constexpr size_t kLanes = 4;

/// Figures of kLanes channels, of which the rows `stride` floats apart hold one vector each.
std::array<ChannelExtent, kLanes> extents_of(const float* values, size_t rows, size_t stride) {
  v128_t low = wasm_v128_load(values);
  v128_t high = low;
  v128_t sum = wasm_f32x4_splat(0);
  v128_t squares = sum;
  for (size_t row = 0; row < rows; ++row, values += stride) {
    const v128_t value = wasm_v128_load(values);
    low = wasm_f32x4_pmin(low, value);
    high = wasm_f32x4_pmax(high, value);
    sum = wasm_f32x4_add(sum, value);
    squares = wasm_f32x4_add(squares, wasm_f32x4_mul(value, value));
  }
  std::array<std::array<float, kLanes>, 4> figures;
  const v128_t each = wasm_f32x4_splat(1 / static_cast<float>(rows));
  wasm_v128_store(figures[0].data(), low);
  wasm_v128_store(figures[1].data(), high);
  wasm_v128_store(figures[2].data(), wasm_f32x4_mul(sum, each));
  wasm_v128_store(figures[3].data(), wasm_f32x4_mul(squares, each));
  std::array<ChannelExtent, kLanes> extents;
  for (size_t c = 0; c < kLanes; ++c) {
    // Whatever is not finite makes the squares so.
    if (std::isfinite(figures[3][c]))
      extents[c] = {figures[0][c], figures[1][c], figures[2][c], figures[3][c]};
  }
  return extents;
}

/// Looks at every channel, the innermost dimension.
void add_rows(std::span<const float> values, std::span<ChannelExtent> channels) {
  const size_t count = channels.size();
  const size_t rows = values.size() / count;
  size_t c = 0;
  for (; c + kLanes <= count; c += kLanes) {
    const auto extents = extents_of(values.data() + c, rows, count);
    std::copy(extents.begin(), extents.end(), channels.begin() + static_cast<ptrdiff_t>(c));
  }
  if (c == count) return;
  std::vector<float> last(rows * kLanes);
  for (size_t row = 0; row < rows; ++row)
    std::copy_n(values.data() + row * count + c, count - c, last.data() + row * kLanes);
  const auto extents = extents_of(last.data(), rows, kLanes);
  std::copy_n(extents.begin(), count - c, channels.begin() + static_cast<ptrdiff_t>(c));
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
    add_rows(as<float>(contents), std::span(sample).subspan(first_[index(id)], count_[index(id)]));
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
    double magnitude = std::max(-static_cast<double>(sample[c].low), static_cast<double>(sample[c].high));
    for (double& larger : total.magnitudes) {
      if (magnitude > larger) std::swap(magnitude, larger);
    }
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
  // A channel is shifted by what it never falls below: its magnitudes are its high values.
  for (double& magnitude : total.magnitudes) magnitude = std::max(0.0, magnitude - offset);
}

void ChannelStatistics::append_to(Bytes& state) const { put_all<ChannelTotal>(state, totals_); }

void ChannelStatistics::restore(std::span<const std::byte> state) {
  std::vector<ChannelTotal> totals(totals_.size());
  take_all<ChannelTotal>(state, totals);
  check_all_taken(state);
  totals_ = std::move(totals);
}

}  // namespace octet::quantize
