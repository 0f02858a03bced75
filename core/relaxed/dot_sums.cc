// The side module: see kernels/dot.h. Compiled by a clang that knows relaxed SIMD, with neither library nor
// stack nor memory of its own; and natively, for its tests, with the instruction spelled out.
#include "kernels/dot.h"

#ifdef __wasm__
#include <wasm_simd128.h>
#else
#include "kernels/simd.h"
#endif

namespace octet::kernels {
namespace {

/// sum + four products in each lane. On x86-64 `bytes` are unsigned, on ARM signed.
inline v128_t dot_add(v128_t weights, v128_t bytes, v128_t sum) {
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

/// Pixels [first, first + kPixels), whose sums stay in registers.
template <int kPixels>
inline void tile(const DotSums& task, int32_t first) {
  v128_t low[kPixels];  // Sums of channels 0 to 3 of each pixel, then of channels 4 to 7.
  v128_t high[kPixels];
  const uint8_t* base[kPixels];
  for (int p = 0; p < kPixels; ++p) {
    low[p] = wasm_v128_load(task.bias);
    high[p] = wasm_v128_load(task.bias + 4);
    base[p] = task.packed + task.input_offsets[first + p];
  }
  const int8_t* weights = task.weights;
  for (int32_t run = 0; run < task.run_count; ++run) {
    const int32_t offset = task.runs[run];
    const int32_t end = offset + task.quads_per_run * OCTET_DOT_TAPS;
    for (int32_t tap = offset; tap < end; tap += OCTET_DOT_TAPS, weights += 32) {
      const v128_t weights_low = wasm_v128_load(weights);
      const v128_t weights_high = wasm_v128_load(weights + 16);
      for (int p = 0; p < kPixels; ++p) {
        const v128_t bytes = wasm_v128_load32_splat(base[p] + tap);
        low[p] = dot_add(weights_low, bytes, low[p]);
        high[p] = dot_add(weights_high, bytes, high[p]);
      }
    }
  }
  for (int p = 0; p < kPixels; ++p) {
    wasm_v128_store(task.sums + (first + p) * OCTET_DOT_CHANNELS, low[p]);
    wasm_v128_store(task.sums + (first + p) * OCTET_DOT_CHANNELS + 4, high[p]);
  }
}

}  // namespace
}  // namespace octet::kernels

extern "C" void octet_dot_sums(const octet::kernels::DotSums* task) {
  using octet::kernels::tile;
  int32_t first = 0;
  for (; first + 4 <= task->pixels; first += 4) tile<4>(*task, first);
  for (; first < task->pixels; ++first) tile<1>(*task, first);
}
