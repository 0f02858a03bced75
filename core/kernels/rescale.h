// The last step of integer elementwise kernels, four 32-bit lanes at a time: rescale by either rule, move to
// the output's zero point, clamp. The rules themselves are in kernels/requantize.h.
#pragma once

#include <algorithm>
#include <cstdint>

#include "ir/quant_params.h"
#include "kernels/requantize.h"
#include "kernels/simd.h"

namespace octet::kernels {

/// saturating_rounding_doubling_high_multiply of lanes by a non-negative multiplier.
inline v128_t doubling_high_multiply(v128_t values, v128_t multiplier) {
  // (product + 2^30) >> 31: bits 31 to 62 of the sum, whose sign needs no care as bit 63 is not taken.
  const v128_t half = wasm_i64x2_splat(int64_t{1} << 30);
  const v128_t low = wasm_i64x2_add(wasm_i64x2_extmul_low_i32x4(values, multiplier), half);
  const v128_t high = wasm_i64x2_add(wasm_i64x2_extmul_high_i32x4(values, multiplier), half);
  return wasm_i32x4_shuffle(wasm_u64x2_shr(low, 31), wasm_u64x2_shr(high, 31), 0, 2, 4, 6);
}

/// How an int32 result becomes an int8 output.
class Rescale {
 public:
  /// out = clamp(zero_point + value * multiplier) by the `tflite` rule.
  static Rescale by_multiplier(FixedPointMultiplier multiplier, int32_t zero_point, int32_t low,
                               int32_t high) {
    return Rescale(multiplier.multiplier, std::max(multiplier.shift, 0), std::max(-multiplier.shift, 0),
                   false, zero_point, low, high);
  }
  /// out = clamp(zero_point + r(value, n)) by the `sima` rule, n >= 1. |value| < 2^31 - 1, so that n
  /// above 32 acts as 32.
  static Rescale by_shift(int n, int32_t zero_point, int32_t low, int32_t high) {
    return Rescale(0, 0, std::min(n, 32) - 1, true, zero_point, low, high);
  }

  /// Output integers in 32-bit lanes, within [low, high].
  v128_t operator()(v128_t value) const {
    v128_t result;
    if (shift_only_) {
      // (value + 2^(n-1)) >> n without the overflow of the sum.
      const v128_t halves = wasm_i32x4_shr(value, static_cast<uint32_t>(right_));
      result = wasm_i32x4_shr(wasm_i32x4_add(halves, wasm_i32x4_splat(1)), 1);
    } else {
      const v128_t shifted = wasm_i32x4_shl(value, static_cast<uint32_t>(left_));
      result = rounding_divide(doubling_high_multiply(shifted, wasm_i32x4_splat(multiplier_)));
    }
    result = wasm_i32x4_add(result, wasm_i32x4_splat(zero_point_));
    return wasm_i32x4_min(wasm_i32x4_max(result, wasm_i32x4_splat(low_)), wasm_i32x4_splat(high_));
  }

 private:
  Rescale(int32_t multiplier, int left, int right, bool shift_only, int32_t zero_point, int32_t low,
          int32_t high)
      : multiplier_(multiplier),
        left_(left),
        right_(right),
        shift_only_(shift_only),
        zero_point_(zero_point),
        low_(low),
        high_(high) {}

  /// rounding_divide_by_power_of_two of lanes by 2^right_.
  v128_t rounding_divide(v128_t value) const {
    const int32_t mask = static_cast<int32_t>((int64_t{1} << right_) - 1);
    const v128_t remainder = wasm_v128_and(value, wasm_i32x4_splat(mask));
    // Comparisons give -1 for true: subtracting one adds one.
    const v128_t is_negative = wasm_i32x4_lt(value, wasm_i32x4_splat(0));
    const v128_t threshold = wasm_i32x4_sub(wasm_i32x4_splat(mask >> 1), is_negative);
    const v128_t rounds_up = wasm_i32x4_gt(remainder, threshold);
    return wasm_i32x4_sub(wasm_i32x4_shr(value, static_cast<uint32_t>(right_)), rounds_up);
  }

  int32_t multiplier_;
  int left_;
  int right_;
  bool shift_only_;
  int32_t zero_point_;
  int32_t low_;
  int32_t high_;
};

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
