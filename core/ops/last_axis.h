// What operators on the rows along the last axis share.
#pragma once

#include <cstddef>

#include "ops/elementwise.h"

namespace octet::ops {

/// One output like the input, which must have an axis.
inline std::vector<TensorType> infer_along_last_axis(const NodeView& node) {
  if (node.input(0).shape.rank() == 0) node.fail("its input is a scalar.");
  return infer_unary(node);
}

/// The last axis of a tensor, and how many rows along it there are.
struct Rows {
  explicit Rows(const Shape& shape)
      : length(static_cast<size_t>(shape[-1])), count(static_cast<size_t>(shape.elements()) / length) {}
  size_t length;
  size_t count;
};

}  // namespace octet::ops
