// INT8 depthwise convolution: as depthwise_int8_dots.h where the machine has what that needs, else eight
// channels of four pixels at a time, taps in pairs on i32x4.dot_i16x8.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "kernels/convolution/convolution_plan.h"
#include "kernels/convolution/depthwise_int8_dots.h"
#include "kernels/convolution/depthwise_rows.h"
#include "kernels/convolution/panels.h"

namespace octet::kernels {

/// The fast form: neighbouring pixels of a row are packed in pairs, so that a pair of taps is one load away.
/// With stride 1 an even pixel's window begins with a pair, an odd one's in the middle of it: the filter is
/// kept twice, with its first column in either half.
class DepthwiseInt8Rows {
 public:
  static bool serves(const ConvolutionGeometry& geometry) { return DepthwiseRows::serves(geometry, 5); }

  /// As DepthwiseInt8, for a geometry that this form serves.
  DepthwiseInt8Rows(const ConvolutionGeometry& geometry, std::span<const int8_t> filter,
                    int32_t input_zero_point, const Int8Epilogue<FixedPointMultiplier>& epilogue);

  uint64_t scratch_bytes() const {
    return uint64_t{plan_.packed_pixels()} * kPanelChannels * sizeof(int16_t);
  }
  void run(const int8_t* input, int8_t* output, std::byte* scratch) const;

 private:
  static constexpr int32_t kFewestPairs = 2;  ///< Narrower filters are filled up with zeros.
  using Block = DepthwiseBlock<int16_t, int8_t>;
  using Compute = void (DepthwiseInt8Rows::*)(size_t panel, const Block& block) const;

  /// Packs one row: `source` is the pixel of column `begin`, of which and of those before column `readable`
  /// eight channels may be read.
  void pack(const int8_t* source, int32_t readable, int16_t* row) const;
  template <int kStride, int kPairs, bool kSteps>
  void compute(size_t panel, const Block& block) const;
  /// The form of compute() for this convolution.
  template <bool kSteps>
  Compute chosen() const;

  int32_t pairs_;  ///< Of taps in a row of the filter.
  DepthwiseRows plan_;
  int32_t input_zero_point_;
  Int8Range range_;
  std::vector<Panel> panels_;
  std::vector<EstimatedPanel> rescaling_;
  /// Panel by panel, row by row, pair by pair: eight channels' taps; with stride 1 for an even pixel and for
  /// an odd one.
  std::vector<int16_t> weights_;
};

class DepthwiseInt8 {
 public:
  /// `filter` is [kernel_height, kernel_width, output_channels] with zero point 0; output channel c reads
  /// input channel c / (output_channels / input_channels).
  DepthwiseInt8(const ConvolutionGeometry& geometry, std::span<const int8_t> filter, int32_t input_zero_point,
                const Int8Epilogue<FixedPointMultiplier>& epilogue);

  uint64_t scratch_bytes() const {
    if (dots_) return dots_->scratch_bytes();
    return rows_ ? rows_->scratch_bytes() : uint64_t{plan_.packed_elements} * sizeof(int16_t);
  }
  /// `scratch` is aligned to 4 bytes and holds scratch_bytes(). Sums are exact where they fit int32.
  void run(const int8_t* input, int8_t* output, std::byte* scratch) const;

 private:
  /// Computes output pixels [first, first + kPixels) of a block.
  template <int kPixels>
  void tile(size_t panel, const int16_t* packed, int8_t* output, int32_t first) const;

  std::optional<DepthwiseInt8Dots> dots_;  ///< Where it serves, nothing below is used.
  std::optional<DepthwiseInt8Rows> rows_;  ///< The same.
  ConvolutionPlan plan_;
  int32_t input_zero_point_;
  Int8Range range_;
  std::vector<Panel> panels_;
  std::vector<EstimatedPanel> rescaling_;
  std::vector<int8_t> weights_;  ///< Panel by panel, as append_taps lays them out, k counting taps.
  std::vector<int32_t> taps_;    ///< The plan's runs, the last one twice where their number is odd.
};

}  // namespace octet::kernels
