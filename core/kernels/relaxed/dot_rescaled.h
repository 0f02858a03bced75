// How the side module's INT8 kernels rescale their sums: see DotRescaling.
#pragma once

#include "kernels/relaxed/dot_tasks.h"
#include "kernels/relaxed/instructions.h"

namespace octet::kernels {

/// Four results in units of 2^-16, from channel `first` on; `fractions` becomes the least of itself and their
/// lower halves.
template <bool kSteps>
[[gnu::always_inline]] inline v128_t rescaled(v128_t sums, const DotRescaling& by, int first,
                                              v128_t& fractions) {
  v128_t result = truncated(fused_multiply_add(
      wasm_f32x4_convert_i32x4(sums), wasm_v128_load(by.factor + first), wasm_v128_load(by.offset + first)));
  if constexpr (kSteps) {
    const v128_t step = wasm_v128_load(by.step + first);
    result = wasm_i32x4_sub(result, wasm_v128_and(wasm_i32x4_shr(sums, 31), step));
  }
  fractions = wasm_u16x8_min(fractions, result);
  return wasm_i32x4_shr(result, 16);
}

/// Rescales a tile's sums and stores eight bytes of each of the first `pixels` pixels; false, with nothing
/// stored, where a result is not certain.
template <bool kSteps, int kPixels>
[[gnu::always_inline]] inline bool store_rescaled(const v128_t (&low)[kPixels], const v128_t (&high)[kPixels],
                                                  const DotRescaling& by,
                                                  int8_t* const (&destinations)[kPixels],
                                                  int pixels = kPixels) {
  v128_t fractions = wasm_i32x4_splat(-1);
  v128_t words[kPixels];
  for (int p = 0; p < kPixels; ++p) words[p] = rescaled<kSteps>(low[p], by, 0, fractions);
  for (int p = 0; p < kPixels; ++p) {
    words[p] = wasm_i16x8_narrow_i32x4(words[p], rescaled<kSteps>(high[p], by, 4, fractions));
  }
  // Upper halves hold no fractions: nothing is below their zero.
  const v128_t doubtful = wasm_u16x8_lt(fractions, wasm_i32x4_splat(by.doubtful));
  if (wasm_v128_any_true(doubtful)) return false;
  const v128_t least = wasm_i8x16_splat(by.low);
  const v128_t most = wasm_i8x16_splat(by.high);
  for (int p = 0; p < kPixels; p += 2) {
    const int second = p + 1 < kPixels ? p + 1 : p;
    const v128_t bytes =
        wasm_i8x16_min(wasm_i8x16_max(wasm_i8x16_narrow_i16x8(words[p], words[second]), least), most);
    if (p < pixels) wasm_v128_store64_lane(destinations[p], bytes, 0);
    if (second > p && second < pixels) wasm_v128_store64_lane(destinations[second], bytes, 1);
  }
  return true;
}

}  // namespace octet::kernels
