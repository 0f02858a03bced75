// Convolution of INT16 activations with INT8 weights as a matrix product, on i32x4.dot_i16x8: ordinary,
// grouped, pointwise, fully connected (a pointwise convolution over rows), and the phases of a transposed
// one. Sums are exact in 64 bits; they are kept in 32 where the weights prove that this suffices.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "kernels/arithmetic/requantize_int16.h"
#include "kernels/convolution/convolution_plan.h"
#include "kernels/convolution/panels.h"

namespace octet::kernels {

class GemmInt16 {
 public:
  /// `filter` is [output_channels, kernel_height, kernel_width, input_channels / groups]; zero points are 0.
  GemmInt16(const ConvolutionGeometry& geometry, std::span<const int8_t> filter,
            const Int16Epilogue& epilogue);

  uint64_t scratch_bytes() const { return uint64_t{plan_.packed_elements} * sizeof(int16_t); }
  /// `scratch` is aligned to 2 bytes and holds scratch_bytes().
  void run(const int16_t* input, int16_t* output, std::byte* scratch) const;

 private:
  /// Part of a run of at most kMostWordProducts elements.
  struct Piece {
    int32_t offset;
    int32_t pairs;
  };

  /// Computes output pixels [first, first + kPixels) of a block.
  template <int kPixels, bool kWide>
  void tile(size_t panel, const int16_t* packed, int16_t* output, int32_t first) const;

  ConvolutionPlan plan_;
  std::vector<Panel> panels_;
  std::vector<Int16RescalingPanel> rescaling_;
  std::vector<Piece> pieces_;
  std::vector<int8_t> weights_;  ///< Panel by panel, run by run, as append_taps lays out pairs.
  size_t panel_weights_ = 0;
};

}  // namespace octet::kernels
