#include "kernels/arithmetic/interpolated_int16.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "kernels/arithmetic/math.h"

namespace octet::kernels {
namespace {

constexpr size_t kKnots = 256;

/// 65536 / (1 + e^-x) at multiples of 1/24, raised by half of what a chord to the next lies too low in the
/// middle; 1 at the last, where the function is constant in 16 bits. Found by asking TFLite's reference
/// kernel for all values of x.
const std::array<int32_t, kKnots>& sigmoid_knots() {
  static const std::array<int32_t, kKnots> kTable = [] {
    std::array<int32_t, kKnots> table;
    const auto value_at = [](double knot) { return 65536 * logistic(knot / 24); };
    for (size_t i = 0; i < kKnots; ++i) {
      const double knot = static_cast<double>(i);
      const double chord = (value_at(knot) + value_at(knot + 1)) / 2;
      table[i] = static_cast<int32_t>(std::round(value_at(knot) + (value_at(knot + 0.5) - chord) / 2));
    }
    table.back() = 65535;
    return table;
  }();
  return kTable;
}

/// The logistic function of |x|, in steps of 2^-(16 + fraction_bits), for x in steps of 2^-fraction_bits
/// knots; `beyond` behind the last knot.
int32_t interpolated_sigmoid(int32_t magnitude, int fraction_bits, int32_t beyond) {
  const size_t knot = static_cast<size_t>(magnitude >> fraction_bits);
  if (knot >= kKnots - 1) return beyond;
  const int32_t here = sigmoid_knots()[knot];
  const int32_t rise = sigmoid_knots()[knot + 1] - here;
  return (here << fraction_bits) + rise * (magnitude & ((1 << fraction_bits) - 1));
}

}  // namespace

SigmoidInput::SigmoidInput(float scale) {
  double multiplier = static_cast<double>(scale) * 12288;
  while (multiplier <= 32767.0 / 2 && shift_ <= 30) {
    multiplier *= 2;
    ++shift_;
  }
  multiplier_ = static_cast<int32_t>(std::min(multiplier, 32767.0));
}

int16_t logistic_int16(int32_t x) {
  constexpr int kFractionBits = 9;
  constexpr int32_t kHalfStep = 1 << 9;
  const int32_t positive = interpolated_sigmoid(std::abs(x), kFractionBits, 0x7fff << 10);
  const int32_t fine = x >= 0 ? positive + kHalfStep : (1 << 25) - positive + kHalfStep - 1;
  return static_cast<int16_t>(fine >> 10);
}

/// By tanh(x) = 2 logistic(2x) - 1.
int16_t tanh_int16(int32_t x) {
  constexpr int kFractionBits = 8;
  constexpr int32_t kHalf = 1 << 23;
  constexpr int32_t kHalfStep = 1 << 7;
  const int32_t positive = interpolated_sigmoid(std::abs(x), kFractionBits, 0xffff << kFractionBits);
  const int32_t fine = x >= 0 ? positive - kHalf + kHalfStep : kHalf - positive + kHalfStep - 1;
  return static_cast<int16_t>(fine >> 8);
}

InterpolatedInt16::InterpolatedInt16(double low, double high, double (*function)(double)) {
  constexpr int kLines = 512;
  const double step = (high - low) / kLines;
  const auto steps_at = [&](double x) { return function(x) * 32768; };
  const auto limited = [](double value) {
    return static_cast<int32_t>(std::clamp(value, -32768.0, 32767.0));
  };
  for (int i = 0; i < kLines; ++i) {
    const double here = low + i * step;
    const double end = std::round(steps_at(here));
    const double interpolated = std::round((steps_at(low + (i + 1) * step) + end) / 2);
    const double error = interpolated - std::round(steps_at(here + step / 2));
    ends_[static_cast<size_t>(i)] = limited(end - std::round(error / 2));
  }
  ends_[kLines] = limited(std::round(steps_at(high)));
}

}  // namespace octet::kernels
