// Depthwise convolution of INT16 activations with INT8 weights: eight channels of four pixels at a time, taps
// in pairs on i32x4.dot_i16x8. Sums as in gemm_int16.h.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "kernels/arithmetic/requantize_int16.h"
#include "kernels/convolution/convolution_plan.h"
#include "kernels/convolution/panels.h"

namespace octet::kernels {

class DepthwiseInt16 {
 public:
  /// `filter` is [kernel_height, kernel_width, output_channels]; output channel c reads input channel
  /// c / (output_channels / input_channels). Zero points are 0.
  DepthwiseInt16(const ConvolutionGeometry& geometry, std::span<const int8_t> filter,
                 const Int16Epilogue& epilogue);

  uint64_t scratch_bytes() const { return uint64_t{plan_.packed_elements} * sizeof(int16_t); }
  /// `scratch` is aligned to 2 bytes and holds scratch_bytes().
  void run(const int16_t* input, int16_t* output, std::byte* scratch) const;

 private:
  /// Computes output pixels [first, first + kPixels) of a block.
  template <int kPixels, bool kWide>
  void tile(size_t panel, const int16_t* packed, int16_t* output, int32_t first) const;

  ConvolutionPlan plan_;
  std::vector<Panel> panels_;
  std::vector<Int16RescalingPanel> rescaling_;
  std::vector<int8_t> weights_;  ///< Panel by panel, as append_taps lays out pairs, k counting taps.
  std::vector<int32_t> taps_;    ///< The plan's runs, the last one twice where their number is odd.
};

}  // namespace octet::kernels
