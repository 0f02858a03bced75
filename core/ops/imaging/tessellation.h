// The layout that TESSELLATE makes and DETESSELLATE takes apart.
//
// The frame 1 x H x W x C is cut into slices of h x w x c, from the first corner; those at the far edges are
// as small as what is left. Slices are stored one after the other, without gaps: by height, within that by
// width, within that by channels. A slice holds its pixels row by row, and each pixel its channels, to which
// zeros are added up to a multiple of 16 with `align_c16`. With `cblock` a slice holds blocks of 16 channels
// one after the other, each with all pixels row by row; its last block is narrower where the channels (filled
// up or not) are no multiple of 16. Zeros are zero bytes, whatever the quantization.
#pragma once

#include <cstddef>

#include "ops/operator.h"

namespace octet::ops {

class Tessellation {
 public:
  /// Fails unless `frame` is 1 x H x W x C and the slice lies within it.
  Tessellation(const NodeView& node, const Tessellate& tiles, const Shape& frame, DType dtype);

  /// Elements of the sliced form.
  int64_t elements() const;

  void cut(const std::byte* frame, std::byte* slices) const;
  void join(const std::byte* slices, std::byte* frame) const;

 private:
  /// Visits each run of channels that is contiguous on both sides, in the order of the sliced form, with its
  /// offset in the frame, its bytes and those of the zeros behind it.
  template <class Visit>
  void for_each_run(Visit visit) const;
  template <class Visit>
  void for_each_run_of_slice(int64_t y0, int64_t x0, int64_t c0, Visit visit) const;

  int64_t filled_up(int64_t channels) const;

  Tessellate tiles_;
  Shape frame_;
  int64_t element_;  ///< Bytes.
};

}  // namespace octet::ops
