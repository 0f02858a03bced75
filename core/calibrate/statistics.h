// What is remembered of a tensor's values over all samples, in bounded memory.
//
// The histogram's bins have width 2^k and are aligned at 0, k the smallest that covers the observed range,
// widened to contain 0, with at most `num_bins` bins. Growing merges bins in pairs, exactly, so a histogram
// depends only on the multiset of values: not on their order, nor on how samples were dealt to workers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <tuple>
#include <vector>

#include "ir/tensor.h"

namespace octet::calibrate {

inline constexpr int kDefaultBins = 2048;
inline constexpr int kFewestBins = 128;
inline constexpr int kMostBins = 16384;

/// Smallest and largest finite value of one tensor in one sample; low > high when there was none.
struct Extremes {
  float low;
  float high;

  static constexpr auto kFields = std::tuple(&Extremes::low, &Extremes::high);
};

/// Bin b >= 0 holds [b, b + 1) * 2^exponent, bin b < 0 holds (b, b + 1] * 2^exponent: each includes its end
/// near zero.
struct Histogram {
  int exponent = 0;
  int64_t first_bin = 0;  ///< The bin that counts[0] counts. Bin 0 is always among them.
  std::vector<uint64_t> counts;

  /// Lower edge of the bin that counts[i] counts; exact.
  double edge(size_t i) const;
};

class TensorStatistics {
 public:
  /// `num_bins` is a power of two in [kFewestBins, kMostBins], or 0 to keep no histogram, only extremes and
  /// counts.
  explicit TensorStatistics(int num_bins = kDefaultBins);

  /// Adds one sample's values and returns their extremes; non-finite values are counted apart.
  Extremes observe(std::span<const float> values);
  /// Moves the moving average of the extremes by one sample; must be called once a sample, in sample order.
  void fold(Extremes sample, double moving_average_constant);
  /// Adds another worker's histogram and counts (not its moving average). Exact. Throws InvalidInput when the
  /// other has another number of bins.
  void merge(const TensorStatistics& other);

  uint64_t count() const { return count_; }            ///< Finite values seen.
  uint64_t zeros() const { return zeros_; }            ///< Of these, exact zeros; they are in bin 0 too.
  uint64_t non_finite() const { return non_finite_; }  ///< NaN and infinities seen.
  float low() const { return low_; }                   ///< Smallest finite value; +inf when none.
  float high() const { return high_; }                 ///< Largest finite value; -inf when none.
  double average_low() const { return average_low_; }  ///< Moving averages; meaningful when folded() > 0.
  double average_high() const { return average_high_; }
  uint64_t folded() const { return folded_; }
  const Histogram& histogram() const { return histogram_; }

  /// As bytes, for another worker.
  void append_to(Bytes& bytes) const;
  /// Inverse of append_to; advances `bytes`. Throws InvalidInput when they are no statistics.
  static TensorStatistics take_from(std::span<const std::byte>& bytes);

 private:
  /// Widens the observed range and, where that needs more or wider bins, the histogram.
  void cover(float low, float high);

  int num_bins_;
  Histogram histogram_;
  uint64_t count_ = 0;
  uint64_t zeros_ = 0;
  uint64_t non_finite_ = 0;
  float low_;
  float high_;
  double average_low_ = 0;
  double average_high_ = 0;
  uint64_t folded_ = 0;
};

/// What is remembered of the rows of a tensor along its last axis, for operators that compare within rows.
/// Like a histogram it depends on the set of rows alone.
struct RowStatistics {
  /// Of all rows' largest values the least; +inf when no row counted.
  float least_maximum = std::numeric_limits<float>::infinity();
  /// How far the smallest value of a row was below its largest, at most; infinite where one was.
  float widest = 0;

  /// Rows that hold nothing but masked logits do not count: nothing that is left of them is of use.
  void observe(std::span<const float> values, size_t row_length);
  void merge(const RowStatistics& other);
  /// As those of TensorStatistics.
  void append_to(Bytes& bytes) const;
  static RowStatistics take_from(std::span<const std::byte>& bytes);
};

}  // namespace octet::calibrate
