#include "ops/movement/split_operators.h"

#include <utility>

namespace octet::ops {

std::unique_ptr<Kernel> splitting_kernel(const NodeView& node, int axis, std::span<const int32_t> sizes) {
  const Tensor& input = node.input(0);
  const ptrdiff_t step = byte_strides(input)[static_cast<size_t>(axis)];
  const int32_t rows = static_cast<int32_t>(input.shape.elements(0, axis));
  std::vector<Move> moves;
  ptrdiff_t offset = 0;
  for (size_t i = 0; i < sizes.size(); ++i) {
    const ptrdiff_t block = sizes[i] * step;
    std::vector<kernels::CopyAxis> axes;
    axes.push_back(kernels::strided_axis(rows, input.shape[axis] * step, block));
    moves.push_back(
        {.output = i, .copy = kernels::Copy(std::move(axes), static_cast<size_t>(block), offset)});
    offset += block;
  }
  return movement_kernel(std::move(moves));
}

}  // namespace octet::ops
