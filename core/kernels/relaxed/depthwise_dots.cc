// INT8 depthwise convolution by relaxed SIMD: see kernels/relaxed/dot_tasks.h, and dot_sums.cc about this
// folder.
#include "kernels/relaxed/dot_rescaled.h"
#include "kernels/relaxed/dot_tasks.h"

namespace octet::kernels {
namespace {

constexpr int kTilePixels = 4;
constexpr int kWindow = OCTET_DOT_CHANNELS * OCTET_DOT_TAPS;

/// Adds up the windows of a tile's pixels.
template <int kStride, int kWindows>
[[gnu::always_inline]] inline void add_windows(const DepthwiseDots& task, const uint8_t* windows,
                                               v128_t (&low)[kTilePixels], v128_t (&high)[kTilePixels]) {
  constexpr int kParities = kStride == 1 ? 2 : 1;
  const int8_t* weights = task.weights;
  for (int p = 0; p < kTilePixels; ++p) {
    low[p] = wasm_v128_load(task.bias);
    high[p] = wasm_v128_load(task.bias + 4);
  }
  for (int32_t y = 0; y < task.filter_rows; ++y) {
    for (int j = 0; j < kWindows; ++j) {
      for (int p = 0; p < kTilePixels; ++p) {
        const uint8_t* bytes = windows + kWindow * (2 * j + (kStride == 1 ? p / 2 : p));
        const int8_t* taps = weights + kWindow * (kParities * j + (kStride == 1 ? p % 2 : 0));
        low[p] = dot_add(wasm_v128_load(taps), wasm_v128_load(bytes), low[p]);
        high[p] = dot_add(wasm_v128_load(taps + 16), wasm_v128_load(bytes + 16), high[p]);
        settle(low[p]);
        settle(high[p]);
      }
    }
    windows += task.filter_row_step;
    weights += kWindow * kParities * kWindows;
  }
}

template <int kStride, int kWindows, bool kSteps>
[[gnu::always_inline]] inline int32_t all_rows(const DepthwiseDots& task) {
  int32_t left_over = 0;
  int32_t tile = 0;
  for (int32_t y = 0; y < task.rows; ++y) {
    const uint8_t* windows = task.packed + y * task.row_step;
    int8_t* output = task.output + y * task.output_row_step;
    for (int32_t left = task.width; left > 0; left -= kTilePixels, ++tile) {
      v128_t low[kTilePixels];  // Sums of channels 0 to 3 of each pixel, then of channels 4 to 7.
      v128_t high[kTilePixels];
      add_windows<kStride, kWindows>(task, windows, low, high);
      int8_t* destinations[kTilePixels];
      for (int p = 0; p < kTilePixels; ++p) destinations[p] = output + p * task.output_pixel_step;
      if (!store_rescaled<kSteps>(low, high, *task.rescaling, destinations, left)) {
        int32_t* sums = task.sums + left_over * (kTilePixels * OCTET_DOT_CHANNELS);
        for (int p = 0; p < kTilePixels; ++p) {
          wasm_v128_store(sums + p * OCTET_DOT_CHANNELS, low[p]);
          wasm_v128_store(sums + p * OCTET_DOT_CHANNELS + 4, high[p]);
        }
        task.left_over[left_over++] = tile;
      }
      windows += kWindow * kTilePixels * kStride / 2;
      output += kTilePixels * task.output_pixel_step;
    }
  }
  return left_over;
}

template <int kStride, int kWindows>
[[gnu::noinline]] int32_t all_rows(const DepthwiseDots& task) {
  return task.rescaling->has_steps ? all_rows<kStride, kWindows, true>(task)
                                   : all_rows<kStride, kWindows, false>(task);
}

}  // namespace
}  // namespace octet::kernels

extern "C" int32_t octet_depthwise_dots(const octet::kernels::DepthwiseDots* task) {
  using octet::kernels::all_rows;
  if (task->stride == 1) return task->windows == 1 ? all_rows<1, 1>(*task) : all_rows<1, 2>(*task);
  return task->windows == 1 ? all_rows<2, 1>(*task) : all_rows<2, 2>(*task);
}
