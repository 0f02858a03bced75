#include "ir/shape.h"

#include <algorithm>

#include "ir/error.h"

namespace octet {

Shape::Shape(std::span<const int32_t> dims) : rank_(static_cast<int>(dims.size())) {
  if (dims.size() > kMaxRank) {
    throw Error(ErrorCode::InvalidShape, "A tensor has " + std::to_string(dims.size()) +
                                             " dimensions; at most " + std::to_string(kMaxRank) +
                                             " are supported.");
  }
  int64_t product = 1;
  for (size_t axis = 0; axis < dims.size(); ++axis) {
    if (dims[axis] < 1) {
      throw Error(ErrorCode::InvalidShape, "Dimension " + std::to_string(axis) + " of a tensor is " +
                                               std::to_string(dims[axis]) + "; it must be at least 1.");
    }
    product *= dims[axis];
    if (product > kMaxElements) {
      throw Error(ErrorCode::InvalidShape,
                  "A tensor has more than " + std::to_string(kMaxElements) + " elements.");
    }
    dims_[axis] = dims[axis];
  }
}

int64_t Shape::elements() const { return elements(0, rank_); }

int64_t Shape::elements(int begin, int end) const {
  int64_t product = 1;
  for (int axis = begin; axis < end; ++axis) product *= dims_[static_cast<size_t>(axis)];
  return product;
}

std::string to_string(const Shape& shape) {
  if (shape.rank() == 0) return "scalar";
  std::string text;
  for (const int32_t dim : shape.dims()) {
    if (!text.empty()) text += 'x';
    text += std::to_string(dim);
  }
  return text;
}

int normalized_axis(int axis, int rank) {
  if (axis < -rank || axis >= rank) {
    throw Error(ErrorCode::InvalidShape, "Axis " + std::to_string(axis) + " is outside a tensor of " +
                                             std::to_string(rank) + " dimensions.");
  }
  return axis < 0 ? axis + rank : axis;
}

Shape broadcast(const Shape& a, const Shape& b) {
  const int rank = std::max(a.rank(), b.rank());
  std::array<int32_t, Shape::kMaxRank> dims = {};
  for (int axis = 0; axis < rank; ++axis) {
    const int from_end = axis - rank;
    const int32_t extent_a = -from_end <= a.rank() ? a[from_end] : 1;
    const int32_t extent_b = -from_end <= b.rank() ? b[from_end] : 1;
    if (extent_a != extent_b && extent_a != 1 && extent_b != 1) {
      throw Error(ErrorCode::InvalidShape,
                  "Shapes " + to_string(a) + " and " + to_string(b) + " cannot be broadcast together.");
    }
    dims[static_cast<size_t>(axis)] = std::max(extent_a, extent_b);
  }
  return Shape(std::span<const int32_t>(dims.data(), static_cast<size_t>(rank)));
}

}  // namespace octet
