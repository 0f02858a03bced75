// Checks that the shape inference of several operators shares. All throw InvalidShape with the node's name.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "ops/operator.h"

namespace octet::ops {

/// The shape of an output; fails when a dimension is below 1 or there are too many elements or dimensions.
Shape output_shape(const NodeView& node, std::span<const int64_t> dims);

/// Extents of `shape` in the width that output_shape takes, to be changed.
std::vector<int64_t> extents(const Shape& shape);

/// Fails unless input `i` has `rank` dimensions.
void expect_rank(const NodeView& node, size_t i, int rank);

/// Fails unless `axis` is in [0, rank).
void expect_axis(const NodeView& node, int32_t axis, int rank);

/// Fails unless a list of `count` attribute values ("paddings", "sizes") has one entry a dimension of the
/// first input.
void expect_one_per_dimension(const NodeView& node, std::string_view what, size_t count);

}  // namespace octet::ops
