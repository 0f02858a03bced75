// INT8 convolution as a matrix product: ordinary, grouped, pointwise, fully connected (a pointwise
// convolution over rows), and the phases of a transposed one. On dot() where the machine has it, else on
// i32x4.dot_i16x8.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "kernels/convolution_plan.h"
#include "kernels/dot.h"
#include "kernels/panels.h"

namespace octet::kernels {

/// `Multiplier` is FixedPointMultiplier or double: see RescalingPanel.
template <class Multiplier>
class GemmInt8 {
 public:
  /// `filter` is [output_channels, kernel_height, kernel_width, input_channels / groups] with zero point 0.
  GemmInt8(const ConvolutionGeometry& geometry, std::span<const int8_t> filter, int32_t input_zero_point,
           const Int8Epilogue<Multiplier>& epilogue);

  size_t scratch_bytes() const { return plan_.packed_elements * packed_bytes(); }
  /// `scratch` is aligned to 2 bytes and holds scratch_bytes(). Sums are exact where they fit int32.
  void run(const int8_t* input, int8_t* output, std::byte* scratch) const;

 private:
  size_t packed_bytes() const { return dot_.kernel != nullptr ? sizeof(uint8_t) : sizeof(int16_t); }
  void run_by_pairs(const int8_t* input, int8_t* output, int16_t* scratch) const;
  void run_by_dot(const int8_t* input, int8_t* output, uint8_t* scratch) const;
  /// Computes a panel of a block's output pixels, by dot().
  void compute_by_dot(size_t panel, const uint8_t* packed, int8_t* output, int32_t pixels) const;
  /// Computes output pixels [first, first + kPixels) of a block, by pairs.
  template <int kPixels>
  void tile(size_t panel, const int16_t* packed, int8_t* output, int32_t first) const;

  Dot dot_;  ///< The one in use when the weights were packed.
  ConvolutionPlan plan_;
  int32_t input_zero_point_;
  Int8Range range_;
  std::vector<Panel> panels_;
  std::vector<RescalingPanel<Multiplier>> rescaling_;
  std::vector<int8_t> weights_;  ///< Panel by panel, run by run, as append_taps lays them out.
  int32_t taps_per_step_;        ///< 4 by dot(), else 2.
  int32_t steps_per_run_;
};

}  // namespace octet::kernels
