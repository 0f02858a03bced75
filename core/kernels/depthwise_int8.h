// INT8 depthwise convolution: eight channels of four pixels at a time, taps in pairs on i32x4.dot_i16x8.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "kernels/convolution_plan.h"
#include "kernels/panels.h"

namespace octet::kernels {

class DepthwiseInt8 {
 public:
  /// `filter` is [kernel_height, kernel_width, output_channels] with zero point 0; output channel c reads
  /// input channel c / (output_channels / input_channels).
  DepthwiseInt8(const ConvolutionGeometry& geometry, std::span<const int8_t> filter, int32_t input_zero_point,
                const Int8Epilogue<FixedPointMultiplier>& epilogue);

  size_t scratch_bytes() const { return plan_.packed_elements * sizeof(int16_t); }
  /// `scratch` is aligned to 2 bytes and holds scratch_bytes(). Sums are exact where they fit int32.
  void run(const int8_t* input, int8_t* output, std::byte* scratch) const;

 private:
  /// Computes output pixels [first, first + kPixels) of a block.
  template <int kPixels>
  void tile(size_t panel, const int16_t* packed, int8_t* output, int32_t first) const;

  ConvolutionPlan plan_;
  int32_t input_zero_point_;
  Int8Range range_;
  std::vector<Panel> panels_;
  std::vector<EstimatedPanel> rescaling_;
  std::vector<int8_t> weights_;  ///< Panel by panel, as append_pairs lays them out, k counting taps.
  std::vector<int32_t> taps_;    ///< The plan's runs, the last one twice where their number is odd.
};

}  // namespace octet::kernels
