// INT8 matrix products by relaxed SIMD: see kernels/relaxed/dot_tasks.h. For the side module, compiled by a
// clang that knows relaxed SIMD, with neither library nor stack nor memory of its own; and natively, for its
// tests, with the instruction spelled out.
#include "kernels/relaxed/dot_rescaled.h"
#include "kernels/relaxed/dot_tasks.h"

namespace octet::kernels {
namespace {

/// Pixels [first, first + kPixels), whose sums stay in registers; false where they were stored because a
/// result is not certain.
template <int kPixels, bool kRescales, bool kSteps>
[[gnu::always_inline]] inline bool tile(const DotSums& task, int32_t first, int32_t* sums) {
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
        // In this order: pixels that are all loaded first would not fit the registers.
        const v128_t bytes = wasm_v128_load32_splat(base[p] + tap);
        low[p] = dot_add(weights_low, bytes, low[p]);
        high[p] = dot_add(weights_high, bytes, high[p]);
        settle(low[p]);
        settle(high[p]);
      }
    }
  }
  if constexpr (kRescales) {
    int8_t* destinations[kPixels];
    for (int p = 0; p < kPixels; ++p) destinations[p] = task.output + task.output_offsets[first + p];
    if (store_rescaled<kSteps>(low, high, *task.rescaling, destinations)) return true;
  }
  for (int p = 0; p < kPixels; ++p) {
    wasm_v128_store(sums + p * OCTET_DOT_CHANNELS, low[p]);
    wasm_v128_store(sums + p * OCTET_DOT_CHANNELS + 4, high[p]);
  }
  return !kRescales;
}

/// The last tile, of one pixel less than a whole one at most.
template <int kPixels, bool kRescales, bool kSteps>
[[gnu::always_inline]] inline bool last_tile(const DotSums& task, int32_t first, int32_t* sums) {
  if constexpr (kPixels > 1) {
    if (task.pixels - first < kPixels) return last_tile<kPixels - 1, kRescales, kSteps>(task, first, sums);
  }
  return tile<kPixels, kRescales, kSteps>(task, first, sums);
}

/// All pixels; the number of tiles left over.
template <bool kRescales, bool kSteps>
[[gnu::always_inline]] inline int32_t tiles(const DotSums& task) {
  int32_t first = 0;
  int32_t left_over = 0;
  int32_t* sums = task.sums;
  const auto add = [&](bool done) __attribute__((always_inline)) {
    if (!done) task.left_over[left_over++] = first;
    if (!done || !kRescales) sums += OCTET_DOT_PIXELS * OCTET_DOT_CHANNELS;
  };
  for (; first + OCTET_DOT_PIXELS <= task.pixels; first += OCTET_DOT_PIXELS) {
    add(tile<OCTET_DOT_PIXELS, kRescales, kSteps>(task, first, sums));
  }
  if (first < task.pixels) add(last_tile<OCTET_DOT_PIXELS - 1, kRescales, kSteps>(task, first, sums));
  return left_over;
}

}  // namespace
}  // namespace octet::kernels

extern "C" int32_t octet_dot_sums(const octet::kernels::DotSums* task) {
  using octet::kernels::tiles;
  if (task->rescaling == nullptr) return tiles<false, false>(*task);
  return task->rescaling->has_steps ? tiles<true, true>(*task) : tiles<true, false>(*task);
}
