// How far two signals are apart.
#pragma once

#include <cstdint>
#include <span>
#include <tuple>

namespace octet::analyze {

/// 10 log10(signal / noise), of sums of squares; +infinity without noise, else 0 without signal.
double sqnr_db(double signal, double noise);

/// Sums over elements and samples from which all metrics follow. Accumulates in double, in element order.
class ErrorSums {
 public:
  /// `reference` and `actual` have equal length.
  void add(std::span<const float> reference, std::span<const float> actual);
  void merge(const ErrorSums& other);

  double sqnr_db() const { return analyze::sqnr_db(signal_, squared_error_); }
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

 public:
  static constexpr auto kFields =
      std::tuple(&ErrorSums::signal_, &ErrorSums::actual_, &ErrorSums::product_, &ErrorSums::squared_error_,
                 &ErrorSums::absolute_error_, &ErrorSums::max_error_, &ErrorSums::count_);
};

}  // namespace octet::analyze
