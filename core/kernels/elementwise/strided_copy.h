// Copies a block of elements between two dense tensors whose axes are laid out differently: the one kernel
// behind every operator that only moves data. It works on bytes, so it serves every element type.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace octet::kernels {

/// One axis of the block, in bytes: its element i is read at source[i] and written at i * destination_stride.
struct CopyAxis {
  std::vector<ptrdiff_t> source;
  ptrdiff_t destination_stride = 0;
};

/// An axis that is read at i * source_stride; the stride may be negative.
CopyAxis strided_axis(int32_t extent, ptrdiff_t source_stride, ptrdiff_t destination_stride);
/// An axis that is read at indices[i] * source_stride.
CopyAxis indexed_axis(std::span<const int32_t> indices, ptrdiff_t source_stride,
                      ptrdiff_t destination_stride);

class Copy {
 public:
  /// `axes` from the outermost to the innermost in the destination. `element_size` bytes move at once; the
  /// offsets are those of the block's first element.
  Copy(std::vector<CopyAxis> axes, size_t element_size, ptrdiff_t source_offset = 0,
       ptrdiff_t destination_offset = 0);

  /// Source and destination must not overlap.
  void operator()(const std::byte* source, std::byte* destination) const;

 private:
  template <class Run>
  void for_each_run(const std::byte* source, std::byte* destination, Run run) const;

  std::vector<CopyAxis> axes_;  ///< None has extent 1; the innermost is not contiguous on both sides.
  size_t run_bytes_;            ///< Contiguous bytes on both sides.
  ptrdiff_t source_offset_;
  ptrdiff_t destination_offset_;
};

}  // namespace octet::kernels
