// INT8 depthwise convolution on depthwise_dot(): four taps of a channel at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "kernels/convolution/depthwise_dot_kernel.h"
#include "kernels/convolution/depthwise_rows.h"
#include "kernels/convolution/dot_rescaling.h"
#include "kernels/convolution/panels.h"

namespace octet::kernels {

class DepthwiseInt8Dots {
 public:
  /// Whether there is a kernel in use, the filter's columns lie side by side, and panels are full.
  static bool serves(const ConvolutionGeometry& geometry);

  /// As DepthwiseInt8, for a geometry that this form serves.
  DepthwiseInt8Dots(const ConvolutionGeometry& geometry, std::span<const int8_t> filter,
                    int32_t input_zero_point, const Int8Epilogue<FixedPointMultiplier>& epilogue);

  /// Whether the kernel can rescale every panel: run() must not be called otherwise.
  bool can_rescale() const { return rescaling_.size() == panels_.size(); }

  uint64_t scratch_bytes() const;
  /// `scratch` is aligned to 4 bytes and holds scratch_bytes().
  void run(const int8_t* input, int8_t* output, std::byte* scratch) const;

 private:
  using Block = DepthwiseBlock<uint8_t, int8_t>;

  void add_panel(const Panel& panel, std::span<const int8_t> filter,
                 const Int8Epilogue<FixedPointMultiplier>& epilogue);
  size_t packed_bytes() const { return plan_.packed_pixels() * kPixelBytes; }
  /// Tiles that one call to the kernel computes at most, in whole rows.
  int32_t tiles_per_call() const;
  /// Packs one row: `source` is the pixel of column `begin`.
  void pack(const int8_t* source, uint8_t* row) const;
  void compute(size_t panel, const Block& block, std::byte* scratch) const;

  /// A window of 32 bytes for every second pixel.
  static constexpr size_t kPixelBytes = 16;

  DepthwiseDot dot_;  ///< The one in use when the weights were packed.
  int32_t windows_;   ///< Of a row of the filter.
  DepthwiseRows plan_;
  int32_t input_zero_point_;
  Int8Range range_;
  std::vector<Panel> panels_;
  std::vector<EstimatedPanel> rules_;  ///< For what the kernel leaves over.
  std::vector<DotRescaling> rescaling_;
  std::vector<int8_t> weights_;  ///< Panel by panel, as DepthwiseDots wants them.
};

}  // namespace octet::kernels
