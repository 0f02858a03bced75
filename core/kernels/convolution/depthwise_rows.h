// The layout of a depthwise convolution whose taps lie side by side: rows of eight channels, packed panel by
// panel, so that every tap of every pixel of a tile lies at a constant distance from the tile's first one.
// Dilated columns, strides beyond two columns, wide filters and channel multipliers go the general way of
// convolution_tiles.h.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>

#include "ir/memory_limit.h"
#include "kernels/convolution/convolution_tiles.h"
#include "kernels/convolution/panels.h"

namespace octet::kernels {

/// Blocks of output rows, and the packed rows of eight channels that a block of one panel reads.
struct DepthwiseRows {
  ConvolutionGeometry geometry;
  int32_t tiles = 0;  ///< In an output row.
  int32_t width = 0;  ///< Pixels of a packed row.
  int32_t begin = 0;  ///< Columns [begin, end) of a packed row lie inside the image.
  int32_t end = 0;
  int32_t block_rows = 1;  ///< Output rows.

  /// Whether this layout serves a convolution with a filter of at most `widest` columns.
  static bool serves(const ConvolutionGeometry& g, int32_t widest) {
    return g.dilation_x == 1 && g.stride_x <= 2 && g.kernel_width >= 1 && g.kernel_width <= widest &&
           g.output_channels == g.input_channels;
  }

  /// For tiles that read `reach` packed columns each.
  DepthwiseRows(const ConvolutionGeometry& g, int32_t reach, size_t pixel_bytes)
      : geometry(g),
        tiles((g.output_width + kTilePixels - 1) / kTilePixels),
        width((tiles - 1) * kTilePixels * g.stride_x + reach),
        begin(std::clamp(-g.origin_x, 0, width)),
        end(std::clamp(g.input_width - g.origin_x, begin, width)) {
    if (g.kernel_height <= 1)
      geometry.dilation_y = 1;  // There is no second row whose distance could overflow.
    // What one output row reads is the least that a block can have. Where that fits, everything below does.
    const int64_t row_bytes = int64_t{width} * static_cast<int64_t>(pixel_bytes);
    const int64_t window = int64_t{std::max(g.kernel_height - 1, 0)} * g.dilation_y + 1;
    block_bytes(static_cast<uint64_t>(window) * static_cast<uint64_t>(row_bytes),
                "The padded rows of a convolution");
    constexpr int64_t kBlockBytes = 32 * 1024;  // Stays in the first-level cache.
    const int64_t rows = kBlockBytes / row_bytes;
    block_rows = static_cast<int32_t>(
        std::clamp<int64_t>((rows - packed_rows(1)) / g.stride_y + 1, 1, most_block_rows()));
  }

  /// Every panel walks through a block's rows of the image, of which it takes a part of each cache line: the
  /// fewer rows, the more of them are still in the cache for the next panel; but the rows that blocks share
  /// are packed twice.
  int32_t most_block_rows() const {
    constexpr int64_t kSmallImage = 48 * 1024;
    const int64_t image = int64_t{geometry.input_height} * geometry.input_width * geometry.input_channels;
    if (image <= kSmallImage) return geometry.output_height;
    return std::min(std::max(2 * (geometry.kernel_height - 1), 4), geometry.output_height);
  }

  int32_t packed_rows(int32_t output_rows) const {
    return (output_rows - 1) * geometry.stride_y + (geometry.kernel_height - 1) * geometry.dilation_y + 1;
  }
  size_t packed_pixels() const {
    return static_cast<size_t>(packed_rows(block_rows)) * static_cast<size_t>(width);
  }
};

/// Output rows of one panel, with what they are computed from.
template <class Packed, class Output>
struct DepthwiseBlock {
  const Packed* packed;
  Output* output;  ///< The panel's first channel of the first pixel.
  int32_t rows;
};

/// For each block of each panel calls pack(pixels, readable, row) for the packed rows that lie inside the
/// image, fills the others with `padding`, and calls compute(panel, block). `pixels` are the panel's channels
/// from column `begin` on. Of columns before `readable` eight channels may be read: where the panel has
/// fewer, the others are the next pixel's and meet weights of zero; the input's last pixel may have none
/// behind it.
template <class Input, class Packed, class Output, class Pack, class Compute>
void for_each_depthwise_block(const DepthwiseRows& plan, std::span<const Panel> panels, const Input* input,
                              Output* output, Packed* scratch, size_t row_elements, Packed padding,
                              const Pack& pack, const Compute& compute) {
  const ConvolutionGeometry& g = plan.geometry;
  const int64_t image_row = int64_t{g.input_width} * g.input_channels;
  const int64_t first_column = (int64_t{g.origin_x} + plan.begin) * g.input_channels;
  for (int32_t b = 0; b < g.batch; ++b, input += g.input_height * image_row) {
    for (int32_t y = 0; y < g.output_height; y += plan.block_rows) {
      const int32_t rows = std::min(plan.block_rows, g.output_height - y);
      Output* first_output = output + int64_t{g.output_offset} + int64_t{b} * g.output_batch_step +
                             int64_t{y} * g.output_row_step;
      for (size_t panel = 0; panel < panels.size(); ++panel) {
        Packed* packed = scratch;
        const int32_t first_row = g.origin_y + y * g.stride_y;
        for (int32_t row = first_row; row < first_row + plan.packed_rows(rows); ++row) {
          if (row < 0 || row >= g.input_height) {
            std::fill_n(packed, row_elements, padding);
          } else {
            const bool ends = panels[panel].channels < kPanelChannels &&
                              (g.input_height - 1 - row) * image_row < kPanelChannels;
            pack(input + row * image_row + first_column + panels[panel].first_channel,
                 ends ? std::max(plan.begin, plan.end - kPanelChannels) : plan.end, packed);
          }
          packed += row_elements;
        }
        compute(panel,
                DepthwiseBlock<Packed, Output>{scratch, first_output + panels[panel].first_channel, rows});
      }
    }
  }
}

}  // namespace octet::kernels
