#include "ops/inference.h"

#include <limits>
#include <string>

namespace octet::ops {

Shape output_shape(const NodeView& node, std::span<const int64_t> dims) {
  std::vector<int32_t> narrow;
  for (size_t axis = 0; axis < dims.size(); ++axis) {
    if (dims[axis] < 1 || dims[axis] > std::numeric_limits<int32_t>::max()) {
      node.fail("dimension " + std::to_string(axis) + " of its output would be " +
                std::to_string(dims[axis]) + ".");
    }
    narrow.push_back(static_cast<int32_t>(dims[axis]));
  }
  try {
    return Shape(narrow);
  } catch (const Error& error) {
    node.fail("its output is not possible. " + error.message());
  }
}

std::vector<int64_t> extents(const Shape& shape) { return {shape.dims().begin(), shape.dims().end()}; }

void expect_rank(const NodeView& node, size_t i, int rank) {
  const Tensor& input = node.input(i);
  if (input.shape.rank() == rank) return;
  node.fail("input '" + input.name + "' has " + std::to_string(input.shape.rank()) + " dimensions; " +
            std::to_string(rank) + " are expected.");
}

void expect_axis(const NodeView& node, int32_t axis, int rank) {
  if (axis >= 0 && axis < rank) return;
  node.fail("axis " + std::to_string(axis) + " does not exist in a tensor of " + std::to_string(rank) +
            " dimensions.");
}

void expect_one_per_dimension(const NodeView& node, std::string_view what, size_t count) {
  const int rank = node.input(0).shape.rank();
  if (count == static_cast<size_t>(rank)) return;
  node.fail("it has " + std::to_string(count) + " " + std::string(what) + " for " + std::to_string(rank) +
            " dimensions.");
}

}  // namespace octet::ops
