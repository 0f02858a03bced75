// What the kernels with fused multiply-add share.
#pragma once

#include "kernels/panel.h"
#include "kernels/relaxed/instructions.h"
#include "kernels/unrolled.h"

namespace octet::kernels {

/// A NaN stays NaN.
[[gnu::always_inline]] inline v128_t clamped(v128_t sums, v128_t lowest, v128_t highest) {
  return wasm_f32x4_pmin(wasm_f32x4_pmax(sums, lowest), highest);
}

/// store() of fewer than eight channels; apart from the loops, where panels are full.
[[gnu::noinline]] inline void store_some(float* output, v128_t low, v128_t high, int channels) {
  if (channels >= 4) {
    wasm_v128_store(output, low);
    output += 4;
    low = high;
  }
  if ((channels & 2) != 0) {
    wasm_v128_store64_lane(output, low, 0);
    output += 2;
    low = wasm_i64x2_shuffle(low, low, 1, 1);
  }
  if ((channels & 1) != 0) wasm_v128_store32_lane(output, low, 0);
}

/// Stores the first `channels`, at most eight, of two vectors of sums.
[[gnu::always_inline]] inline void store(float* output, v128_t low, v128_t high, int channels) {
  if (channels < kPanelChannels) return store_some(output, low, high, channels);
  wasm_v128_store(output, low);
  wasm_v128_store(output + 4, high);
}

}  // namespace octet::kernels
