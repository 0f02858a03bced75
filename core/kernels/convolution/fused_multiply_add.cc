#include "kernels/convolution/fused_multiply_add.h"

#include <array>
#include <cmath>
#include <limits>
#include <vector>

namespace octet::kernels {
namespace {

FusedKernels in_use = native_fused();

constexpr float kInfinity = std::numeric_limits<float>::infinity();

/// Values whose products need more bits than a float has, so that rounding them before adding shows.
std::vector<float> probe_values(size_t count) {
  constexpr std::array<float, 7> kValues = {1.0f + 0x1p-12f, -1.0f - 0x1p-11f, 0x1.fffffep0f,   1.0f / 3,
                                            -0x1.555554p-3f, 0x1.00002p5f,     -0x1.fffffep-20f};
  std::vector<float> values;
  for (size_t i = 0; i < count; ++i) values.push_back(kValues[(i + i / 11) % kValues.size()]);
  return values;
}

/// Biases that take away the rounded product of a sum's first tap: of what was rounded before, nothing is
/// left.
std::vector<float> probe_bias(float first, const float* weights, size_t count) {
  std::vector<float> bias;
  for (size_t i = 0; i < count; ++i) bias.push_back(-(first * weights[i]));
  return bias;
}

/// Whether the kernel's sums of whole and partial panels and tiles are those of fmaf.
bool rounds_once(FusedGemmKernel kernel) {
  constexpr int32_t kPixels = 11;
  constexpr int32_t kTaps = 5;
  constexpr int32_t kChannels = 13;
  constexpr std::array<Panel, 2> kPanels = {Panel{0, 0, 8}, Panel{0, 8, 5}};
  constexpr std::array<int32_t, 2> kRuns = {0, kTaps};
  constexpr size_t kDepth = kRuns.size() * kTaps;
  const std::vector<float> packed = probe_values(kPixels * kDepth);
  const std::vector<float> weights = probe_values(kPanels.size() * kDepth * kPanelChannels);
  const std::vector<float> bias = probe_bias(packed[0], weights.data(), kPanels.size() * kPanelChannels);
  std::vector<int32_t> input_offsets, output_offsets;
  for (int32_t p = 0; p < kPixels; ++p) {
    input_offsets.push_back(p * static_cast<int32_t>(kDepth));
    output_offsets.push_back(p * kChannels);
  }
  std::vector<float> output(kPixels * kChannels);
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
  for (size_t i = 0; i < output.size(); ++i) {
    const size_t pixel = i / kChannels;
    const size_t channel = i % kChannels;
    float sum = bias[channel];
    for (size_t k = 0; k < kDepth; ++k) {
      const size_t weight =
          (channel / kPanelChannels * kDepth + k) * kPanelChannels + channel % kPanelChannels;
      sum = std::fma(packed[pixel * kDepth + k], weights[weight], sum);
    }
    if (output[i] != sum) return false;
  }
  return true;
}

/// Whether the sums of a filter of `height` by `width` taps are those of fmaf.
bool rounds_once(FusedDepthwiseKernel kernel, int32_t width, int32_t stride) {
  constexpr int32_t kHeight = 2;
  constexpr int32_t kOutputs = FusedDepthwise::kTile + 1;
  constexpr int32_t kChannels = 7;
  const int32_t columns = (2 * FusedDepthwise::kTile - 1) * stride + width;
  const int32_t row = columns * kPanelChannels;
  const std::vector<float> packed = probe_values(static_cast<size_t>(row) * kHeight);
  const std::vector<float> weights = probe_values(static_cast<size_t>(width) * kHeight * kPanelChannels);
  const std::vector<float> bias = probe_bias(packed[0], weights.data(), kPanelChannels);
  std::vector<float> output(kOutputs * kChannels);
  const FusedDepthwise task = {.input = packed.data(),
                               .row_step = row,
                               .pixel_step = kPanelChannels,
                               .kernel_height = kHeight,
                               .kernel_width = width,
                               .stride_y = 1,
                               .stride_x = stride,
                               .dilation_y = 1,
                               .weights = weights.data(),
                               .panel_weights = 0,
                               .bias = bias.data(),
                               .channels = kChannels,
                               .lowest = -kInfinity,
                               .highest = kInfinity,
                               .output = output.data(),
                               .output_height = 1,
                               .output_width = kOutputs,
                               .output_row_step = 0,
                               .output_pixel_step = kChannels};
  kernel(&task);
  for (int32_t p = 0; p < kOutputs; ++p) {
    for (int32_t c = 0; c < kChannels; ++c) {
      float sum = bias[static_cast<size_t>(c)];
      for (int32_t tap = 0; tap < kHeight * width; ++tap) {
        const int32_t pixel = tap / width * columns + p * stride + tap % width;
        sum = std::fma(packed[static_cast<size_t>(pixel * kPanelChannels + c)],
                       weights[static_cast<size_t>(tap * kPanelChannels + c)], sum);
      }
      if (output[static_cast<size_t>(p * kChannels + c)] != sum) return false;
    }
  }
  return true;
}

bool rounds_once(FusedDepthwiseKernel kernel) {
  for (const int32_t width : {3, 5}) {
    for (const int32_t stride : {1, 2}) {
      if (!rounds_once(kernel, width, stride)) return false;
    }
  }
  return true;
}

}  // namespace

FusedKernels native_fused() {
  constexpr FusedKernels kNone = {};
#if defined(__aarch64__)
  return {octet_fused_gemm_6, octet_fused_depthwise};
#elif defined(__x86_64__)
  __builtin_cpu_init();
  return __builtin_cpu_supports("fma") ? FusedKernels{octet_fused_gemm_6, octet_fused_depthwise} : kNone;
#else
  return kNone;
#endif
}

const FusedKernels& fused() { return in_use; }

bool use_fused_gemm(FusedGemmKernel kernel) {
  in_use.gemm = kernel != nullptr && rounds_once(kernel) ? kernel : nullptr;
  return in_use.gemm != nullptr;
}

bool use_fused_depthwise(FusedDepthwiseKernel kernel) {
  in_use.depthwise = kernel != nullptr && rounds_once(kernel) ? kernel : nullptr;
  return in_use.depthwise != nullptr;
}

}  // namespace octet::kernels
