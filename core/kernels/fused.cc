#include "kernels/fused.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <vector>

namespace octet::kernels {
namespace {

FusedGemmKernel gemm_in_use = native_fused_gemm();

/// Values whose products need more bits than a float has, so that rounding them before adding shows.
float probe_value(size_t i) {
  constexpr std::array<float, 7> kValues = {1.0f + 0x1p-12f, -1.0f - 0x1p-11f, 0x1.fffffep0f,   1.0f / 3,
                                            -0x1.555554p-3f, 0x1.00002p5f,     -0x1.fffffep-20f};
  return kValues[i % kValues.size()];
}

/// Whether the kernel's sums of full and partial panels and tiles are those of fmaf.
bool rounds_once(FusedGemmKernel kernel) {
  constexpr int32_t kPixels = 7;
  constexpr int32_t kTaps = 5;
  constexpr int32_t kChannels = 13;
  constexpr std::array<Panel, 2> kPanels = {Panel{0, 0, 8}, Panel{0, 8, 5}};
  constexpr std::array<int32_t, 2> kRuns = {0, kTaps};
  constexpr size_t kDepth = kRuns.size() * kTaps;
  constexpr size_t kStride = kPanels.size() * kPanelChannels;
  std::vector<float> packed, weights, bias;
  for (size_t i = 0; i < kPixels * kDepth; ++i) packed.push_back(probe_value(i));
  for (size_t i = 0; i < kStride * kDepth; ++i) weights.push_back(probe_value(i * 3 + i / 11));
  // The first product less its rounded value: what is left is nothing where it was rounded before.
  for (size_t c = 0; c < kStride; ++c) bias.push_back(-probe_value(0) * weights[c / 8 * 8 * kDepth + c % 8]);
  std::vector<int32_t> input_offsets, output_offsets;
  for (int32_t p = 0; p < kPixels; ++p) {
    input_offsets.push_back(p * static_cast<int32_t>(kDepth));
    output_offsets.push_back(p * kChannels);
  }
  std::vector<float> output(kPixels * kChannels);
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  const FusedGemm task = {.packed = packed.data(),
                          .input_offsets = input_offsets.data(),
                          .output_offsets = output_offsets.data(),
                          .pixels = kPixels,
                          .runs = kRuns.data(),
                          .run_count = kRuns.size(),
                          .run_length = kTaps,
                          .panels = kPanels.data(),
                          .panel_count = kPanels.size(),
                          .panels_together = kPanels.size(),
                          .weights = weights.data(),
                          .bias = bias.data(),
                          .lowest = -kInfinity,
                          .highest = kInfinity,
                          .output = output.data()};
  kernel(&task);
  for (size_t p = 0; p < kPixels; ++p) {
    for (size_t c = 0; c < kChannels; ++c) {
      float sum = bias[c];
      for (size_t k = 0; k < kDepth; ++k)
        sum = std::fma(packed[p * kDepth + k], weights[(c / 8 * kDepth + k) * 8 + c % 8], sum);
      if (output[p * kChannels + c] != sum) return false;
    }
  }
  return true;
}

}  // namespace

FusedGemmKernel native_fused_gemm() {
#if defined(__aarch64__)
  return octet_fused_gemm;
#elif defined(__x86_64__)
  __builtin_cpu_init();
  return __builtin_cpu_supports("fma") ? octet_fused_gemm : nullptr;
#else
  return nullptr;
#endif
}

FusedGemmKernel fused_gemm() { return gemm_in_use; }

bool use_fused_gemm(FusedGemmKernel kernel) {
  gemm_in_use = kernel != nullptr && rounds_once(kernel) ? kernel : nullptr;
  return gemm_in_use != nullptr;
}

}  // namespace octet::kernels
