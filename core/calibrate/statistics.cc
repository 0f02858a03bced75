#include "calibrate/statistics.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <iterator>
#include <limits>
#include <string>
#include <utility>

#include "ir/error.h"
#include "kernels/simd.h"

namespace octet::calibrate {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();
/// Bins are never narrower than 2^-100: the factor 2^-k then stays an ordinary float for every k that occurs.
constexpr int kSmallestExponent = -100;
constexpr size_t kLanes = 4;
/// Below this many values, clearing and adding up tables of counts costs more than they save.
constexpr size_t kFewValues = 8192;
/// Values that are looked at twice, for their range and for their bins, while the first-level cache holds
/// them.
constexpr size_t kBlock = 2048;

/// What one pass over the values finds out.
struct Summary {
  Extremes extremes = {kInfinity, -kInfinity};
  uint64_t zeros = 0;
  bool all_finite = true;
};

Summary summarize(std::span<const float> values) {
  Summary summary;
  const v128_t largest = wasm_f32x4_splat(std::numeric_limits<float>::max());
  v128_t low = wasm_f32x4_splat(kInfinity);
  v128_t high = wasm_f32x4_splat(-kInfinity);
  v128_t finite = wasm_i32x4_splat(-1);
  v128_t zeros = wasm_i32x4_splat(0);
  const auto add = [&](v128_t value) {
    low = wasm_f32x4_pmin(low, value);
    high = wasm_f32x4_pmax(high, value);
    finite = wasm_v128_and(finite, wasm_f32x4_le(wasm_f32x4_abs(value), largest));
    zeros = wasm_i32x4_sub(zeros, wasm_f32x4_eq(value, wasm_f32x4_splat(0)));
  };
  size_t i = 0;
  for (; i + kLanes <= values.size(); i += kLanes) add(wasm_v128_load(values.data() + i));

  std::array<float, kLanes> lows, highs;
  std::array<uint32_t, kLanes> zero_counts;
  wasm_v128_store(lows.data(), low);
  wasm_v128_store(highs.data(), high);
  wasm_v128_store(zero_counts.data(), zeros);
  summary.extremes = {*std::min_element(lows.begin(), lows.end()),
                      *std::max_element(highs.begin(), highs.end())};
  summary.all_finite = wasm_i32x4_all_true(finite);
  for (const uint32_t count : zero_counts) summary.zeros += count;
  for (; i < values.size(); ++i) {
    summary.extremes.low = std::min(summary.extremes.low, values[i]);
    summary.extremes.high = std::max(summary.extremes.high, values[i]);
    summary.all_finite = summary.all_finite && std::isfinite(values[i]);
    summary.zeros += values[i] == 0.0f ? 1 : 0;
  }
  // Which zero a minimum returns depends on order; adding +0 leaves only one.
  summary.extremes.low += 0.0f;
  summary.extremes.high += 0.0f;
  return summary;
}

/// The bin of a finite value: truncation, and one less below zero. Unlike a floor it cannot go wrong where
/// the product underflows, and pairs of bins still meet in b >> 1.
int32_t bin_of(float value, float bins_per_unit) {
  return static_cast<int32_t>(value * bins_per_unit) - (value < 0.0f ? 1 : 0);
}

float bins_per_unit(int exponent) { return std::ldexp(1.0f, -exponent); }

/// Counts finite values within the bins of a histogram.
class BinCounter {
 public:
  /// Counts on tables of the lanes where `values` to come are many: neighbouring values often share a bin
  /// (zeros behind a ReLU), and increments of one counter wait for each other.
  BinCounter(Histogram& histogram, size_t values) : histogram_(histogram), many_(values >= kFewValues) {}

  /// Adds the values; the histogram's bins are those of the last call unless flush() came between.
  void add(std::span<const float> values) {
    const size_t bins = histogram_.counts.size();
    if (many_ && tables_.empty()) tables_.resize(bins * kTables);
    const float scale = bins_per_unit(histogram_.exponent);
    const v128_t scales = wasm_f32x4_splat(scale);
    const auto first_bin = static_cast<int32_t>(histogram_.first_bin);
    const v128_t first_bins = wasm_i32x4_splat(first_bin);
    size_t i = 0;
    if (many_) {
      uint32_t* const even = tables_.data();
      uint32_t* const odd = even + bins;
      for (; i + kLanes <= values.size(); i += kLanes) {
        const v128_t value = wasm_v128_load(values.data() + i);
        const v128_t truncated = wasm_i32x4_trunc_sat_f32x4(wasm_f32x4_mul(value, scales));
        const v128_t minus_one_below_zero = wasm_f32x4_lt(value, wasm_f32x4_splat(0));
        const v128_t slots = wasm_i32x4_sub(wasm_i32x4_add(truncated, minus_one_below_zero), first_bins);
        const auto low = static_cast<uint64_t>(wasm_i64x2_extract_lane(slots, 0));
        const auto high = static_cast<uint64_t>(wasm_i64x2_extract_lane(slots, 1));
        ++even[static_cast<uint32_t>(low)];
        ++odd[low >> 32];
        ++even[static_cast<uint32_t>(high)];
        ++odd[high >> 32];
      }
    }
    for (; i < values.size(); ++i)
      ++histogram_.counts[static_cast<size_t>(bin_of(values[i], scale) - first_bin)];
  }

  /// Brings all counts into the histogram; before its bins change, and in the end.
  void flush() {
    if (tables_.empty()) return;
    const size_t bins = histogram_.counts.size();
    for (size_t bin = 0; bin < bins; ++bin)
      histogram_.counts[bin] += uint64_t{tables_[bin]} + tables_[bins + bin];
    tables_.clear();
  }

 private:
  static constexpr size_t kTables = 2;

  Histogram& histogram_;
  bool many_;
  std::vector<uint32_t> tables_;  ///< One a lane's parity, while there are counts in them.
};

/// An empty histogram for values in [low, high].
Histogram empty_histogram(float low, float high, int num_bins) {
  low = std::min(low, 0.0f);
  high = std::max(high, 0.0f);
  int magnitude = 0;  // The larger end is in [2^(magnitude - 1), 2^magnitude).
  std::frexp(std::max(-low, high), &magnitude);
  int bins_log2 = 0;
  while ((1 << bins_log2) < num_bins) ++bins_log2;

  Histogram histogram;
  for (histogram.exponent = std::max(kSmallestExponent, magnitude - 1 - bins_log2);; ++histogram.exponent) {
    const float scale = bins_per_unit(histogram.exponent);
    histogram.first_bin = bin_of(low, scale);
    const int64_t bins = bin_of(high, scale) - histogram.first_bin + 1;
    if (bins > num_bins) continue;
    histogram.counts.assign(static_cast<size_t>(bins), 0);
    return histogram;
  }
}

/// Adds the counts of `from`, whose bins are no wider than those of `to` and within them.
void add_counts(const Histogram& from, Histogram& to) {
  const int shift = to.exponent - from.exponent;
  for (size_t i = 0; i < from.counts.size(); ++i) {
    if (from.counts[i] == 0) continue;
    const int64_t bin = (from.first_bin + static_cast<int64_t>(i)) >> std::min(shift, 62);
    to.counts[static_cast<size_t>(bin - to.first_bin)] += from.counts[i];
  }
}

template <class T>
void put(Bytes& bytes, T value) {
  const size_t at = bytes.size();
  bytes.resize(at + sizeof(T));
  std::memcpy(bytes.data() + at, &value, sizeof(T));
}

[[noreturn]] void malformed() {
  throw Error(ErrorCode::InvalidInput, "The calibration state of a worker is damaged.", {},
              "All workers must run the same build of Octet and the same model and settings.");
}

template <class T>
T take(std::span<const std::byte>& bytes) {
  if (bytes.size() < sizeof(T)) malformed();
  T value;
  std::memcpy(&value, bytes.data(), sizeof(T));
  bytes = bytes.subspan(sizeof(T));
  return value;
}

bool valid_num_bins(int num_bins) {
  return num_bins == 0 ||
         (num_bins >= kFewestBins && num_bins <= kMostBins && (num_bins & (num_bins - 1)) == 0);
}

}  // namespace

double Histogram::edge(size_t i) const {
  return std::ldexp(static_cast<double>(first_bin + static_cast<int64_t>(i)), exponent);
}

TensorStatistics::TensorStatistics(int num_bins) : num_bins_(num_bins), low_(kInfinity), high_(-kInfinity) {
  if (!valid_num_bins(num_bins)) {
    throw Error(ErrorCode::InvalidConfig, "A histogram cannot have " + std::to_string(num_bins) + " bins.",
                {}, "Choose a power of two from 128 to 16384.");
  }
}

void TensorStatistics::cover(float low, float high) {
  if (low >= low_ && high <= high_) return;
  low_ = std::min(low_, low);
  high_ = std::max(high_, high);
  if (num_bins_ == 0) return;
  Histogram grown = empty_histogram(low_, high_, num_bins_);
  add_counts(histogram_, grown);
  histogram_ = std::move(grown);
}

Extremes TensorStatistics::observe(std::span<const float> values) {
  Extremes extremes = {kInfinity, -kInfinity};
  BinCounter counter(histogram_, values.size());
  std::vector<float> finite;
  for (size_t begin = 0; begin < values.size(); begin += kBlock) {
    std::span<const float> block = values.subspan(begin, std::min(kBlock, values.size() - begin));
    Summary summary = summarize(block);
    if (!summary.all_finite) {
      finite.clear();
      std::copy_if(block.begin(), block.end(), std::back_inserter(finite),
                   [](float v) { return std::isfinite(v); });
      non_finite_ += block.size() - finite.size();
      block = finite;
      if (finite.empty()) continue;
      summary = summarize(block);
    }
    extremes = {std::min(extremes.low, summary.extremes.low), std::max(extremes.high, summary.extremes.high)};
    count_ += block.size();
    zeros_ += summary.zeros;
    if (summary.extremes.low < low_ || summary.extremes.high > high_) {
      counter.flush();
      cover(summary.extremes.low, summary.extremes.high);
    }
    if (num_bins_ != 0) counter.add(block);
  }
  counter.flush();
  return extremes;
}

void TensorStatistics::fold(Extremes sample, double moving_average_constant) {
  if (sample.low > sample.high) return;
  if (folded_ == 0) {
    average_low_ = sample.low;
    average_high_ = sample.high;
  } else {
    average_low_ += moving_average_constant * (double{sample.low} - average_low_);
    average_high_ += moving_average_constant * (double{sample.high} - average_high_);
  }
  ++folded_;
}

void TensorStatistics::merge(const TensorStatistics& other) {
  if (num_bins_ != other.num_bins_) malformed();
  non_finite_ += other.non_finite_;
  if (other.count_ == 0) return;
  cover(other.low_, other.high_);
  add_counts(other.histogram_, histogram_);
  count_ += other.count_;
  zeros_ += other.zeros_;
}

void TensorStatistics::append_to(Bytes& bytes) const {
  put(bytes, static_cast<int32_t>(num_bins_));
  put(bytes, static_cast<int32_t>(histogram_.exponent));
  put(bytes, count_);
  put(bytes, zeros_);
  put(bytes, non_finite_);
  put(bytes, low_);
  put(bytes, high_);
  put(bytes, average_low_);
  put(bytes, average_high_);
  put(bytes, folded_);
  for (const uint64_t count : histogram_.counts) put(bytes, count);
}

TensorStatistics TensorStatistics::take_from(std::span<const std::byte>& bytes) {
  const int32_t num_bins = take<int32_t>(bytes);
  const int32_t exponent = take<int32_t>(bytes);
  if (!valid_num_bins(num_bins)) malformed();
  TensorStatistics statistics(num_bins);
  statistics.count_ = take<uint64_t>(bytes);
  statistics.zeros_ = take<uint64_t>(bytes);
  statistics.non_finite_ = take<uint64_t>(bytes);
  const float low = take<float>(bytes);
  const float high = take<float>(bytes);
  statistics.average_low_ = take<double>(bytes);
  statistics.average_high_ = take<double>(bytes);
  statistics.folded_ = take<uint64_t>(bytes);
  if (statistics.count_ == 0) return statistics;
  if (!std::isfinite(low) || !std::isfinite(high) || low > high) malformed();
  // The bins follow from the range, so the counts alone are carried.
  statistics.cover(low, high);
  if (num_bins == 0) return statistics;
  if (statistics.histogram_.exponent != exponent) malformed();
  uint64_t total = 0;
  for (uint64_t& count : statistics.histogram_.counts) {
    count = take<uint64_t>(bytes);
    total += count;
  }
  if (total != statistics.count_ || statistics.zeros_ > total) malformed();
  return statistics;
}

}  // namespace octet::calibrate
