// Where a convolution reads and writes, worked out once: blocks of output rows, the input rows that each
// needs, and the offset of every pixel and tap. It serves GEMM and depthwise kernels of any element type, and
// knows no arithmetic.
//
// A block's input rows are copied to scratch memory with their padding, widened and without their zero point.
// Every element is converted once a block, no border needs a branch, and a patch is a few runs of memory at
// fixed offsets from its pixel: no im2col.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace octet::kernels {

/// A convolution, or one phase of a transposed one. Counts are in pixels, channels or taps; steps in
/// elements.
struct ConvolutionGeometry {
  int32_t batch = 1;
  int32_t input_height = 1;
  int32_t input_width = 1;
  int32_t input_channels = 1;
  int32_t output_height = 1;
  int32_t output_width = 1;
  int32_t output_channels = 1;
  int32_t kernel_height = 1;  ///< Zero taps are allowed: the result is the bias.
  int32_t kernel_width = 1;
  int32_t stride_y = 1;
  int32_t stride_x = 1;
  int32_t dilation_y = 1;
  int32_t dilation_x = 1;
  int32_t origin_y = 0;  ///< Input row of the first tap of the first output row: minus the padding.
  int32_t origin_x = 0;
  int32_t groups = 1;
  int32_t output_offset = 0;      ///< Of the first output pixel.
  int32_t output_pixel_step = 1;  ///< Between horizontal neighbours.
  int32_t output_row_step = 1;
  int32_t output_batch_step = 1;
};

/// Sets the output steps of a result that is dense NHWC.
ConvolutionGeometry with_dense_output(ConvolutionGeometry geometry);

struct ConvolutionPlan {
  ConvolutionGeometry geometry;
  int32_t packed_channels =
      1;  ///< Channels of a packed pixel: each input channel as often as it is repeated.
  int32_t channel_repeats = 1;
  int32_t packed_width = 1;    ///< Pixels of a packed row.
  int32_t rows_per_block = 1;  ///< Output rows.
  std::vector<int32_t>
      input_offsets;  ///< Of each output pixel of a block: its first tap, in packed elements.
  std::vector<int32_t> output_offsets;  ///< Of each output pixel of a block, from the block's first.
  std::vector<int32_t> runs;  ///< Offset of each run of taps and channels that is contiguous in a packed row.
  int32_t run_length = 0;     ///< Elements of a run.
  size_t packed_elements = 0;  ///< Size of a block's packed rows, with room to read one vector past the end.

  /// Input rows that `output_rows` rows of a block need.
  int32_t packed_rows(int32_t output_rows) const {
    return (output_rows - 1) * geometry.stride_y + (geometry.kernel_height - 1) * geometry.dilation_y + 1;
  }
  bool has_taps() const { return !runs.empty(); }
  /// Whether a block's packed rows would be a copy of the input's, as for a pointwise convolution.
  bool copies_rows() const {
    const ConvolutionGeometry& g = geometry;
    return channel_repeats == 1 && packed_width == g.input_width && g.origin_x == 0 && g.origin_y == 0 &&
           (g.output_height - 1) * g.stride_y + (g.kernel_height - 1) * g.dilation_y < g.input_height;
  }
};

/// How taps are laid out: a GEMM wants runs as long as possible, a depthwise kernel one offset a tap.
enum class TapLayout : uint8_t { Runs, Single };

/// Plans blocks whose packed rows take about `block_bytes` (at least one output row). With `channel_repeats`
/// > 1 every input channel is packed that many times: a depthwise convolution with a multiplier. Throws
/// InvalidShape where the padded rows of one output row have more elements than a tensor may.
ConvolutionPlan plan_convolution(const ConvolutionGeometry& geometry, TapLayout taps, size_t element_bytes,
                                 int32_t channel_repeats = 1, size_t block_bytes = 96 * 1024);

}  // namespace octet::kernels
