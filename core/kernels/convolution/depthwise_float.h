// Float depthwise convolution: the float form of depthwise_int8.h. Every sum starts with the bias and adds
// the taps in the filter's order; in the layouts of rows and in place by the fused multiply-add of
// fused_multiply_add.h where the machine has it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "kernels/convolution/convolution_plan.h"
#include "kernels/convolution/depthwise_in_place.h"
#include "kernels/convolution/depthwise_rows.h"
#include "kernels/convolution/fused_multiply_add.h"
#include "kernels/convolution/panels.h"

namespace octet::kernels {

class DepthwiseFloat {
 public:
  /// `filter` is [kernel_height, kernel_width, output_channels]; output channel c reads input channel
  /// c / (output_channels / input_channels).
  DepthwiseFloat(const ConvolutionGeometry& geometry, std::span<const float> filter,
                 const FloatEpilogue& epilogue);

  uint64_t scratch_bytes() const;
  /// `scratch` is aligned to 4 bytes and holds scratch_bytes().
  void run(const float* input, float* output, std::byte* scratch) const;

 private:
  using Block = DepthwiseBlock<float, float>;
  using Compute = void (DepthwiseFloat::*)(size_t panel, const Block& block) const;

  /// Packs one row of a panel: see for_each_depthwise_block.
  void pack(const float* source, int32_t readable, float* row) const;
  /// Computes a panel's pixels of a block, in the layout of rows.
  template <int kStride, int kWidth>
  void compute(size_t panel, const Block& block) const;
  /// A task for the fused kernel, with the filter, the bias and the clamp of the panels from `panel` on.
  FusedDepthwise task(size_t panel) const;
  /// compute() by the fused kernel.
  void compute_fused(FusedDepthwiseKernel kernel, size_t panel, const Block& block) const;
  /// The form of compute() for this convolution.
  Compute chosen() const;
  /// Computes output pixels [first, first + kPixels) of a block, in the plan's layout.
  template <int kPixels>
  void tile(size_t panel, const float* packed, float* output, int32_t first) const;

  std::optional<DepthwiseRows> rows_;         ///< Used in place of the plan where it serves.
  std::optional<DepthwiseInPlace> in_place_;  ///< Used in place of both, by the fused kernel.
  ConvolutionPlan plan_;
  float lowest_;
  float highest_;
  std::vector<Panel> panels_;
  std::vector<FloatBiasPanel> bias_;
  std::vector<float> weights_;  ///< Panel by panel, as append_floats lays them out, k counting taps.
};

}  // namespace octet::kernels
