// What is remembered of a tensor's values over all samples, in bounded memory.
//
// The histogram's bins have width 2^k, aligned at 0, k the smallest that covers the observed range with at most
// `num_bins` bins. Growing merges bins in pairs, exactly, so a histogram depends only on the multiset of values:
// not on their order, nor on how samples were dealt to workers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "ir/tensor.h"

namespace octet::calibrate {

inline constexpr int kDefaultBins = 2048;

/// Smallest and largest finite value of one tensor in one sample; low > high when there was none.
struct Extremes {
  float low;
  float high;
};

struct Histogram {
  int exponent = 0;            ///< Bins are 2^exponent wide.
  int64_t first_bin = 0;       ///< counts[0] covers [first_bin, first_bin + 1) * 2^exponent.
  std::vector<uint64_t> counts;
};

class TensorStatistics {
 public:
  explicit TensorStatistics(int num_bins = kDefaultBins);

  /// Adds one sample's values to the histogram and returns their extremes; non-finite values are counted apart.
  Extremes observe(std::span<const float> values);
  /// Moves the moving average of the extremes by one sample; must be called once a sample, in sample order.
  void fold(Extremes sample, double moving_average_constant);
  /// Adds another worker's histogram and counts (not its moving average). Exact.
  void merge(const TensorStatistics& other);

  uint64_t count() const { return count_; }            ///< Finite values seen.
  uint64_t non_finite() const { return non_finite_; }  ///< NaN and infinities seen.
  float low() const { return low_; }                   ///< Smallest finite value; +inf when none.
  float high() const { return high_; }
  double average_low() const { return average_low_; }  ///< Moving averages; meaningful when folded() > 0.
  double average_high() const { return average_high_; }
  uint64_t folded() const { return folded_; }
  const Histogram& histogram() const { return histogram_; }

  /// Binary form, for carrying between workers of the same build.
  void append_to(Bytes& bytes) const;
  /// Inverse of append_to; advances `bytes`. Throws InvalidInput when they are no statistics.
  static TensorStatistics take_from(std::span<const std::byte>& bytes);

 private:
  int num_bins_;
  Histogram histogram_;
  uint64_t count_ = 0;
  uint64_t non_finite_ = 0;
  float low_;
  float high_;
  double average_low_ = 0;
  double average_high_ = 0;
  uint64_t folded_ = 0;
};

}  // namespace octet::calibrate
