// What the kernels with fused multiply-add share. For the side module there is neither library nor stack, so
// plain loops that the compiler unrolls stand in place of unrolled().
#pragma once

#ifdef __wasm__
#include <wasm_simd128.h>
#else
#include "kernels/simd.h"
#ifdef __FMA__
#include <immintrin.h>
#endif
#endif

namespace octet::kernels {

/// a * b + c, rounded once where the machine can.
inline v128_t multiply_add(v128_t a, v128_t b, v128_t c) {
#if defined(__wasm_relaxed_simd__)
  return wasm_f32x4_relaxed_madd(a, b, c);
#elif defined(__FMA__)
  return _mm_castps_si128(_mm_fmadd_ps(_mm_castsi128_ps(a), _mm_castsi128_ps(b), _mm_castsi128_ps(c)));
#elif defined(__aarch64__)
  return vreinterpretq_s32_f32(
      vfmaq_f32(vreinterpretq_f32_s32(c), vreinterpretq_f32_s32(a), vreinterpretq_f32_s32(b)));
#else
  return wasm_f32x4_add(c, wasm_f32x4_mul(a, b));
#endif
}

/// A NaN stays NaN.
inline v128_t clamped(v128_t sums, float lowest, float highest) {
  return wasm_f32x4_pmin(wasm_f32x4_pmax(sums, wasm_f32x4_splat(lowest)), wasm_f32x4_splat(highest));
}

/// Stores the first `channels` (1 to 8) of two vectors of sums.
inline void store_channels(float* output, v128_t low, v128_t high, int channels) {
  if (channels == 8) {
    wasm_v128_store(output, low);
    wasm_v128_store(output + 4, high);
    return;
  }
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

}  // namespace octet::kernels
