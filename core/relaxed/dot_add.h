// What the side module's INT8 kernels share.
#pragma once

#include "kernels/dot.h"

#ifdef __wasm__
#include <wasm_simd128.h>
#else
#include "kernels/simd.h"
#endif

namespace octet::kernels {

/// sum + four products in each lane. On x86-64 `bytes` are unsigned, on ARM signed.
[[gnu::always_inline]] inline v128_t dot_add(v128_t weights, v128_t bytes, v128_t sum) {
#ifdef __wasm_relaxed_simd__
  return wasm_i32x4_relaxed_dot_i8x16_i7x16_add(weights, bytes, sum);
#else
  const v128_t low = wasm_i16x8_mul(wasm_i16x8_extend_low_i8x16(weights), wasm_u16x8_extend_low_u8x16(bytes));
  const v128_t high =
      wasm_i16x8_mul(wasm_i16x8_extend_high_i8x16(weights), wasm_u16x8_extend_high_u8x16(bytes));
  const v128_t pairs_low = wasm_i32x4_extadd_pairwise_i16x8(low);
  const v128_t pairs_high = wasm_i32x4_extadd_pairwise_i16x8(high);
  const v128_t even = wasm_i32x4_shuffle(pairs_low, pairs_high, 0, 2, 4, 6);
  const v128_t odd = wasm_i32x4_shuffle(pairs_low, pairs_high, 1, 3, 5, 7);
  return wasm_i32x4_add(sum, wasm_i32x4_add(even, odd));
#endif
}

/// Keeps what computes these values before what follows in the source. Compilers like to begin with all
/// loads; their results then do not fit the registers beside the sums.
[[gnu::always_inline]] inline void in_order([[maybe_unused]] v128_t& first, [[maybe_unused]] v128_t& second) {
#ifdef __wasm__
  asm volatile("" : "+r"(first), "+r"(second));
#endif
}

/// a * b + c, with one rounding or two.
[[gnu::always_inline]] inline v128_t multiply_add(v128_t a, v128_t b, v128_t c) {
#ifdef __wasm_relaxed_simd__
  return wasm_f32x4_relaxed_madd(a, b, c);
#else
  return wasm_f32x4_add(wasm_f32x4_mul(a, b), c);
#endif
}

/// Towards zero; values fit int32.
[[gnu::always_inline]] inline v128_t truncated(v128_t values) {
#ifdef __wasm_relaxed_simd__
  return wasm_i32x4_relaxed_trunc_f32x4(values);
#else
  return wasm_i32x4_trunc_sat_f32x4(values);
#endif
}

/// Four results in units of 2^-16, from channel `first` on; `fractions` becomes the least of itself and their
/// lower halves.
template <bool kSteps>
[[gnu::always_inline]] inline v128_t rescaled(v128_t sums, const DotRescaling& by, int first,
                                              v128_t& fractions) {
  v128_t result = truncated(multiply_add(wasm_f32x4_convert_i32x4(sums), wasm_v128_load(by.factor + first),
                                         wasm_v128_load(by.offset + first)));
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
