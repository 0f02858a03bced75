// INT8 convolution as a matrix product on i32x4.dot_i16x8: ordinary, grouped, pointwise, fully connected (a
// pointwise convolution over rows), and the phases of a transposed one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "kernels/convolution_plan.h"
#include "kernels/panels.h"

namespace octet::kernels {

/// `Multiplier` is FixedPointMultiplier or double: see RescalingPanel.
template <class Multiplier>
class GemmInt8 {
 public:
  /// `filter` is [output_channels, kernel_height, kernel_width, input_channels / groups] with zero point 0.
  GemmInt8(const ConvolutionGeometry& geometry, std::span<const int8_t> filter, int32_t input_zero_point,
           const Int8Epilogue<Multiplier>& epilogue);

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
  std::vector<RescalingPanel<Multiplier>> rescaling_;
  std::vector<int8_t> weights_;  ///< Panel by panel, run by run, as append_pairs lays them out.
  int32_t pairs_per_run_;
};

}  // namespace octet::kernels
