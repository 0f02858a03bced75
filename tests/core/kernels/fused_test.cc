#include "kernels/fused.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace octet::kernels {
namespace {

/// The task with one multiplication and addition for each tap: add(sum, input, weight) -> sum.
template <class Add>
void plain_gemm(const FusedGemm* task, Add add) {
  for (int32_t p = 0; p < task->pixels; ++p) {
    const float* weights = task->weights;
    for (int32_t i = 0; i < task->panel_count; ++i, weights += task->run_count * task->run_length * 8) {
      const Panel& panel = task->panels[i];
      for (int32_t c = 0; c < panel.channels; ++c) {
        float sum = task->bias[i * 8 + c];
        for (int32_t k = 0; k < task->run_count * task->run_length; ++k) {
          const int32_t run = task->runs[k / task->run_length];
          const int32_t tap = run + k % task->run_length + panel.input_offset;
          sum = add(sum, task->packed[task->input_offsets[p] + tap], weights[k * 8 + c]);
        }
        task->output[task->output_offsets[p] + panel.first_channel + c] =
            std::clamp(sum, task->lowest, task->highest);
      }
    }
  }
}

TEST(Fused, StartsWithWhatTheProcessorHas) {
  EXPECT_EQ(fused_gemm(), native_fused_gemm());
  EXPECT_EQ(use_fused_gemm(native_fused_gemm()), native_fused_gemm() != nullptr);
  EXPECT_EQ(fused_gemm(), native_fused_gemm());
}

TEST(Fused, TakesKernelsThatRoundOnceOnly) {
  const FusedGemmKernel once = [](const FusedGemm* task) {
    plain_gemm(task, [](float sum, float a, float b) { return std::fma(a, b, sum); });
  };
  const FusedGemmKernel twice = [](const FusedGemm* task) {
    plain_gemm(task, [](float sum, float a, float b) { return sum + a * b; });
  };
  EXPECT_TRUE(use_fused_gemm(once));
  EXPECT_EQ(fused_gemm(), once);
  EXPECT_FALSE(use_fused_gemm(twice));
  EXPECT_EQ(fused_gemm(), nullptr);
  EXPECT_FALSE(use_fused_gemm(nullptr));
  use_fused_gemm(native_fused_gemm());
}

}  // namespace
}  // namespace octet::kernels
