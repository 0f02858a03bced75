// Nodes that the rows of many operators emit.
#pragma once

#include <cstdint>
#include <vector>

#include "formats/onnx/node_reader.h"

namespace octet::formats::onnx {

std::vector<int64_t> dims_of(const Shape& shape);

TensorId unary(NodeReader& node, OpKind op, TensorId x);
/// An operator on two tensors, which are broadcast.
TensorId binary(NodeReader& node, OpKind op, TensorId a, TensorId b);
/// `a` where `condition` is true, else `b`.
TensorId select(NodeReader& node, TensorId condition, TensorId a, TensorId b);
/// The values in another type, or `id` itself where it has it.
TensorId cast_to(NodeReader& node, TensorId id, DType type);
/// A scalar 0.
TensorId zero_of(NodeReader& node, DType type);
/// min(max(x, low), high), by one operator where the graph has it. Bounds at the ends of float's range, or
/// beyond, are none.
TensorId clamped(NodeReader& node, TensorId x, float low, float high);
/// What follows a fused operator of com.microsoft: its attribute `activation`. Defined with the rows of
/// these operators.
TensorId activated(NodeReader& node, TensorId x);

/// The elements from `begin` to before `end` along an axis.
TensorId sliced(NodeReader& node, TensorId id, int32_t axis, int64_t begin, int64_t end);
/// The slices along `axis` in this order, each possibly more than once.
TensorId gathered(NodeReader& node, TensorId id, int32_t axis, const std::vector<int32_t>& indices);
/// A reduction over sorted axes; `id` itself over none.
TensorId reduced(NodeReader& node, OpKind op, TensorId id, std::vector<int32_t> axes, bool keep_dims);

/// Of an axis, `count` elements from `begin` on, each `step` behind the one before.
TensorId strided(NodeReader& node, TensorId id, int32_t axis, int32_t begin, int32_t step, int32_t count);
/// Where `indices`, which have one element along `axis`, name the place along it, of `extent` many.
TensorId equals_place(NodeReader& node, TensorId indices, int32_t axis, int64_t extent);

/// first, ..., rank - 1.
std::vector<int32_t> axes_from(int32_t first, int rank);
/// The permutation that exchanges two axes, and so undoes itself.
std::vector<int32_t> exchanged_axes(int rank, int32_t a, int32_t b);
/// [1, C, 1, ...] of `rank` dimensions, by which one value a channel broadcasts.
std::vector<int64_t> channel_dims(int64_t channels, int rank);

}  // namespace octet::formats::onnx
