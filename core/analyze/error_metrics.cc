#include "analyze/error_metrics.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "kernels/arithmetic/math.h"

namespace octet::analyze {

double sqnr_db(double signal, double noise) {
  if (noise == 0) return std::numeric_limits<double>::infinity();
  if (signal == 0) return 0;
  return 10 * kernels::log10(signal / noise);
}

void ErrorSums::add(std::span<const float> reference, std::span<const float> actual) {
  for (size_t i = 0; i < reference.size(); ++i) {
    const double r = reference[i];
    const double a = actual[i];
    const double error = std::fabs(r - a);
    signal_ += r * r;
    actual_ += a * a;
    product_ += r * a;
    squared_error_ += error * error;
    absolute_error_ += error;
    max_error_ = std::max(max_error_, error);
  }
  count_ += reference.size();
}

void ErrorSums::merge(const ErrorSums& other) {
  signal_ += other.signal_;
  actual_ += other.actual_;
  product_ += other.product_;
  squared_error_ += other.squared_error_;
  absolute_error_ += other.absolute_error_;
  max_error_ = std::max(max_error_, other.max_error_);
  count_ += other.count_;
}

double ErrorSums::mse() const { return count_ == 0 ? 0 : squared_error_ / static_cast<double>(count_); }

double ErrorSums::mae() const { return count_ == 0 ? 0 : absolute_error_ / static_cast<double>(count_); }

double ErrorSums::cosine() const {
  if (signal_ == 0 && actual_ == 0) return 1;
  if (signal_ == 0 || actual_ == 0) return 0;
  return product_ / (std::sqrt(signal_) * std::sqrt(actual_));
}

}  // namespace octet::analyze
