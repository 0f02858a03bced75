// Rescaling eight channels of 32-bit sums to INT8 at once: the vector form of requantize.h, equal to it
// element for element. Both modes share one form: `sima`'s shift by n is `tflite`'s multiplier 2^(31 - n)
// without a shift of its own.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <limits>
#include <span>

#include "kernels/arithmetic/requantize.h"
#include "kernels/panel.h"
#include "kernels/simd.h"

namespace octet::kernels {

/// The `sima` shift (value + 2^(n-1)) >> n as a multiplier; n in [1, 31].
inline FixedPointMultiplier multiplier_of_shift(int n) { return {int32_t{1} << (31 - n), 0}; }

/// What an INT8 output adds and clamps to.
struct Int8Range {
  int32_t zero_point = 0;
  int32_t low = -128;
  int32_t high = 127;
};

/// Bias and rescaling of eight neighbouring output channels; unused channels are zero.
struct alignas(16) RequantizationPanel {
  int32_t bias[kPanelChannels] = {};
  int32_t multiplier[kPanelChannels] = {};
  int32_t left_factor[kPanelChannels] = {};   ///< 2^left shift, applied before the multiplier.
  int32_t right_factor[kPanelChannels] = {};  ///< 2^(31 - right shift); unused where there is none.
  int32_t shifts_right[kPanelChannels] = {};  ///< All ones where there is a right shift, else 0.
  int16_t word_factor[kPanelChannels] = {};   ///< 2^(15 - (right shift - word_shift)).
  int32_t word_shift = -1;  ///< Part of the right shift that all channels share; -1: see below.
  bool any_left = false;
  bool any_right = false;

  RequantizationPanel() = default;

  /// At most eight channels. `channel_bias` may be empty.
  RequantizationPanel(std::span<const int32_t> channel_bias,
                      std::span<const FixedPointMultiplier> multipliers) {
    std::copy(channel_bias.begin(), channel_bias.end(), bias);
    int32_t least_shift = 31;
    int32_t most_shift = 0;
    for (size_t c = 0; c < multipliers.size(); ++c) {
      const int32_t shift = multipliers[c].shift;
      multiplier[c] = multipliers[c].multiplier;
      left_factor[c] = int32_t{1} << std::max(shift, 0);
      right_factor[c] = shift < 0 ? int32_t{1} << (31 + shift) : 0;
      shifts_right[c] = shift < 0 ? -1 : 0;
      any_left = any_left || shift > 0;
      any_right = any_right || shift < 0;
      least_shift = std::min(least_shift, -shift);
      most_shift = std::max(most_shift, -shift);
    }
    // Shifting by word_shift leaves 1 to 6 bits of shift. A 16-bit value that saturates is then 2^9 or more
    // behind them: whatever the zero point, it ends at the clamp, where the exact value would.
    if (least_shift < 1 || most_shift - least_shift > 5) return;
    word_shift = least_shift - 1;
    for (size_t c = 0; c < multipliers.size(); ++c) {
      word_factor[c] = static_cast<int16_t>(1 << (15 - (-multipliers[c].shift - word_shift)));
    }
  }
};

/// round(a * b / 2^31), ties upwards, in each 32-bit lane: saturating_rounding_doubling_high_multiply where
/// not both are INT32_MIN (its rounding of negative ties, spelled with a truncating division, is upwards
/// too).
inline v128_t rounding_doubling_high_multiply(v128_t a, v128_t b) {
  const v128_t half = wasm_i64x2_splat(int64_t{1} << 30);
  const v128_t low = wasm_i64x2_shl(wasm_i64x2_add(wasm_i64x2_extmul_low_i32x4(a, b), half), 1);
  const v128_t high = wasm_i64x2_shl(wasm_i64x2_add(wasm_i64x2_extmul_high_i32x4(a, b), half), 1);
  return wasm_i32x4_shuffle(low, high, 1, 3, 5, 7);
}

/// multiply_by in each lane, with the factors of lanes [first, first + 4) of `panel`.
inline v128_t multiply_by(v128_t sums, const RequantizationPanel& panel, int first) {
  if (panel.any_left) sums = wasm_i32x4_mul(sums, wasm_v128_load(panel.left_factor + first));
  const v128_t scaled = rounding_doubling_high_multiply(sums, wasm_v128_load(panel.multiplier + first));
  if (!panel.any_right) return scaled;
  // Ties go away from zero: upwards once negative values are moved down by one. `scaled` never is INT32_MIN.
  const v128_t nudged = wasm_i32x4_add(scaled, wasm_i32x4_shr(scaled, 31));
  const v128_t shifted = rounding_doubling_high_multiply(nudged, wasm_v128_load(panel.right_factor + first));
  return wasm_v128_bitselect(shifted, scaled, wasm_v128_load(panel.shifts_right + first));
}

/// The first part of multiply_by where the panel has a word_shift: floor(nudged / 2^word_shift).
inline v128_t multiply_before_words(v128_t sums, const RequantizationPanel& panel, int first) {
  const v128_t scaled = rounding_doubling_high_multiply(sums, wasm_v128_load(panel.multiplier + first));
  const v128_t nudged = wasm_i32x4_add(scaled, wasm_i32x4_shr(scaled, 31));
  return wasm_i32x4_shr(nudged, static_cast<uint32_t>(panel.word_shift));
}

/// Eight sums rescaled, saturated to 16 bits. WebAssembly has no shift by a count of each lane's own: a
/// multiplication by 2^-n stands for it, on 16-bit lanes where the panel allows (floor of floor is exact),
/// else on 64-bit products.
inline v128_t rescaled_words(v128_t sums_low, v128_t sums_high, const RequantizationPanel& panel) {
  if (panel.word_shift < 0) {
    return wasm_i16x8_narrow_i32x4(multiply_by(sums_low, panel, 0), multiply_by(sums_high, panel, 4));
  }
  const v128_t words = wasm_i16x8_narrow_i32x4(multiply_before_words(sums_low, panel, 0),
                                               multiply_before_words(sums_high, panel, 4));
  return wasm_i16x8_q15mulr_sat(words, wasm_v128_load(panel.word_factor));
}

/// The other way to rescale: eight channels' real multipliers, in double precision as multiply_by_real.
struct alignas(16) RealMultiplierPanel {
  int32_t bias[kPanelChannels] = {};
  double multiplier[kPanelChannels] = {};
  static constexpr bool has_steps = false;  ///< As EstimatedPanel: it rounds by itself.

  RealMultiplierPanel() = default;

  /// At most eight channels. `channel_bias` may be empty.
  RealMultiplierPanel(std::span<const int32_t> channel_bias, std::span<const double> multipliers) {
    std::copy(channel_bias.begin(), channel_bias.end(), bias);
    std::copy(multipliers.begin(), multipliers.end(), multiplier);
  }
};

/// multiply_by_real of the lower two lanes.
inline v128_t multiply_by_real(v128_t sums, v128_t multiplier) {
  const v128_t product = wasm_f64x2_mul(wasm_f64x2_convert_low_i32x4(sums), multiplier);
  // Rounding by adding a half would itself round up just below ties; the fraction behind the truncated part
  // is exact.
  const v128_t whole = wasm_f64x2_trunc(product);
  const v128_t fraction = wasm_f64x2_sub(product, whole);
  const v128_t away =
      wasm_v128_and(wasm_f64x2_ge(wasm_f64x2_abs(fraction), wasm_f64x2_splat(0.5)), wasm_f64x2_splat(1.0));
  const v128_t sign = wasm_v128_and(product, wasm_f64x2_splat(-0.0));
  return wasm_i32x4_trunc_sat_f64x2_zero(wasm_f64x2_add(whole, wasm_v128_or(away, sign)));
}

inline v128_t multiply_by_real(v128_t sums, const double* multipliers) {
  const v128_t upper_sums = wasm_i32x4_shuffle(sums, sums, 2, 3, 2, 3);
  const v128_t low = multiply_by_real(sums, wasm_v128_load(multipliers));
  const v128_t high = multiply_by_real(upper_sums, wasm_v128_load(multipliers + 2));
  return wasm_i32x4_shuffle(low, high, 0, 1, 4, 5);
}

inline v128_t rescaled_words(v128_t sums_low, v128_t sums_high, const RealMultiplierPanel& panel) {
  return wasm_i16x8_narrow_i32x4(multiply_by_real(sums_low, panel.multiplier),
                                 multiply_by_real(sums_high, panel.multiplier + 4));
}

/// Stores the first `count` (1 to 8) bytes of `lanes`.
inline void store_bytes(int8_t* destination, v128_t lanes, int count) {
  if (count == kPanelChannels) {
    wasm_v128_store64_lane(destination, lanes, 0);
  } else {
    int8_t bytes[16];
    wasm_v128_store(bytes, lanes);
    std::memcpy(destination, bytes, static_cast<size_t>(count));
  }
}

/// Sixteen rescaled values with 16 bits, moved to the zero point and clamped. Saturating to 16 bits first
/// loses nothing: the zero point moves a value by 128 at most, and INT8 clamps behind it.
inline v128_t clamped(v128_t first, v128_t second, const Int8Range& range) {
  const v128_t zero_point = wasm_i16x8_splat(static_cast<int16_t>(range.zero_point));
  const v128_t bytes =
      wasm_i8x16_narrow_i16x8(wasm_i16x8_add_sat(first, zero_point), wasm_i16x8_add_sat(second, zero_point));
  return wasm_i8x16_min(wasm_i8x16_max(bytes, wasm_i8x16_splat(static_cast<int8_t>(range.low))),
                        wasm_i8x16_splat(static_cast<int8_t>(range.high)));
}

/// Rescales the sums of eight channels (bias already added), adds the zero point, clamps, and stores `count`
/// of them.
template <class RescalingPanel>
inline void requantize_and_store(v128_t sums_low, v128_t sums_high, const RescalingPanel& panel,
                                 const Int8Range& range, int8_t* destination, int count) {
  const v128_t words = rescaled_words(sums_low, sums_high, panel);
  store_bytes(destination, clamped(words, words, range), count);
}

}  // namespace octet::kernels
