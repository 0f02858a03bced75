// Walks a tensor by coordinates, for tests that say where each element comes from.
#pragma once

#include <cstddef>
#include <vector>

#include "ir/shape.h"

namespace octet::test {

using Coordinates = std::vector<int32_t>;

/// The position of an element in a dense tensor.
inline size_t offset_of(const Shape& shape, const Coordinates& at) {
  size_t offset = 0;
  for (int axis = 0; axis < shape.rank(); ++axis) {
    offset = offset * static_cast<size_t>(shape[axis]) + static_cast<size_t>(at[static_cast<size_t>(axis)]);
  }
  return offset;
}

/// Calls `visit` with the coordinates of every element, in memory order.
template <class Visit>
void for_each_coordinates(const Shape& shape, Visit visit) {
  Coordinates at(static_cast<size_t>(shape.rank()), 0);
  while (true) {
    visit(at);
    size_t axis = at.size();
    while (axis > 0 && ++at[axis - 1] == shape[static_cast<int>(axis) - 1]) at[--axis] = 0;
    if (axis == 0) return;
  }
}

}  // namespace octet::test
