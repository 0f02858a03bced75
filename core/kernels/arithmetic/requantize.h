// Rescaling integers, scalar reference form. Vector forms must equal these element for element.
//
// `tflite`: value * multiplier * 2^(shift - 31), as gemmlowp
// (https://github.com/google/gemmlowp/blob/master/doc/quantization.md) and TFLite's reference kernels compute
// it: a saturating rounding doubling high multiply, then a rounding shift. `sima`: (value + 2^(n-1)) >> n.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>

namespace octet::kernels {

/// A real multiplier as multiplier * 2^(shift - 31), multiplier in [2^30, 2^31), or {0, 0} for zero.
struct FixedPointMultiplier {
  int32_t multiplier = 0;
  int32_t shift = 0;  ///< Positive is to the left.
};

/// Nearest fixed-point form of a real. Values below 2^-31 become zero; values of 2^30 and more saturate.
inline FixedPointMultiplier fixed_point_multiplier(double real) {
  if (real == 0.0) return {};
  if (!(std::fabs(real) < 0x1p30))
    return {std::numeric_limits<int32_t>::max(), 30};  // Also infinity and NaN.
  int shift = 0;
  const double fraction = std::frexp(real, &shift);
  int64_t fixed = static_cast<int64_t>(std::round(fraction * static_cast<double>(int64_t{1} << 31)));
  if (fixed == (int64_t{1} << 31)) {
    fixed /= 2;
    ++shift;
  }
  if (shift < -31) return {};
  if (shift > 30) return {std::numeric_limits<int32_t>::max(), 30};
  return {static_cast<int32_t>(fixed), shift};
}

/// round(a * b / 2^31), ties away from zero, saturating where a = b = INT32_MIN.
inline int32_t saturating_rounding_doubling_high_multiply(int32_t a, int32_t b) {
  if (a == b && a == std::numeric_limits<int32_t>::min()) return std::numeric_limits<int32_t>::max();
  const int64_t product = int64_t{a} * int64_t{b};
  const int64_t nudge = product >= 0 ? (int64_t{1} << 30) : (1 - (int64_t{1} << 30));
  return static_cast<int32_t>((product + nudge) / (int64_t{1} << 31));
}

/// value / 2^exponent rounded to nearest, ties away from zero; exponent in [0, 31].
inline int32_t rounding_divide_by_power_of_two(int32_t value, int exponent) {
  const int32_t mask = static_cast<int32_t>((int64_t{1} << exponent) - 1);
  const int32_t remainder = value & mask;
  const int32_t threshold = (mask >> 1) + (value < 0 ? 1 : 0);
  return (value >> exponent) + (remainder > threshold ? 1 : 0);
}

/// value * multiplier by the `tflite` rule. The left shift wraps as two's complement.
inline int32_t multiply_by(int32_t value, FixedPointMultiplier m) {
  const int left = std::max(m.shift, 0);
  const int right = std::max(-m.shift, 0);
  const int32_t shifted = static_cast<int32_t>(static_cast<uint32_t>(value) << left);
  return rounding_divide_by_power_of_two(saturating_rounding_doubling_high_multiply(shifted, m.multiplier),
                                         right);
}

/// round(value * multiplier) in double precision, ties away from zero, saturated to 16 bits: what LiteRT's
/// reference kernel of FULLY_CONNECTED does in place of multiply_by.
inline int32_t multiply_by_real(int32_t value, double multiplier) {
  return static_cast<int32_t>(std::clamp(std::round(value * multiplier), -32768.0, 32767.0));
}

/// (value + 2^(n-1)) >> n by the `sima` rule; n in [1, 62].
inline int64_t rounding_shift_right(int64_t value, int n) { return (value + (int64_t{1} << (n - 1))) >> n; }

/// value * multiplier by the `tflite` rule for INT16 activations, whose sums have 64 bits: the multiplier is
/// rounded to 15 bits, and halves go up. Takes |value| < 2^47. TFLite knows shifts to the left below 15 only;
/// with a larger one every value but 0 is far outside of 16 bits, and those beyond 16 bits count as 2^16.
inline int64_t multiply_by_wide(int64_t value, FixedPointMultiplier m) {
  const int64_t short_multiplier = std::min((int64_t{m.multiplier} + (1 << 15)) >> 16, int64_t{0x7fff});
  const int right = 15 - m.shift;
  if (right < 1) {
    constexpr int64_t kBeyond = 1 << 16;
    return std::clamp(value, -kBeyond, kBeyond) * short_multiplier * (int64_t{1} << -right);
  }
  return (value * short_multiplier + (int64_t{1} << (right - 1))) >> right;
}

/// The nearest T within [lowest, highest] to an integer already offset by the zero point.
template <class T, class Integer>
inline T clamp_to(Integer value, int32_t lowest = std::numeric_limits<T>::min(),
                  int32_t highest = std::numeric_limits<T>::max()) {
  return static_cast<T>(std::clamp<Integer>(value, lowest, highest));
}
template <class Integer>
inline int8_t clamp_to_int8(Integer value, int32_t lowest = -128, int32_t highest = 127) {
  return clamp_to<int8_t>(value, lowest, highest);
}

/// Real factors as integers over a common power of two: factors[i] = multipliers[i] * 2^-shift.
template <int kCount>
struct AffineMultipliers {
  int32_t multipliers[kCount];
  int shift;
};

/// The `sima` rule's multipliers: integers of at most 15 bits and sign, with the largest shift in [1,
/// largest_shift] that allows it. Rounds half away from zero.
template <int kCount>
AffineMultipliers<kCount> affine_multipliers(const double (&factors)[kCount], int largest_shift) {
  AffineMultipliers<kCount> result = {};
  for (int shift = largest_shift; shift >= 1; --shift) {
    bool fits = true;
    for (int i = 0; i < kCount; ++i) {
      const double scaled = std::round(std::ldexp(factors[i], shift));
      fits = fits && std::fabs(scaled) <= 32767;
      result.multipliers[i] = static_cast<int32_t>(std::clamp(scaled, -32767.0, 32767.0));
    }
    result.shift = shift;
    if (fits) break;
  }
  return result;
}

}  // namespace octet::kernels
