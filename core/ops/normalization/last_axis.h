// What operators on the rows along the last axis share.
#pragma once

#include <cstddef>

#include "ops/elementwise/elementwise_operators.h"

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

/// What is relevant of the logits of a node whose results are the same, as far as its output can show them,
/// for all logits that are `distance` or more below the largest of their row. Everything, where no logit is
/// masked.
inline Interval relevant_logits(const KnownValues& logits, double beta, double distance) {
  // e^-87 is the least normal float32. What is farther below counts for nothing in float arithmetic, which no
  // network learns: it was put there to mask.
  constexpr double kMasked = 87;
  if (!(logits.widest_row * beta > kMasked)) return {};
  return {.low = logits.least_row_maximum - distance / beta};
}

}  // namespace octet::ops
