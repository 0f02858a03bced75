// Which part of a depthwise convolution can read the image itself, and how the fused kernel does the rest of
// it: wide images need no packed rows but those of the tiles at their borders.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/convolution/convolution_plan.h"
#include "kernels/convolution/fused_multiply_add.h"

namespace octet::kernels {

class DepthwiseInPlace {
 public:
  /// Whether most tiles of a row lie inside the image; of geometries that DepthwiseRows serves.
  static bool serves(const ConvolutionGeometry& geometry) { return DepthwiseInPlace(geometry).is_wide(); }

  explicit DepthwiseInPlace(const ConvolutionGeometry& geometry);

  uint64_t scratch_elements() const;
  /// `task` has the filter, the bias and the clamp; the rest is filled in. `scratch` holds
  /// scratch_elements().
  void run(FusedDepthwiseKernel kernel, FusedDepthwise task, const float* input, float* output,
           float* scratch) const;

 private:
  bool is_wide() const { return 3 * (end_ - begin_) >= 2 * tiles_; }
  /// One output row of an image.
  void row(FusedDepthwiseKernel kernel, FusedDepthwise& task, const float* image, int32_t y, float* output,
           float* scratch) const;
  /// Copies the columns from `first` on that a tile reads from `rows` rows, `row_step` elements apart.
  void copy_window(const float* source, int64_t row_step, int32_t rows, int32_t first, float* window) const;

  ConvolutionGeometry geometry_;
  int32_t reach_;  ///< Columns that a tile reads.
  int32_t tiles_;  ///< In an output row.
  int32_t begin_;  ///< Tiles [begin, end) read inside the image only.
  int32_t end_;
};

}  // namespace octet::kernels
