#include "calibrate/statistics.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <iterator>
#include <limits>
#include <numeric>
#include <optional>
#include <string>
#include <utility>

#include "ir/byte_stream.h"
#include "ir/error.h"
#include "kernels/simd.h"
#include "kernels/unrolled.h"

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

/// The summary of finite values, from the lanes' ends and numbers of zeros.
Summary summary_of(v128_t low, v128_t high, v128_t zeros) {
  std::array<float, kLanes> lows, highs;
  std::array<uint32_t, kLanes> zero_counts;
  wasm_v128_store(lows.data(), low);
  wasm_v128_store(highs.data(), high);
  wasm_v128_store(zero_counts.data(), zeros);
  Summary summary;
  // Which zero a minimum returns depends on order; adding +0 leaves only one.
  summary.extremes = {*std::min_element(lows.begin(), lows.end()) + 0.0f,
                      *std::max_element(highs.begin(), highs.end()) + 0.0f};
  for (const uint32_t count : zero_counts) summary.zeros += count;
  return summary;
}

Summary summarize(std::span<const float> values) {
  Summary summary;
  const v128_t magnitude_bits = wasm_i32x4_splat(0x7fffffff);
  // Two of each, since a minimum waits for the one before.
  constexpr int kChains = 2;
  v128_t low[kChains], high[kChains];
  v128_t largest[kChains];  // Bits of a magnitude: those of infinities and NaN are above all others.
  v128_t zeros[kChains];
  kernels::unrolled<kChains>([&](auto c) {
    low[c] = wasm_f32x4_splat(kInfinity);
    high[c] = wasm_f32x4_splat(-kInfinity);
    largest[c] = zeros[c] = wasm_i32x4_splat(0);
  });
  size_t i = 0;
  for (; i + kChains * kLanes <= values.size(); i += kChains * kLanes) {
    kernels::unrolled<kChains>([&](auto c) {
      const v128_t value = wasm_v128_load(values.data() + i + c * kLanes);
      low[c] = wasm_f32x4_pmin(low[c], value);
      high[c] = wasm_f32x4_pmax(high[c], value);
      largest[c] = wasm_i32x4_max(largest[c], wasm_v128_and(value, magnitude_bits));
      zeros[c] = wasm_i32x4_sub(zeros[c], wasm_f32x4_eq(value, wasm_f32x4_splat(0)));
    });
  }

  summary = summary_of(wasm_f32x4_pmin(low[0], low[1]), wasm_f32x4_pmax(high[0], high[1]),
                       wasm_i32x4_add(zeros[0], zeros[1]));
  const int32_t infinity_bits = __builtin_bit_cast(int32_t, kInfinity);
  summary.all_finite = wasm_i32x4_all_true(
      wasm_i32x4_lt(wasm_i32x4_max(largest[0], largest[1]), wasm_i32x4_splat(infinity_bits)));
  for (; i < values.size(); ++i) {
    summary.extremes.low = std::min(summary.extremes.low, values[i]);
    summary.extremes.high = std::max(summary.extremes.high, values[i]);
    summary.all_finite = summary.all_finite && std::isfinite(values[i]);
    summary.zeros += values[i] == 0.0f ? 1 : 0;
  }
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
  /// Counts on a table of each lane where `values` to come are many: neighbouring values often share a bin
  /// (zeros behind a ReLU), and increments of one counter wait for each other.
  BinCounter(Histogram& histogram, size_t values) : histogram_(histogram), many_(values >= kFewValues) {}

  /// Summarizes a block of at most kBlock values and works out where each is counted, for count_located().
  /// Nothing where that cannot be counted at once: values are few, are no whole steps, or some of them are
  /// not finite or in no bin.
  std::optional<Summary> locate(std::span<const float> values) {
    if (!many_ || histogram_.counts.empty() || values.size() % kStep != 0) return {};
    if (counted_ + values.size() > kMostCounted) flush();
    if (tables_.empty()) tables_.resize(histogram_.counts.size() * kLanes);
    return histogram_.first_bin < 0 ? locate_vectors<true>(values) : locate_vectors<false>(values);
  }

  /// Counts the `count` values that were located last.
  void count_located(size_t count) {
    counted_ += count;
    const auto add = [&](uint64_t two_places, size_t lane) {
      ++reinterpret_cast<uint16_t*>(origin() + static_cast<uint32_t>(two_places))[lane];
      ++reinterpret_cast<uint16_t*>(origin() + static_cast<uint32_t>(two_places >> 32))[lane + 1];
    };
    for (size_t i = 0; i < count; i += kStep) {
      // Read in pairs: half as many loads.
      std::array<uint64_t, kStep / 2> pairs;
      std::memcpy(pairs.data(), places_.data() + i, sizeof(pairs));
      kernels::unrolled<kStep / 2>([&](auto pair) { add(pairs[pair], pair % 2 * 2); });
    }
  }

  /// Counts values of which each has a bin.
  void add(std::span<const float> values) {
    if (locate(values)) {
      count_located(values.size());
      return;
    }
    const float scale = bins_per_unit(histogram_.exponent);
    const auto first_bin = static_cast<int32_t>(histogram_.first_bin);
    for (const float value : values)
      ++histogram_.counts[static_cast<size_t>(bin_of(value, scale) - first_bin)];
  }

  /// Brings all counts into the histogram; before its bins change, and in the end.
  void flush() {
    if (tables_.empty()) return;
    for (size_t bin = 0; bin < histogram_.counts.size(); ++bin) {
      const uint16_t* const lanes = tables_.data() + bin * kLanes;
      histogram_.counts[bin] += uint64_t{lanes[0]} + lanes[1] + lanes[2] + lanes[3];
    }
    tables_.clear();
    counted_ = 0;
  }

 private:
  /// As many as a lane's counter takes, in every lane.
  static constexpr size_t kMostCounted = kLanes * std::numeric_limits<uint16_t>::max();
  static constexpr size_t kStep = 2 * kLanes;
  /// Whether places are whole addresses: then the table's is added to four places at once.
  static constexpr bool kAddresses = sizeof(uintptr_t) == sizeof(uint32_t);

  uintptr_t table() const { return reinterpret_cast<uintptr_t>(tables_.data()); }
  /// What places are counted from.
  uintptr_t origin() const { return kAddresses ? 0 : table(); }

  /// Adding 2^20 to a bin's number makes a float whose bits are those of 2^20 and, from bit 3 on, the number:
  /// eight times it, the distance in bytes of the bin's counters.
  template <bool kNegatives>
  std::optional<Summary> locate_vectors(std::span<const float> values) {
    static_assert(kMostBins <= 1 << 19 && kLanes * sizeof(uint16_t) == 8);
    constexpr float kBase = 1 << 20;
    const v128_t table_place = wasm_i32x4_splat(static_cast<int32_t>(table() - origin()));
    const v128_t scale = wasm_f32x4_splat(bins_per_unit(histogram_.exponent));
    const v128_t base = wasm_f32x4_splat(kBase - static_cast<float>(histogram_.first_bin));
    const v128_t base_bits = wasm_i32x4_splat(__builtin_bit_cast(int32_t, kBase));
    v128_t low = wasm_f32x4_splat(kInfinity);
    v128_t high = wasm_f32x4_splat(-kInfinity);
    v128_t zeros = wasm_i32x4_splat(0);
    v128_t last = wasm_i32x4_splat(0);  // Infinities and NaN are far behind the table.
    for (size_t i = 0; i < values.size(); i += kLanes) {
      const v128_t value = wasm_v128_load(values.data() + i);
      low = wasm_f32x4_pmin(low, value);
      high = wasm_f32x4_pmax(high, value);
      zeros = wasm_i32x4_sub(zeros, wasm_f32x4_eq(value, wasm_f32x4_splat(0)));
      const v128_t bin = wasm_f32x4_trunc(wasm_f32x4_mul(value, scale));
      v128_t distance = wasm_i32x4_sub(wasm_f32x4_add(bin, base), base_bits);
      // One bin less below zero.
      if constexpr (kNegatives)
        distance = wasm_i32x4_add(distance, wasm_i32x4_shl(wasm_f32x4_lt(value, wasm_f32x4_splat(0)), 3));
      last = wasm_u32x4_max(last, distance);
      wasm_v128_store(places_.data() + i, wasm_i32x4_add(distance, table_place));
    }

    std::array<uint32_t, kLanes> lasts;
    wasm_v128_store(lasts.data(), last);
    const size_t table_bytes = tables_.size() * sizeof(uint16_t);
    if (*std::max_element(lasts.begin(), lasts.end()) >= table_bytes) return {};
    return summary_of(low, high, zeros);
  }

  Histogram& histogram_;
  bool many_;
  size_t counted_ = 0;            ///< Values that the tables may hold.
  std::vector<uint16_t> tables_;  ///< Bin by bin a counter of each lane, while there are counts in them.
  /// Of the values that were located: the bin's counters, as distance in bytes from origin().
  alignas(16) std::array<uint32_t, kBlock> places_;
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

[[noreturn]] void malformed() {
  throw Error(ErrorCode::InvalidInput, "The calibration state of a worker is damaged.", {},
              "All workers must run the same build of Octet and the same model and settings.");
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
  const auto take = [&](const Summary& summary, size_t count) {
    extremes = {std::min(extremes.low, summary.extremes.low), std::max(extremes.high, summary.extremes.high)};
    count_ += count;
    zeros_ += summary.zeros;
  };
  std::vector<float> finite;
  for (size_t begin = 0; begin < values.size(); begin += kBlock) {
    std::span<const float> block = values.subspan(begin, std::min(kBlock, values.size() - begin));
    // Most blocks are within what was seen before, and need one look.
    const std::optional<Summary> located = counter.locate(block);
    if (located && located->extremes.low >= low_ && located->extremes.high <= high_) {
      counter.count_located(block.size());
      take(*located, block.size());
      continue;
    }
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
    take(summary, block.size());
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
  put_all<uint64_t>(bytes, histogram_.counts);
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
  std::vector<uint64_t>& counts = statistics.histogram_.counts;
  take_all<uint64_t>(bytes, counts);
  const uint64_t total = std::accumulate(counts.begin(), counts.end(), uint64_t{0});
  if (total != statistics.count_ || statistics.zeros_ > total) malformed();
  return statistics;
}

void RowStatistics::observe(std::span<const float> values, size_t row_length) {
  // Masks begin at -10^4, and integers could not tell such logits from each other beside others near zero.
  constexpr float kMaskedRow = -0x1p13f;
  for (; values.size() >= row_length; values = values.subspan(row_length)) {
    float low = kInfinity, high = -kInfinity;
    for (const float value : values.first(row_length)) {  // NaN is neither.
      if (value < low) low = value;
      if (value > high) high = value;
    }
    if (!(high > kMaskedRow) || high == kInfinity) continue;
    least_maximum = std::min(least_maximum, high);
    widest = std::max(widest, high - low);
  }
}

void RowStatistics::merge(const RowStatistics& other) {
  least_maximum = std::min(least_maximum, other.least_maximum);
  widest = std::max(widest, other.widest);
}

void RowStatistics::append_to(Bytes& bytes) const {
  put(bytes, least_maximum);
  put(bytes, widest);
}

RowStatistics RowStatistics::take_from(std::span<const std::byte>& bytes) {
  RowStatistics rows;
  rows.least_maximum = take<float>(bytes);
  rows.widest = take<float>(bytes);
  if (std::isnan(rows.least_maximum) || !(rows.widest >= 0)) malformed();
  return rows;
}

}  // namespace octet::calibrate
