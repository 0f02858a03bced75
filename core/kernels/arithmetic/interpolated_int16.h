// Functions of INT16 values as TFLite's reference kernels of LOGISTIC, TANH and SOFTMAX compute them:
// tabulated at few points, and interpolated in integers.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace octet::kernels {

/// Brings INT16 values of a scale to steps of 1/12288, in which the logistic function is tabulated.
class SigmoidInput {
 public:
  explicit SigmoidInput(float scale);
  int32_t operator()(int32_t q) const {
    const int32_t half = shift_ > 0 ? int32_t{1} << (shift_ - 1) : 0;
    return (q * multiplier_ + half) >> shift_;
  }

 private:
  int32_t multiplier_;  ///< Of 15 bits, truncated.
  int shift_ = 0;
};

/// 1 / (1 + e^-x) and tanh(x) in steps of 2^-15, for x in steps of 1/12288.
int16_t logistic_int16(int32_t x);
int16_t tanh_int16(int32_t x);

/// A function by 512 lines, their ends moved so that the midpoints are near the function too.
class InterpolatedInt16 {
 public:
  /// INT16 stands for [low, high]; `function` gives values within [-1, 1].
  InterpolatedInt16(double low, double high, double (*function)(double));
  /// In steps of 2^-15.
  int32_t operator()(int32_t x) const {
    const size_t line = static_cast<size_t>(256 + (x >> 7));
    const int32_t rise = ends_[line + 1] - ends_[line];
    return ends_[line] + ((rise * (x & 0x7f) + 64) >> 7);
  }

 private:
  std::array<int32_t, 513> ends_;
};

}  // namespace octet::kernels
