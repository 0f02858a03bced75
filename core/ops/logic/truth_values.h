// What operators on truth values share.
#pragma once

#include <string>
#include <vector>

#include "ops/logic/comparison_operators.h"

namespace octet::ops {

/// Fails unless operand `i` holds truth values.
inline void expect_truth(const NodeView& node, size_t i) {
  const Tensor& input = node.input(i);
  if (input.dtype == DType::Bool) return;
  node.fail("input '" + input.name + "' is " + std::string(to_string(input.dtype)) +
            "; truth values are expected.");
}

/// Truth values of the shape that two operands, truth values, broadcast to.
inline std::vector<TensorType> infer_logic(const NodeView& node) {
  expect_truth(node, 0);
  return infer_binary(node);
}

}  // namespace octet::ops
