// Rescaling eight channels of sums to INT16: the vector form of multiply_by_wide, and of `sima`'s shift,
// equal to them element for element.
//
// Both rules are (sum * m + 2^(s-1)) >> s. Multiplied by 2^(32-s) that is the upper word of a 64-bit product,
// which is how eight channels with shifts of their own are computed at once. Where sums or multipliers leave
// 32 bits, the rule is computed as it stands, channel by channel.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <span>

#include "kernels/arithmetic/requantize.h"
#include "kernels/panel.h"
#include "kernels/simd.h"

namespace octet::kernels {

/// A channel's rescaling to INT16: (sum * multiplier + 2^(shift-1)) >> shift, or, where `real` is not 0,
/// round(sum * real) in double precision, halves away from zero.
struct Int16Multiplier {
  int32_t multiplier = 0;
  int shift = 1;  ///< In [1, 62].
  double real = 0;
};

/// The `tflite` rule: see multiply_by_wide. What shifts to the left past all of 15 bits is taken as a real.
inline Int16Multiplier int16_multiplier(FixedPointMultiplier m) {
  if (m.shift > 14) return {.multiplier = 0, .shift = 1, .real = std::ldexp(m.multiplier, m.shift - 31)};
  const int64_t short_multiplier = std::min((int64_t{m.multiplier} + (1 << 15)) >> 16, int64_t{0x7fff});
  return {static_cast<int32_t>(short_multiplier), 15 - m.shift, 0};
}

/// The clamping range of an INT16 output, whose zero point is 0.
struct Int16Range {
  int32_t low = -32768;
  int32_t high = 32767;
};

/// One output's rescaling: `bias` may be empty, `multipliers` has one entry a channel.
struct Int16Epilogue {
  std::span<const int64_t> bias;
  std::span<const Int16Multiplier> multipliers;
  Int16Range range;
};

/// Bias and rescaling of eight neighbouring output channels; unused channels are zero.
class Int16RescalingPanel {
 public:
  /// `largest_sums` has the most that |sum| can be in each channel, without bias.
  Int16RescalingPanel(const Panel& panel, const Int16Epilogue& epilogue,
                      std::span<const int64_t> largest_sums)
      : range_(epilogue.range) {
    for (int32_t c = 0; c < panel.channels; ++c) {
      const size_t channel = static_cast<size_t>(panel.first_channel + c);
      const int64_t bias = epilogue.bias.empty() ? 0 : epilogue.bias[channel];
      const Int16Multiplier& multiplier = epilogue.multipliers[channel];
      bias_[c] = bias;
      multipliers_[c] = multiplier;
      const double largest =
          static_cast<double>(largest_sums[static_cast<size_t>(c)]) + std::fabs(static_cast<double>(bias));
      const double word_multiplier = std::ldexp(multiplier.multiplier, 32 - multiplier.shift);
      in_words_ = in_words_ && largest < 0x1p31 && multiplier.real == 0 && multiplier.shift <= 32 &&
                  word_multiplier < 0x1p31;
      if (!in_words_) continue;
      word_bias_[c] = static_cast<int32_t>(bias);
      word_multiplier_[c] = static_cast<int32_t>(word_multiplier);
    }
  }

  /// True where sums and multipliers fit 32 bits, so that store() of words gives the exact result.
  bool in_words() const { return in_words_; }

  /// Rescales the sums of eight channels, clamps, and stores the first `count`. Needs in_words().
  void store(v128_t sums_low, v128_t sums_high, int16_t* destination, int count) const {
    const v128_t words = wasm_i16x8_narrow_i32x4(rescaled(sums_low, 0), rescaled(sums_high, 4));
    const v128_t raised = wasm_i16x8_max(words, wasm_i16x8_splat(static_cast<int16_t>(range_.low)));
    const v128_t clamped = wasm_i16x8_min(raised, wasm_i16x8_splat(static_cast<int16_t>(range_.high)));
    if (count == kPanelChannels) {
      wasm_v128_store(destination, clamped);
    } else {
      int16_t values[kPanelChannels];
      wasm_v128_store(values, clamped);
      std::copy_n(values, count, destination);
    }
  }

  /// The same from sums of 64 bits, for any panel.
  void store(const int64_t* sums, int16_t* destination, int count) const {
    for (int c = 0; c < count; ++c) destination[c] = rescaled(sums[c] + bias_[c], multipliers_[c]);
  }

 private:
  v128_t rescaled(v128_t sums, int first) const {
    const v128_t half = wasm_i64x2_splat(int64_t{1} << 31);
    const v128_t biased = wasm_i32x4_add(sums, wasm_v128_load(word_bias_ + first));
    const v128_t multiplier = wasm_v128_load(word_multiplier_ + first);
    const v128_t low = wasm_i64x2_add(wasm_i64x2_extmul_low_i32x4(biased, multiplier), half);
    const v128_t high = wasm_i64x2_add(wasm_i64x2_extmul_high_i32x4(biased, multiplier), half);
    return wasm_i32x4_shuffle(low, high, 1, 3, 5, 7);
  }

  int16_t rescaled(int64_t sum, const Int16Multiplier& m) const {
    if (m.real != 0) {
      const double value = std::round(static_cast<double>(sum) * m.real);
      return static_cast<int16_t>(
          std::clamp(value, static_cast<double>(range_.low), static_cast<double>(range_.high)));
    }
    // Far outside of what any bias and any sum of INT16 products reach, and still no overflow.
    const int64_t limited = std::clamp<int64_t>(sum, -(int64_t{1} << 46), int64_t{1} << 46);
    const int64_t scaled = (limited * m.multiplier + (int64_t{1} << (m.shift - 1))) >> m.shift;
    return clamp_to<int16_t>(scaled, range_.low, range_.high);
  }

  alignas(16) int32_t word_bias_[kPanelChannels] = {};
  alignas(16) int32_t word_multiplier_[kPanelChannels] = {};
  int64_t bias_[kPanelChannels] = {};
  Int16Multiplier multipliers_[kPanelChannels] = {};
  Int16Range range_;
  bool in_words_ = true;
};

}  // namespace octet::kernels
