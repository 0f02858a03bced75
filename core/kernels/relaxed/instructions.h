// The instructions that only relaxed SIMD has, and what stands for them natively.
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

/// Towards zero; values fit int32.
[[gnu::always_inline]] inline v128_t truncated(v128_t values) {
#ifdef __wasm_relaxed_simd__
  return wasm_i32x4_relaxed_trunc_f32x4(values);
#else
  return wasm_i32x4_trunc_sat_f32x4(values);
#endif
}

/// Has sums computed here: clang would otherwise load much before it multiplies, and engines that keep its
/// order would run out of registers.
[[gnu::always_inline]] inline void settle([[maybe_unused]] v128_t& sum) {
#ifdef __wasm__  // Natively the compiler knows the registers that it has.
  asm volatile("" : "+r"(sum) : : "memory");
#endif
}

}  // namespace octet::kernels
