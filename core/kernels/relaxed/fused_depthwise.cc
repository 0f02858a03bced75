// Depthwise convolution by fused multiply-add: see kernels/relaxed/fused_tasks.h and fused_gemm.cc.
#include "kernels/relaxed/fused_sums.h"
#include "kernels/relaxed/fused_tasks.h"

namespace octet::kernels {
namespace {

constexpr int kTile = FusedDepthwise::kTile;

/// Adds a row of the filter to four channels of a tile's pixels. Each input pixel is loaded once, and meets
/// the taps in reach.
template <int kStride, int kWidth>
[[gnu::always_inline]] inline void add_row(const float* taps, int32_t pixel_step, const float* weights,
                                           v128_t (&sums)[kTile]) {
  v128_t filter[kWidth];
  unrolled<kWidth>([&](auto x) { filter[x] = wasm_v128_load(weights + kPanelChannels * x); });
  unrolled<(kTile - 1) * kStride + kWidth>([&](auto column) __attribute__((always_inline)) {
    const v128_t pixel = wasm_v128_load(taps);
    taps += pixel_step;
    unrolled<kTile>([&](auto p) __attribute__((always_inline)) {
      constexpr int kTap = decltype(column)() - decltype(p)() * kStride;
      if constexpr (kTap >= 0 && kTap < kWidth) {
        sums[p] = fused_multiply_add(pixel, filter[kTap], sums[p]);
        settle(sums[p]);
      }
    });
  });
}

/// The first `pixels` of a tile in all panels.
template <int kStride, int kWidth>
[[gnu::always_inline]] inline void tile(const FusedDepthwise& task, const float* taps, float* output,
                                        int32_t pixels) {
  const v128_t lowest = wasm_f32x4_splat(task.lowest);
  const v128_t highest = wasm_f32x4_splat(task.highest);
  const int32_t row_step = task.row_step * task.dilation_y;
  const int32_t pixel_step = task.pixel_step;
  const float* panel_weights = task.weights;
  const float* bias = task.bias;
  for (int32_t channels = task.channels; channels > 0; channels -= kPanelChannels) {
    v128_t low[kTile];  // Sums of channels 0 to 3 of each pixel, then of channels 4 to 7.
    v128_t high[kTile];
    unrolled<kTile>([&](auto p) {
      low[p] = wasm_v128_load(bias);
      high[p] = wasm_v128_load(bias + 4);
    });
    const float* row = taps;
    const float* weights = panel_weights;
    for (int32_t y = task.kernel_height; y > 0; --y) {
      add_row<kStride, kWidth>(row, pixel_step, weights, low);
      add_row<kStride, kWidth>(row + 4, pixel_step, weights + 4, high);
      row += row_step;
      weights += kWidth * kPanelChannels;
    }
    unrolled<kTile>([&](auto p) __attribute__((always_inline)) {
      if (p >= pixels) return;
      store(output + p * task.output_pixel_step, clamped(low[p], lowest, highest),
            clamped(high[p], lowest, highest), channels);
    });
    taps += kPanelChannels;
    output += kPanelChannels;
    panel_weights += task.panel_weights;
    bias += kPanelChannels;
  }
}

template <int kStride, int kWidth>
[[gnu::always_inline]] inline void compute(const FusedDepthwise& task) {
  for (int32_t y = 0; y < task.output_height; ++y) {
    const float* taps = task.input + y * task.stride_y * task.row_step;
    float* output = task.output + y * task.output_row_step;
    for (int32_t left = task.output_width; left > 0; left -= kTile) {
      tile<kStride, kWidth>(task, taps, output, left);
      taps += kTile * kStride * task.pixel_step;
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
