// GEMM by fused multiply-add: see kernels/relaxed/fused_tasks.h. Compiled for the side module by a clang that
// knows relaxed SIMD, with neither library nor stack nor memory of its own; and natively with the processor's
// instruction.
#include "kernels/relaxed/fused_sums.h"
#include "kernels/relaxed/fused_tasks.h"

namespace octet::kernels {
namespace {

constexpr int kVectors = 2;  // In a panel.

/// Pixels [first, first + kPixels) in kPanels panels from `panel` on, which read the same input channels.
template <int kPixels, int kPanels>
inline void tile(const FusedGemm& task, int32_t panel, int32_t first) {
  constexpr int kColumns = kPanels * kVectors;
  const int32_t panel_weights = task.run_count * task.run_length * kPanelChannels;
  const float* weights = task.weights + panel * panel_weights;
  const float* bias = task.bias + panel * kPanelChannels;
  v128_t sums[kPixels][kColumns];
  unrolled<kPixels>(
      [&](auto p) { unrolled<kColumns>([&](auto c) { sums[p][c] = wasm_v128_load(bias + 4 * c); }); });
  int32_t pixels[kPixels];
  unrolled<kPixels>([&](auto p) { pixels[p] = task.input_offsets[first + p]; });
  for (int32_t run = 0; run < task.run_count; ++run) {
    const float* tap = task.packed + task.panels[panel].input_offset + task.runs[run];
    for (int32_t left = task.run_length; left > 0; --left, ++tap, weights += kPanelChannels) {
      v128_t filter[kColumns];
      unrolled<kColumns>([&](auto c) {
        filter[c] = wasm_v128_load(weights + c / kVectors * panel_weights + c % kVectors * 4);
      });
      unrolled<kPixels>([&](auto p) __attribute__((always_inline)) {
        const v128_t input = wasm_v128_load32_splat(tap + pixels[p]);
        unrolled<kColumns>([&](auto c) { sums[p][c] = fused_multiply_add(input, filter[c], sums[p][c]); });
        unrolled<kColumns>([&](auto c) { settle(sums[p][c]); });
      });
    }
  }
  const v128_t lowest = wasm_f32x4_splat(task.lowest);
  const v128_t highest = wasm_f32x4_splat(task.highest);
  unrolled<kPanels>([&](auto i) __attribute__((always_inline)) {
    const int32_t channels = task.panels[panel + i].channels;
    float* output = task.output + task.panels[panel + i].first_channel;
    const auto store_all = [&](const auto& store_pixel) __attribute__((always_inline)) {
      unrolled<kPixels>([&](auto p) __attribute__((always_inline)) {
        store_pixel(output + task.output_offsets[first + p], clamped(sums[p][i * kVectors], lowest, highest),
                    clamped(sums[p][i * kVectors + 1], lowest, highest));
      });
    };
    if (channels == kPanelChannels) {
      store_all([](float* pixel, v128_t low, v128_t high) __attribute__((always_inline)) {
        wasm_v128_store(pixel, low);
        wasm_v128_store(pixel + 4, high);
      });
    } else {
      store_all([&](float* pixel, v128_t low, v128_t high)
                    __attribute__((always_inline)) { store_some(pixel, low, high, channels); });
    }
  });
}

/// One or two pixels in all panels, two at once where it can: the sums of one alone would wait for each
/// other.
template <int kPixels>
inline void few(const FusedGemm& task, int32_t first) {
  for (int32_t panel = 0; panel < task.panel_count;) {
    const bool two = panel + 1 < task.panel_count &&
                     task.panels[panel].input_offset == task.panels[panel + 1].input_offset;
    if (two) {
      tile<kPixels, 2>(task, panel, first);
    } else {
      tile<kPixels, 1>(task, panel, first);
    }
    panel += two ? 2 : 1;
  }
}

template <int kPixels>
inline void in_every_panel(const FusedGemm& task, int32_t first) {
  for (int32_t panel = 0; panel < task.panel_count; ++panel) tile<kPixels, 1>(task, panel, first);
}

/// The pixels behind the last whole tile.
[[gnu::noinline]] void rest(const FusedGemm& task, int32_t first) {
  if (task.pixels - first >= 4) {
    in_every_panel<4>(task, first);
    first += 4;
  }
  switch (task.pixels - first) {
    case 1:
      return few<1>(task, first);
    case 2:
      return few<2>(task, first);
    case 3:
      return in_every_panel<3>(task, first);
    default:
      return;
  }
}

template <int kPixels>
inline void in_tiles(const FusedGemm& task) {
  const int32_t whole = task.pixels / kPixels * kPixels;
  for (int32_t panel = 0; panel < task.panel_count; panel += task.panels_together) {
    int32_t end = panel + task.panels_together;
    if (end > task.panel_count) end = task.panel_count;
    for (int32_t first = 0; first < whole; first += kPixels) {
      for (int32_t i = panel; i < end; ++i) tile<kPixels, 1>(task, i, first);
    }
  }
  rest(task, whole);
}

}  // namespace
}  // namespace octet::kernels

extern "C" void octet_fused_gemm_4(const octet::kernels::FusedGemm* task) {
  octet::kernels::in_tiles<4>(*task);
}

extern "C" void octet_fused_gemm_6(const octet::kernels::FusedGemm* task) {
  octet::kernels::in_tiles<6>(*task);
}
