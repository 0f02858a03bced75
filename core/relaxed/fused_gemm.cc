// GEMM by fused multiply-add: see kernels/fused.h. Compiled for the side module by a clang that knows relaxed
// SIMD, with neither library nor stack nor memory of its own; and natively with the processor's instruction.
#include "kernels/fused.h"
#include "relaxed/fused_sums.h"

namespace octet::kernels {
namespace {

constexpr int kVectors = 2;     // In a panel.
constexpr int kTilePixels = 4;  // Eight sums, and what a tap needs, fit the registers: see convolution.h.

/// Pixels [first, first + kPixels) in kPanels panels from `panel` on, which read the same input channels.
template <int kPixels, int kPanels>
inline void tile(const FusedGemm& task, int32_t panel, int32_t first) {
  constexpr int kColumns = kPanels * kVectors;
  const int32_t panel_weights = task.run_count * task.run_length * kPanelChannels;
  const float* weights = task.weights + panel * panel_weights;
  const float* bias = task.bias + panel * kPanelChannels;
  v128_t sums[kPixels][kColumns];
  for (int p = 0; p < kPixels; ++p) {
    for (int c = 0; c < kColumns; ++c) sums[p][c] = wasm_v128_load(bias + 4 * c);
  }
  for (int32_t run = 0; run < task.run_count; ++run) {
    const float* taps[kPixels];
    for (int p = 0; p < kPixels; ++p) {
      taps[p] =
          task.packed + task.input_offsets[first + p] + task.panels[panel].input_offset + task.runs[run];
    }
    // Not unrolled: V8 loads all that the body needs before it multiplies, and then runs out of registers.
    for (int32_t k = 0; k < task.run_length; ++k, weights += kPanelChannels) {
      v128_t filter[kColumns];
      for (int c = 0; c < kColumns; ++c) {
        filter[c] = wasm_v128_load(weights + c / kVectors * panel_weights + c % kVectors * 4);
      }
      for (int p = 0; p < kPixels; ++p) {
        const v128_t input = wasm_v128_load32_splat(taps[p] + k);
        for (int c = 0; c < kColumns; ++c) sums[p][c] = multiply_add(input, filter[c], sums[p][c]);
      }
    }
  }
  for (int p = 0; p < kPixels; ++p) {
    float* output = task.output + task.output_offsets[first + p];
    for (int c = 0; c < kColumns; ++c) sums[p][c] = clamped(sums[p][c], task.lowest, task.highest);
    for (int i = 0; i < kPanels; ++i) {
      store_channels(output + task.panels[panel + i].first_channel, sums[p][i * kVectors],
                     sums[p][i * kVectors + 1], task.panels[panel + i].channels);
    }
  }
}

/// The pixels behind the last whole tile, in panels [panel, end).
inline void rest(const FusedGemm& task, int32_t panel, int32_t end, int32_t first) {
  const int32_t pixels = task.pixels - first;
  while (panel < end) {
    // Weights meet one pixel only: more of them at once, since their sums alone would wait for each other.
    const bool two = pixels == 1 && panel + 1 < end &&
                     task.panels[panel].input_offset == task.panels[panel + 1].input_offset;
    if (two) {
      tile<1, 2>(task, panel, first);
    } else if (pixels == 1) {
      tile<1, 1>(task, panel, first);
    } else if (pixels == 2) {
      tile<2, 1>(task, panel, first);
    } else {
      tile<3, 1>(task, panel, first);
    }
    panel += two ? 2 : 1;
  }
}

}  // namespace
}  // namespace octet::kernels

extern "C" void octet_fused_gemm(const octet::kernels::FusedGemm* task) {
  using namespace octet::kernels;
  const int32_t whole = task->pixels / kTilePixels * kTilePixels;
  for (int32_t panel = 0; panel < task->panel_count; panel += task->panels_together) {
    int32_t end = panel + task->panels_together;
    if (end > task->panel_count) end = task->panel_count;
    for (int32_t first = 0; first < whole; first += kTilePixels) {
      for (int32_t i = panel; i < end; ++i) tile<kTilePixels, 1>(*task, i, first);
    }
    if (whole < task->pixels) rest(*task, panel, end, whole);
  }
}
