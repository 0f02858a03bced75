// How far two signals are apart.
#pragma once

#include <cstdint>
#include <span>

namespace octet::analyze {

/// Sums over elements and samples from which all metrics follow. Accumulates in double, in element order.
/// Trivially copyable: workers of one build exchange it as bytes.
class ErrorSums {
 public:
  /// `reference` and `actual` have equal length.
  void add(std::span<const float> reference, std::span<const float> actual);
  void merge(const ErrorSums& other);

  /// 10 log10(sum r^2 / sum (r-a)^2); +infinity when equal, else 0 when the reference is all zero.
  double sqnr_db() const;
  double mse() const;
  double mae() const;
  double cosine() const;  ///< 1 when both are all zero, 0 when one is.
  double max_error() const { return max_error_; }
  uint64_t count() const { return count_; }

 private:
  double signal_ = 0;
  double actual_ = 0;
  double product_ = 0;
  double squared_error_ = 0;
  double absolute_error_ = 0;
  double max_error_ = 0;
  uint64_t count_ = 0;
};

}  // namespace octet::analyze
