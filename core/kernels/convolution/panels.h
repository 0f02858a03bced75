// Weights and per-channel constants in panels of eight output channels, zero-padded, so that no kernel has a
// channel tail.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>
#include <vector>

#include "kernels/arithmetic/requantize_estimate.h"
#include "kernels/panel.h"
#include "kernels/simd.h"
#include "kernels/unrolled.h"

namespace octet::kernels {

inline std::vector<Panel> make_panels(int32_t groups, int32_t input_channels_per_group,
                                      int32_t output_channels_per_group) {
  std::vector<Panel> panels;
  for (int32_t group = 0; group < groups; ++group) {
    for (int32_t c = 0; c < output_channels_per_group; c += kPanelChannels) {
      panels.push_back({.input_offset = group * input_channels_per_group,
                        .first_channel = group * output_channels_per_group + c,
                        .channels = std::min(kPanelChannels, output_channels_per_group - c)});
    }
  }
  return panels;
}

/// One output's rescaling: `bias` may be empty, `multipliers` has one entry a channel.
template <class Multiplier>
struct Int8Epilogue {
  std::span<const int32_t> bias;
  std::span<const Multiplier> multipliers;
  Int8Range range;
};

/// The panel that rescales by multipliers of a kind.
template <class Multiplier>
using RescalingPanel =
    std::conditional_t<std::is_same_v<Multiplier, double>, RealMultiplierPanel, EstimatedPanel>;

template <class Multiplier>
RescalingPanel<Multiplier> make_rescaling(const Panel& panel, const Int8Epilogue<Multiplier>& epilogue) {
  const size_t first = static_cast<size_t>(panel.first_channel);
  const size_t count = static_cast<size_t>(panel.channels);
  const std::span<const int32_t> bias =
      epilogue.bias.empty() ? epilogue.bias : epilogue.bias.subspan(first, count);
  const std::span<const Multiplier> multipliers = epilogue.multipliers.subspan(first, count);
  if constexpr (std::is_same_v<Multiplier, double>) {
    return {bias, multipliers};
  } else {
    return {bias, multipliers, epilogue.range};
  }
}

/// A float output's bias (may be empty) and activation range.
struct FloatEpilogue {
  std::span<const float> bias;
  float low = 0;
  float high = 0;
};

struct alignas(16) FloatBiasPanel {
  float bias[kPanelChannels] = {};
};

inline FloatBiasPanel make_bias(const Panel& panel, const FloatEpilogue& epilogue) {
  FloatBiasPanel result;
  if (epilogue.bias.empty()) return result;
  for (int32_t c = 0; c < panel.channels; ++c) {
    result.bias[c] = epilogue.bias[static_cast<size_t>(panel.first_channel + c)];
  }
  return result;
}

/// Clamps the sums of a tile's pixels. A NaN stays NaN.
template <int kPixels>
[[gnu::always_inline]] inline void clamp_floats(v128_t (&low)[kPixels], v128_t (&high)[kPixels], float lowest,
                                                float highest) {
  const v128_t least = wasm_f32x4_splat(lowest);
  const v128_t most = wasm_f32x4_splat(highest);
  unrolled<kPixels>([&](auto p) __attribute__((always_inline)) {
    low[p] = wasm_f32x4_pmin(wasm_f32x4_pmax(low[p], least), most);
    high[p] = wasm_f32x4_pmin(wasm_f32x4_pmax(high[p], least), most);
  });
}

/// Stores the first `channels` (below eight) of each pixel's sums, apart from the loops where panels are
/// full.
template <class Pixels>
[[gnu::noinline]] void store_partial(const float* sums, int pixels, Pixels destination, int channels) {
  for (int p = 0; p < pixels; ++p) std::copy_n(sums + kPanelChannels * p, channels, destination(p));
}

/// Stores `channels` sums of the first `pixels` pixels of a tile.
template <int kPixels, class Pixels>
[[gnu::always_inline]] inline void store_floats(const v128_t (&low)[kPixels], const v128_t (&high)[kPixels],
                                                const Pixels& destination, int pixels, int channels) {
  if (channels == kPanelChannels) [[likely]] {
    unrolled<kPixels>([&](auto p) __attribute__((always_inline)) {
      if (p >= pixels) return;
      wasm_v128_store(destination(p), low[p]);
      wasm_v128_store(destination(p) + 4, high[p]);
    });
  } else {
    alignas(16) float sums[kPixels * kPanelChannels];
    unrolled<kPixels>([&](auto p) __attribute__((always_inline)) {
      wasm_v128_store(sums + kPanelChannels * p, low[p]);
      wasm_v128_store(sums + kPanelChannels * p + 4, high[p]);
    });
    store_partial(sums, pixels, destination, channels);
  }
}

/// Appends a panel of integer weights for instructions that multiply and add kTaps neighbours: for each kTaps
/// of k the weights of channel 0, then those of channel 1, ... `weight(channel, k)` is asked for channels of
/// the panel only; k runs to `depth`, and what is missing behind is filled with zero.
template <int32_t kTaps, class Weight, class T>
void append_taps(const Panel& panel, int32_t depth, const Weight& weight, std::vector<T>& packed) {
  for (int32_t k = 0; k < depth; k += kTaps) {
    for (int32_t c = 0; c < kPanelChannels; ++c) {
      for (int32_t i = k; i < k + kTaps; ++i) {
        packed.push_back(c < panel.channels && i < depth ? T{weight(panel.first_channel + c, i)} : T{0});
      }
    }
  }
}

/// Appends a panel of float weights: eight channels for each k.
template <class Weight>
void append_floats(const Panel& panel, int32_t depth, const Weight& weight, std::vector<float>& packed) {
  for (int32_t k = 0; k < depth; ++k) {
    for (int32_t c = 0; c < kPanelChannels; ++c) {
      packed.push_back(c < panel.channels ? weight(panel.first_channel + c, k) : 0.0f);
    }
  }
}

/// The same for weights in rows of `depth`, one a channel, of which `rows` are those from the panel's first
/// channel on.
inline void append_float_rows(const Panel& panel, int32_t depth, std::span<const float> rows,
                              std::vector<float>& packed) {
  constexpr size_t kLanes = 4;
  const size_t length = static_cast<size_t>(depth);
  const size_t begin = packed.size();
  packed.resize(begin + length * size_t{kPanelChannels});
  float* const columns = packed.data() + begin;
  const size_t channels = static_cast<size_t>(panel.channels);
  const size_t whole_k = length / kLanes * kLanes;
  const size_t whole_channels = channels / kLanes * kLanes;
  // Four channels of four k, transposed.
  for (size_t c = 0; c < whole_channels; c += kLanes) {
    for (size_t k = 0; k < whole_k; k += kLanes) {
      v128_t row[kLanes];
      unrolled<kLanes>([&](auto i) { row[i] = wasm_v128_load(rows.data() + (c + i) * length + k); });
      const v128_t low01 = wasm_i32x4_shuffle(row[0], row[1], 0, 4, 1, 5);
      const v128_t high01 = wasm_i32x4_shuffle(row[0], row[1], 2, 6, 3, 7);
      const v128_t low23 = wasm_i32x4_shuffle(row[2], row[3], 0, 4, 1, 5);
      const v128_t high23 = wasm_i32x4_shuffle(row[2], row[3], 2, 6, 3, 7);
      float* const column = columns + k * size_t{kPanelChannels} + c;
      wasm_v128_store(column, wasm_i64x2_shuffle(low01, low23, 0, 2));
      wasm_v128_store(column + kPanelChannels, wasm_i64x2_shuffle(low01, low23, 1, 3));
      wasm_v128_store(column + 2 * kPanelChannels, wasm_i64x2_shuffle(high01, high23, 0, 2));
      wasm_v128_store(column + 3 * kPanelChannels, wasm_i64x2_shuffle(high01, high23, 1, 3));
    }
  }
  for (size_t c = 0; c < channels; ++c) {
    for (size_t k = c < whole_channels ? whole_k : 0; k < length; ++k) {
      columns[k * size_t{kPanelChannels} + c] = rows[c * length + k];
    }
  }
}

}  // namespace octet::kernels
