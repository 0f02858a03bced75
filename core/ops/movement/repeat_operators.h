// What TILE and BROADCAST_TO share: each dimension of the output repeats one of the input.
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "ops/movement/copy_kernel.h"

namespace octet::ops {

/// A kernel whose output element i of a dimension is element i modulo the extent of the input's; dimensions
/// that the input lacks in front count as 1.
inline std::unique_ptr<Kernel> repeating_kernel(const NodeView& node) {
  const Shape& input = node.input(0).shape;
  const Shape& output = node.output().shape;
  const auto from = byte_strides(node.input(0));
  const auto to = byte_strides(node.output());
  const int missing = output.rank() - input.rank();
  std::vector<kernels::CopyAxis> axes;
  for (int axis = 0; axis < output.rank(); ++axis) {
    const int source = axis - missing;
    const int32_t extent = source < 0 ? 1 : input[source];
    const ptrdiff_t stride = source < 0 ? 0 : from[static_cast<size_t>(source)];
    if (extent == output[axis]) {
      axes.push_back(kernels::strided_axis(extent, stride, to[static_cast<size_t>(axis)]));
      continue;
    }
    // Two axes, so that the elements of one repetition stay neighbours.
    axes.push_back(kernels::strided_axis(output[axis] / extent, 0, extent * to[static_cast<size_t>(axis)]));
    axes.push_back(kernels::strided_axis(extent, stride, to[static_cast<size_t>(axis)]));
  }
  return movement_kernel({{.copy = kernels::Copy(std::move(axes), size_of(node.output().dtype))}});
}

}  // namespace octet::ops
