// Rescaling eight channels of sums to INT8 in single precision, in half of the instructions that the rule
// itself takes, and still equal to it element for element: the distance to the rule is bounded, and where
// that leaves two integers possible the rule itself is applied.
#pragma once

#include <cmath>
#include <cstdint>
#include <cstring>
#include <span>

#include "kernels/requantize_simd.h"
#include "kernels/unrolled.h"

namespace octet::kernels {

/// A RequantizationPanel with an estimate beside it.
///
/// The rule rounds x = sum * factor * 2^n to an integer, and that to a multiple of 2^n, ties away from zero.
/// So it gives k + 1 from x = k * 2^n + 2^(n-1) - 1/2 on where x is positive, and one later where it is
/// negative: it is floor(sum * factor + 1/2 + 2^-(n+1)), or minus the last term. That needs no more than
/// single precision where the sum is not within 2^-13 of a step.
///
/// The product is clamped to the output's range, and 384 is added: it then lies in [256, 512), where
/// consecutive floats are 2^-15 apart, so that the lower 15 bits are its fraction and those above count
/// integers. It errs by 2^-14 (three roundings of a number below 2^8 to 24 bits, and the last to a multiple
/// of 2^-15), and not at all where the factor is 2^-n with n <= 15: sums that do not fit 24 bits are clamped.
struct alignas(16) EstimatedPanel : RequantizationPanel {
  float factor[kPanelChannels] = {};
  float offset[kPanelChannels] = {};      ///< 1/2 + 2^-(n+1), the margin, the zero point, and 384.
  int32_t step[kPanelChannels] = {};      ///< 2^-n: what is added too much where the sum is negative.
  int32_t doubtful[kPanelChannels] = {};  ///< Fractions below are within the margin of a step.
  float least = 0;                        ///< The output's range, from the zero point.
  float most = 0;
  bool estimates = false;  ///< Not where a shift to the left may wrap.

  EstimatedPanel() = default;

  /// At most eight channels. `channel_bias` may be empty.
  EstimatedPanel(std::span<const int32_t> channel_bias, std::span<const FixedPointMultiplier> multipliers,
                 const Int8Range& range)
      : RequantizationPanel(channel_bias, multipliers),
        least(static_cast<float>(range.low - range.zero_point)),
        most(static_cast<float>(range.high - range.zero_point)),
        estimates(!any_left) {
    for (size_t c = 0; c < multipliers.size(); ++c) {
      const FixedPointMultiplier m = multipliers[c];
      constexpr int32_t kMargin = 4;  // 2^-14 is 2, and what is left of 2^-(n+1) below the last bit.
      const int32_t margin = is_exact(m) ? 0 : kMargin;
      const bool has_step = m.shift < 0 && m.shift > -kFractionBits;
      step[c] = has_step ? 1 << (kFractionBits + m.shift) : 0;
      doubtful[c] = margin == 0 ? 0 : 2 * margin + 1;
      factor[c] = static_cast<float>(std::ldexp(m.multiplier, m.shift - 31));
      offset[c] = 384.5f + static_cast<float>(range.zero_point) +
                  std::ldexp(static_cast<float>(2 * margin + step[c]), -kFractionBits - 1);
    }
  }

  /// The constants of channels [first, first + 4), in registers.
  struct Lanes {
    v128_t factor;
    v128_t offset;
    v128_t step;
    v128_t doubtful;
    v128_t least;
    v128_t most;
  };

  Lanes lanes(int first) const {
    return {wasm_v128_load(factor + first),   wasm_v128_load(offset + first), wasm_v128_load(step + first),
            wasm_v128_load(doubtful + first), wasm_f32x4_splat(least),        wasm_f32x4_splat(most)};
  }

  /// Four results; lanes of `doubt` are not zero where one is not certain.
  [[gnu::always_inline]] static v128_t estimate(v128_t sums, const Lanes& lanes, v128_t& doubt) {
    constexpr int32_t kBitsOf384 = 0x43C00000;
    const v128_t scaled = wasm_f32x4_mul(wasm_f32x4_convert_i32x4(sums), lanes.factor);
    const v128_t clamped = wasm_f32x4_pmin(lanes.most, wasm_f32x4_pmax(lanes.least, scaled));
    const v128_t excess = wasm_v128_and(wasm_i32x4_shr(sums, 31), lanes.step);
    const v128_t moved = wasm_i32x4_sub(wasm_f32x4_add(clamped, lanes.offset), excess);
    const v128_t fraction = wasm_v128_and(moved, wasm_i32x4_splat((1 << kFractionBits) - 1));
    doubt = wasm_v128_or(doubt, wasm_i32x4_lt(fraction, lanes.doubtful));
    return wasm_i32x4_shr(wasm_i32x4_sub(moved, wasm_i32x4_splat(kBitsOf384)), kFractionBits);
  }

 private:
  static constexpr int kFractionBits = 15;

  static bool is_exact(FixedPointMultiplier m) {
    const bool is_power = (m.multiplier & (m.multiplier - 1)) == 0;
    return m.shift == 0 && is_power && (m.multiplier == 0 || m.multiplier >= 1 << (31 - kFractionBits));
  }
};

/// By the rule itself, apart from the loops that seldom need it: `pixels` times eight sums.
[[gnu::noinline]] inline void requantize_by_rule(const int32_t* sums, int pixels,
                                                 const RequantizationPanel& panel, const Int8Range& range,
                                                 int8_t* output, const int32_t* offsets, int channels) {
  for (int p = 0; p < pixels; ++p, sums += kPanelChannels) {
    requantize_and_store(wasm_v128_load(sums), wasm_v128_load(sums + 4), panel, range, output + offsets[p],
                         channels);
  }
}

/// Stores the first `channels` of each pixel's eight bytes, apart from the loops where panels are full.
[[gnu::noinline]] inline void store_partial(const int8_t* bytes, int pixels, int8_t* output,
                                            const int32_t* offsets, int channels) {
  for (int p = 0; p < pixels; ++p)
    std::memcpy(output + offsets[p], bytes + 16 * p, static_cast<size_t>(channels));
}

/// Rescales the sums of eight channels (bias already added) of each pixel of a tile, adds the zero point,
/// clamps, and stores `channels` of them at each pixel's offset.
template <int kPixels>
[[gnu::always_inline]] inline void requantize_tile(const v128_t (&low)[kPixels],
                                                   const v128_t (&high)[kPixels], const EstimatedPanel& panel,
                                                   const Int8Range& range, int8_t* output,
                                                   const int32_t* offsets, int channels) {
  v128_t doubt = wasm_i32x4_splat(panel.estimates ? 0 : -1);
  v128_t bytes[kPixels];
  const EstimatedPanel::Lanes lanes_low = panel.lanes(0);
  unrolled<kPixels>([&](auto p) __attribute__((always_inline)) {
    bytes[p] = EstimatedPanel::estimate(low[p], lanes_low, doubt);
  });
  const EstimatedPanel::Lanes lanes_high = panel.lanes(4);
  unrolled<kPixels>([&](auto p) __attribute__((always_inline)) {
    const v128_t words =
        wasm_i16x8_narrow_i32x4(bytes[p], EstimatedPanel::estimate(high[p], lanes_high, doubt));
    bytes[p] = wasm_i8x16_narrow_i16x8(words, words);
  });
  if (wasm_v128_any_true(doubt)) [[unlikely]] {
    alignas(16) int32_t sums[kPixels * kPanelChannels];
    unrolled<kPixels>([&](auto p) __attribute__((always_inline)) {
      wasm_v128_store(sums + kPanelChannels * p, low[p]);
      wasm_v128_store(sums + kPanelChannels * p + 4, high[p]);
    });
    requantize_by_rule(sums, kPixels, panel, range, output, offsets, channels);
  } else if (channels == kPanelChannels) {
    unrolled<kPixels>([&](auto p) __attribute__((always_inline)) {
      wasm_v128_store64_lane(output + offsets[p], bytes[p], 0);
    });
  } else {
    int8_t stored[kPixels * 16];
    unrolled<kPixels>([&](auto p)
                          __attribute__((always_inline)) { wasm_v128_store(stored + 16 * p, bytes[p]); });
    store_partial(stored, kPixels, output, offsets, channels);
  }
}

template <int kPixels>
inline void requantize_tile(const v128_t (&low)[kPixels], const v128_t (&high)[kPixels],
                            const RealMultiplierPanel& panel, const Int8Range& range, int8_t* output,
                            const int32_t* offsets, int channels) {
  unrolled<kPixels>([&](auto p) __attribute__((always_inline)) {
    requantize_and_store(low[p], high[p], panel, range, output + offsets[p], channels);
  });
}

}  // namespace octet::kernels
