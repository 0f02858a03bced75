#include "kernels/convolution/fused_multiply_add.h"

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

/// The same for depthwise tasks of one panel.
template <class Add>
void plain_depthwise(const FusedDepthwise* task, Add add) {
  for (int32_t y = 0; y < task->output_height; ++y) {
    for (int32_t x = 0; x < task->output_width; ++x) {
      for (int32_t c = 0; c < task->channels; ++c) {
        float sum = task->bias[c];
        const float* weights = task->weights + c;
        for (int32_t ky = 0; ky < task->kernel_height; ++ky) {
          const float* row = task->input + (y * task->stride_y + ky * task->dilation_y) * task->row_step;
          for (int32_t kx = 0; kx < task->kernel_width; ++kx, weights += 8)
            sum = add(sum, row[(x * task->stride_x + kx) * task->pixel_step + c], *weights);
        }
        task->output[y * task->output_row_step + x * task->output_pixel_step + c] =
            std::clamp(sum, task->lowest, task->highest);
      }
    }
  }
}

float add_once(float sum, float a, float b) { return std::fma(a, b, sum); }
float add_twice(float sum, float a, float b) { return sum + a * b; }

/// Puts back what the processor has.
class Fused : public testing::Test {
 protected:
  void TearDown() override {
    use_fused_gemm(native_fused().gemm);
    use_fused_depthwise(native_fused().depthwise);
  }
};

TEST_F(Fused, StartsWithWhatTheProcessorHas) {
  EXPECT_EQ(fused().gemm, native_fused().gemm);
  EXPECT_EQ(fused().depthwise, native_fused().depthwise);
  if (native_fused().gemm == nullptr) return;
  EXPECT_TRUE(use_fused_depthwise(octet_fused_depthwise));
  EXPECT_TRUE(use_fused_gemm(octet_fused_gemm_4));
  EXPECT_TRUE(use_fused_gemm(octet_fused_gemm_6));
}

TEST_F(Fused, TakesGemmThatRoundsOnceOnly) {
  const FusedGemmKernel once = [](const FusedGemm* task) { plain_gemm(task, add_once); };
  EXPECT_TRUE(use_fused_gemm(once));
  EXPECT_EQ(fused().gemm, once);
  EXPECT_FALSE(use_fused_gemm([](const FusedGemm* task) { plain_gemm(task, add_twice); }));
  EXPECT_EQ(fused().gemm, nullptr);
  EXPECT_FALSE(use_fused_gemm(nullptr));
}

TEST_F(Fused, TakesDepthwiseThatRoundsOnceOnly) {
  const FusedDepthwiseKernel once = [](const FusedDepthwise* task) { plain_depthwise(task, add_once); };
  EXPECT_TRUE(use_fused_depthwise(once));
  EXPECT_EQ(fused().depthwise, once);
  EXPECT_FALSE(use_fused_depthwise([](const FusedDepthwise* task) { plain_depthwise(task, add_twice); }));
  EXPECT_EQ(fused().depthwise, nullptr);
  EXPECT_FALSE(use_fused_depthwise(nullptr));
}

}  // namespace
}  // namespace octet::kernels
