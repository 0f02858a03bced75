// Float convolution as a matrix product: the float form of gemm_int8.h. Every sum starts with the bias and
// adds the taps in the filter's order, by the fused multiply-add of fused_multiply_add.h where the machine
// has it; so all machines that have it agree in every bit, and all that lack it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "kernels/convolution/convolution_plan.h"
#include "kernels/convolution/fused_multiply_add.h"
#include "kernels/convolution/panels.h"

namespace octet::kernels {

class GemmFloat {
 public:
  /// `filter` is [output_channels, kernel_height, kernel_width, input_channels / groups].
  GemmFloat(const ConvolutionGeometry& geometry, std::span<const float> filter,
            const FloatEpilogue& epilogue);

  uint64_t scratch_bytes() const {
    return plan_.copies_rows() ? 0 : uint64_t{plan_.packed_elements} * sizeof(float);
  }
  /// `scratch` is aligned to 4 bytes and holds scratch_bytes().
  void run(const float* input, float* output, std::byte* scratch) const;

 private:
  /// Computes tiles of kPixels output pixels of a block in panels [first_panel, last_panel): pixels
  /// [first, last), a multiple of kPixels.
  template <int kPixels>
  void tiles(size_t first_panel, size_t last_panel, const float* packed, float* output, int32_t first,
             int32_t last) const;
  /// Computes a block's output pixels by multiplying and adding.
  void compute(const float* packed, int32_t pixels, float* output) const;
  /// The same as a task for the fused kernel.
  FusedGemm task(const float* packed, int32_t pixels, float* output) const;
  /// How many panels meet the same pixels in turn: few weights stay in the first-level cache while pixels
  /// pass by; of many only a panel does.
  size_t panels_together(int32_t pixels) const;

  ConvolutionPlan plan_;
  float lowest_;
  float highest_;
  std::vector<Panel> panels_;
  std::vector<FloatBiasPanel> bias_;
  std::vector<float> weights_;  ///< Panel by panel, run by run, as append_floats lays them out.
};

}  // namespace octet::kernels
