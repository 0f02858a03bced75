// What operators that select by computed or constant indices share.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include "ops/operator.h"

namespace octet::ops {

/// Operand 1 holds the indices.
inline constexpr size_t kIndexOperand[] = {1};

/// Fails unless operand 1 holds int32 or int64.
inline void expect_indices(const NodeView& node) {
  const DType dtype = node.input(1).dtype;
  if (dtype == DType::Int32 || dtype == DType::Int64) return;
  node.fail("its indices are " + std::string(to_string(dtype)) + "; int32 or int64 are expected.");
}

/// Calls visit(indices of their type) where operand 1 is constant.
template <class Visit>
void visit_constant_indices(const NodeView& node, Visit visit) {
  if (!node.input(1).is_constant()) return;
  if (node.input(1).dtype == DType::Int32) {
    visit(node.input(1).values<int32_t>());
  } else {
    visit(node.input(1).values<int64_t>());
  }
}

/// Fails unless an index selects one of `extent` elements of dimension `axis`.
inline void expect_index(const NodeView& node, int64_t index, int axis, int32_t extent) {
  if (index >= 0 && index < extent) return;
  node.fail("its index " + std::to_string(index) + " is outside dimension " + std::to_string(axis) +
            ", which has " + std::to_string(extent) + " elements.");
}

/// A computed index that selects nothing takes the nearest element: running cannot fail.
template <class Index>
size_t nearest_index(Index index, int64_t extent) {
  return static_cast<size_t>(std::clamp<int64_t>(index, 0, extent - 1));
}

/// The kernel maker for the type of the indices.
template <PrepareKernel of_int32, PrepareKernel of_int64>
std::unique_ptr<Kernel> by_index_type(const NodeView& node) {
  return node.input(1).dtype == DType::Int32 ? of_int32(node) : of_int64(node);
}

}  // namespace octet::ops
