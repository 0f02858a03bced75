// Depthwise convolution by fused multiply-add: see kernels/fused.h and fused_gemm.cc.
#include "kernels/fused.h"
#include "relaxed/fused_sums.h"

namespace octet::kernels {
namespace {

constexpr int kTile = FusedDepthwise::kTile;

/// Sums of four channels of a tile's pixels. Each packed pixel is loaded once, and meets the taps in reach.
template <int kStride, int kWidth>
inline void add_taps(const FusedDepthwise& task, const float* taps, const float* weights, const float* bias,
                     v128_t (&sums)[kTile]) {
  unrolled<kTile>([&](auto p) { sums[p] = wasm_v128_load(bias); });
  for (int32_t y = 0; y < task.kernel_height; ++y) {
    v128_t filter[kWidth];
    unrolled<kWidth>([&](auto x) { filter[x] = wasm_v128_load(weights + kPanelChannels * x); });
    unrolled<(kTile - 1) * kStride + kWidth>([&](auto column) __attribute__((always_inline)) {
      const v128_t pixel = wasm_v128_load(taps + kPanelChannels * column);
      unrolled<kTile>([&](auto p) __attribute__((always_inline)) {
        constexpr int kTap = decltype(column)() - decltype(p)() * kStride;
        if constexpr (kTap >= 0 && kTap < kWidth) {
          sums[p] = fused_multiply_add(pixel, filter[kTap], sums[p]);
          settle(sums[p]);
        }
      });
    });
    taps += task.packed_row * task.dilation_y;
    weights += kWidth * kPanelChannels;
  }
}

template <int kStride, int kWidth>
inline void compute(const FusedDepthwise& task) {
  const v128_t lowest = wasm_f32x4_splat(task.lowest);
  const v128_t highest = wasm_f32x4_splat(task.highest);
  for (int32_t y = 0; y < task.rows; ++y) {
    const float* tile = task.packed + y * task.stride_y * task.packed_row;
    float* output = task.output + y * task.output_row_step;
    for (int32_t left = task.output_width; left > 0; left -= kTile) {
      v128_t low[kTile];  // Sums of channels 0 to 3 of each pixel, then of channels 4 to 7.
      v128_t high[kTile];
      add_taps<kStride, kWidth>(task, tile, task.weights, task.bias, low);
      add_taps<kStride, kWidth>(task, tile + 4, task.weights + 4, task.bias + 4, high);
      unrolled<kTile>([&](auto p) __attribute__((always_inline)) {
        if (p >= left) return;
        store(output + p * task.output_pixel_step, clamped(low[p], lowest, highest),
              clamped(high[p], lowest, highest), task.channels);
      });
      tile += kTile * kStride * kPanelChannels;
      output += kTile * task.output_pixel_step;
    }
  }
}

}  // namespace
}  // namespace octet::kernels

extern "C" void octet_fused_depthwise(const octet::kernels::FusedDepthwise* task) {
  using octet::kernels::compute;
  if (task->stride_x == 1) {
    return task->kernel_width == 3 ? compute<1, 3>(*task) : compute<1, 5>(*task);
  }
  return task->kernel_width == 3 ? compute<2, 3>(*task) : compute<2, 5>(*task);
}
