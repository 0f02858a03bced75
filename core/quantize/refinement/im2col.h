// Which input elements the output positions of a convolution read: its patches, as columns of a matrix.
//
// A patch has one feature for each weight of an output channel. Features are ordered by group, tap and input
// channel of the group; CONV_2D and FULLY_CONNECTED have one group, DEPTHWISE_CONV_2D one an input channel.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "ir/graph.h"

namespace octet::quantize {

class Patches {
 public:
  /// Takes all output positions of the node, or `most` of them that are spread evenly; always the same ones.
  Patches(const NodeView& node, int64_t most);

  size_t count() const { return positions_.size(); }
  size_t groups() const { return groups_; }
  size_t features_per_group() const { return taps() * channels_; }
  size_t features() const { return groups_ * features_per_group(); }

  /// Index, in the weights' constant, of the weight of `output_channel` for feature `feature` of its group.
  size_t weight_index(size_t output_channel, size_t feature) const {
    if (!depthwise_) return output_channel * features_per_group() + feature;
    return feature * output_channels_ + output_channel;
  }
  size_t output_channels() const { return output_channels_; }
  size_t group_of(size_t output_channel) const { return output_channel / (output_channels_ / groups_); }

  /// Writes feature f of patch p to rows[f * row_length + p], zero where the patch lies outside the input.
  template <class In, class Out, class Convert>
  void gather(const In* input, const Convert& convert, size_t row_length, Out* rows) const {
    std::vector<int64_t> sources(positions_.size());
    for (size_t tap = 0; tap < taps(); ++tap) {
      for (size_t p = 0; p < sources.size(); ++p) sources[p] = source_of(positions_[p], tap);
      // Row by row: neighbouring channels of a patch are still in the cache when the next row reads them.
      for (size_t g = 0; g < groups_; ++g) {
        for (size_t c = 0; c < channels_; ++c) {
          const In* const from = input + g * channels_ + c;
          Out* const row = rows + (g * features_per_group() + tap * channels_ + c) * row_length;
          for (size_t p = 0; p < sources.size(); ++p)
            row[p] = sources[p] < 0 ? Out{0} : convert(from[sources[p]]);
        }
      }
    }
  }

  /// Sums of each feature over the patches, in their order; what lies outside the input counts as zero.
  template <class Sum, class In, class Convert>
  std::vector<Sum> sums(const In* input, const Convert& convert) const {
    // Tap by tap, so that the loop over all channels is one over neighbours.
    const size_t width = groups_ * channels_;
    std::vector<Sum> by_tap(taps() * width);
    for (const Position& position : positions_) {
      for (size_t tap = 0; tap < taps(); ++tap) {
        const int64_t source = source_of(position, tap);
        if (source < 0) continue;
        const In* const from = input + source;
        Sum* const to = by_tap.data() + tap * width;
        for (size_t c = 0; c < width; ++c) to[c] += static_cast<Sum>(convert(from[c]));
      }
    }
    std::vector<Sum> sums(features());
    for (size_t tap = 0; tap < taps(); ++tap) {
      for (size_t c = 0; c < width; ++c)
        sums[(c / channels_ * taps() + tap) * channels_ + c % channels_] = by_tap[tap * width + c];
    }
    return sums;
  }

 private:
  struct Position {
    size_t row = 0;             ///< Index into rows_ of its first tap.
    size_t column = 0;          ///< Index into columns_ likewise.
    int64_t image_element = 0;  ///< Offset of its image in the input.
  };

  size_t taps() const { return kernel_height_ * kernel_width_; }
  /// Offset of the first input channel under a tap, or -1 outside the input.
  int64_t source_of(const Position& position, size_t tap) const {
    const int64_t row = rows_[position.row + tap / kernel_width_];
    const int64_t column = columns_[position.column + tap % kernel_width_];
    return row < 0 || column < 0 ? -1 : position.image_element + row + column;
  }
  void spread(int64_t batch, int64_t height, int64_t width, int64_t image_elements, int64_t most);

  bool depthwise_ = false;
  size_t groups_ = 1;
  size_t channels_ = 1;  ///< Input channels of a group.
  size_t output_channels_ = 1;
  size_t kernel_height_ = 1;
  size_t kernel_width_ = 1;
  std::vector<int64_t> rows_;  ///< By output row and tap: offset of the input row, or -1 outside.
  std::vector<int64_t> columns_;
  std::vector<Position> positions_;
};

/// True for nodes with weights whose patches are known: convolutions of every kind and FULLY_CONNECTED.
bool has_patches(const Node& node);

}  // namespace octet::quantize
