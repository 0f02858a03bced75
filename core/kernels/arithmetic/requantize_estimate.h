// Rescaling eight channels of sums to INT8 in single precision, in half of the instructions that the rule
// itself takes, and still equal to it element for element: the distance to the rule is bounded, and where
// that leaves two integers possible the rule itself is applied.
#pragma once

#include <cmath>
#include <cstdint>
#include <cstring>
#include <span>
#include <type_traits>

#include "kernels/arithmetic/requantize_simd.h"
#include "kernels/unrolled.h"

namespace octet::kernels {

/// A RequantizationPanel with an estimate beside it.
///
/// The rule rounds x = sum * factor * 2^n to an integer, and that to a multiple of 2^n, ties away from zero.
/// So it gives k + 1 from x = k * 2^n + 2^(n-1) - 1/2 on where x is positive, and one later where it is
/// negative: it is floor(sum * factor + 1/2 + 2^-(n+1)), or minus the last term. That needs no more than
/// single precision where the sum is not within 2^-13 of a step. Where the output's range begins at the zero
/// point, as behind a ReLU, every negative sum becomes the zero point, and signs do not matter.
///
/// The product is clamped to the output's range, and 384 is added: it then lies in [256, 512), where
/// consecutive floats are 2^-15 apart, so that the lower 15 bits are its fraction and those above count
/// integers. It errs by 2^-14 (three roundings of a number below 2^8 to 24 bits, and the last to a multiple
/// of 2^-15), and not at all where the factor is 2^-n with n <= 15: sums that do not fit 24 bits are clamped.
struct alignas(16) EstimatedPanel : RequantizationPanel {
  float factor[kPanelChannels] = {};
  float offset[kPanelChannels] = {};  ///< 1/2 + 2^-(n+1), the margin, the zero point, and 384.
  int32_t step[kPanelChannels] = {};  ///< 2^-n: what is added too much where the sum is negative.
  int32_t doubtful = 0;               ///< Fractions below are within the margin of a step.
  float least = 0;                    ///< The output's range, from the zero point.
  float most = 0;
  bool estimates = false;  ///< Not where a shift to the left may wrap.
  bool has_steps = false;  ///< Whether any `step` matters.

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
      doubtful = std::max(doubtful, margin == 0 ? 0 : 2 * margin + 1);
      factor[c] = static_cast<float>(std::ldexp(m.multiplier, m.shift - 31));
      offset[c] = 384.5f + static_cast<float>(range.zero_point) +
                  std::ldexp(static_cast<float>(2 * margin + step[c]), -kFractionBits - 1);
      has_steps = has_steps || (has_step && least < 0);
    }
  }

  /// The constants of channels [first, first + 4), in registers.
  struct Lanes {
    v128_t factor;
    v128_t offset;
    v128_t step;
    v128_t least;
    v128_t most;
  };

  Lanes lanes(int first) const {
    return {wasm_v128_load(factor + first), wasm_v128_load(offset + first), wasm_v128_load(step + first),
            wasm_f32x4_splat(least), wasm_f32x4_splat(most)};
  }

  /// Where fractions(...) begins.
  static v128_t no_fractions() { return wasm_i32x4_splat(-1); }

  /// Four results, each less than the true one by kWordOffset; `fractions` becomes the least of itself and
  /// the results' fractions (in the lower half of each lane, times 2).
  template <bool kSteps>
  [[gnu::always_inline]] static v128_t estimate(v128_t sums, const Lanes& lanes, v128_t& fractions) {
    const v128_t scaled = wasm_f32x4_mul(wasm_f32x4_convert_i32x4(sums), lanes.factor);
    const v128_t clamped = wasm_f32x4_pmin(lanes.most, wasm_f32x4_pmax(lanes.least, scaled));
    v128_t moved = wasm_f32x4_add(clamped, lanes.offset);
    if constexpr (kSteps) moved = wasm_i32x4_sub(moved, wasm_v128_and(wasm_i32x4_shr(sums, 31), lanes.step));
    const v128_t halves = wasm_i32x4_add(moved, moved);  // The integer above, the fraction below.
    fractions = wasm_u16x8_min(fractions, halves);
    return wasm_i32x4_shr(halves, 16);
  }

  /// 384 as estimate() sees it: the upper bits of the float, less one.
  static constexpr int16_t kWordOffset = static_cast<int16_t>(0x10000 - (0x43C00000 >> 15));

  /// Whether one of the results that left these fractions is not certain.
  [[gnu::always_inline]] bool doubts(v128_t fractions) const {
    return wasm_v128_any_true(wasm_u16x8_lt(fractions, wasm_i32x4_splat(2 * doubtful)));
  }

 private:
  static constexpr int kFractionBits = 15;

  static bool is_exact(FixedPointMultiplier m) {
    const bool is_power = (m.multiplier & (m.multiplier - 1)) == 0;
    return m.shift == 0 && is_power && (m.multiplier == 0 || m.multiplier >= 1 << (31 - kFractionBits));
  }
};

/// By the rule itself, apart from the loops that seldom need it: `pixels` times eight sums.
template <class Panel, class Pixels>
[[gnu::noinline]] void requantize_by_rule(const int32_t* sums, int pixels, const Panel& panel,
                                          const Int8Range& range, Pixels destination, int channels) {
  for (int p = 0; p < pixels; ++p, sums += kPanelChannels) {
    requantize_and_store(wasm_v128_load(sums), wasm_v128_load(sums + 4), panel, range, destination(p),
                         channels);
  }
}

/// Stores the first `channels` (below eight) of each pixel's eight bytes, apart from the loops where panels
/// are full.
template <class Pixels>
[[gnu::noinline]] void store_partial(const int8_t* bytes, int pixels, Pixels destination, int channels) {
  for (int p = 0; p < pixels; ++p) {
    const int8_t* source = bytes + kPanelChannels * p;
    int8_t* end = destination(p);
    const auto store = [&](auto count) {
      if ((channels & count) == 0) return;
      std::memcpy(end, source, count);
      source += count;
      end += count;
    };
    store(std::integral_constant<int, 4>());
    store(std::integral_constant<int, 2>());
    store(std::integral_constant<int, 1>());
  }
}

/// The sums of a tile's pixels (bias already added), as memory.
template <int kPixels>
struct alignas(16) TileSums {
  int32_t values[kPixels * kPanelChannels];

  [[gnu::always_inline]] TileSums(const v128_t (&low)[kPixels], const v128_t (&high)[kPixels]) {
    unrolled<kPixels>([&](auto p) __attribute__((always_inline)) {
      wasm_v128_store(values + kPanelChannels * p, low[p]);
      wasm_v128_store(values + kPanelChannels * p + 4, high[p]);
    });
  }
};

/// Rescales the sums of eight channels (bias already added) of each pixel of a tile, adds the zero point,
/// clamps, and stores `channels` of them for the first `pixels` pixels. kSteps may be false where not
/// panel.has_steps.
template <bool kSteps, int kPixels, class Pixels>
[[gnu::always_inline]] inline void requantize_tile(const v128_t (&low)[kPixels],
                                                   const v128_t (&high)[kPixels], const EstimatedPanel& panel,
                                                   const Int8Range& range, const Pixels& destination,
                                                   int pixels, int channels) {
  v128_t fractions = EstimatedPanel::no_fractions();
  v128_t words[kPixels];
  const EstimatedPanel::Lanes lanes_low = panel.lanes(0);
  unrolled<kPixels>([&](auto p) __attribute__((always_inline)) {
    words[p] = EstimatedPanel::estimate<kSteps>(low[p], lanes_low, fractions);
  });
  const EstimatedPanel::Lanes lanes_high = panel.lanes(4);
  const v128_t offset = wasm_i16x8_splat(EstimatedPanel::kWordOffset);
  unrolled<kPixels>([&](auto p) __attribute__((always_inline)) {
    const v128_t four = EstimatedPanel::estimate<kSteps>(high[p], lanes_high, fractions);
    words[p] = wasm_i16x8_add(wasm_i16x8_narrow_i32x4(words[p], four), offset);
  });
  if (!panel.estimates || panel.doubts(fractions)) [[unlikely]] {
    const TileSums<kPixels> sums(low, high);
    requantize_by_rule<RequantizationPanel>(sums.values, pixels, panel, range, destination, channels);
  } else if (channels == kPanelChannels) [[likely]] {
    unrolled<(kPixels + 1) / 2>([&](auto pair) __attribute__((always_inline)) {
      constexpr int kFirst = 2 * pair;
      constexpr int kSecond = kFirst + 1 < kPixels ? kFirst + 1 : kFirst;
      const v128_t bytes = wasm_i8x16_narrow_i16x8(words[kFirst], words[kSecond]);
      if (pixels > kFirst) wasm_v128_store64_lane(destination(kFirst), bytes, 0);
      if (kSecond > kFirst && pixels > kSecond) wasm_v128_store64_lane(destination(kSecond), bytes, 1);
    });
  } else {
    alignas(16) int8_t stored[kPixels * kPanelChannels];
    unrolled<kPixels>([&](auto p) __attribute__((always_inline)) {
      wasm_v128_store64_lane(stored + kPanelChannels * p, wasm_i8x16_narrow_i16x8(words[p], words[p]), 0);
    });
    store_partial(stored, pixels, destination, channels);
  }
}

template <bool kSteps, int kPixels, class Pixels>
[[gnu::always_inline]] inline void requantize_tile(const v128_t (&low)[kPixels],
                                                   const v128_t (&high)[kPixels],
                                                   const RealMultiplierPanel& panel, const Int8Range& range,
                                                   const Pixels& destination, int pixels, int channels) {
  const TileSums<kPixels> sums(low, high);
  requantize_by_rule(sums.values, pixels, panel, range, destination, channels);
}

}  // namespace octet::kernels
