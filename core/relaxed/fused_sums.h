// What the kernels with fused multiply-add share.
#pragma once

#include "kernels/panel.h"
#include "kernels/unrolled.h"

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
[[gnu::always_inline]] inline v128_t fused_multiply_add(v128_t a, v128_t b, v128_t c) {
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

/// Has sums computed here: clang would otherwise load much before it multiplies, and engines that keep its
/// order would run out of registers.
[[gnu::always_inline]] inline void settle([[maybe_unused]] v128_t& sum) {
#ifdef __wasm__  // Natively the compiler knows the registers that it has.
  asm volatile("" : "+r"(sum) : : "memory");
#endif
}

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
