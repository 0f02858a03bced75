#include "formats/onnx/row_helpers.h"

#include <cmath>
#include <limits>
#include <numeric>
#include <string>
#include <utility>

#include "formats/onnx/image_layout.h"

namespace octet::formats::onnx {

std::vector<int64_t> dims_of(const Shape& shape) { return {shape.dims().begin(), shape.dims().end()}; }

TensorId unary(NodeReader& node, OpKind op, TensorId x) { return node.emit(op, NoAttributes{}, {x}); }

TensorId binary(NodeReader& node, OpKind op, TensorId a, TensorId b) {
  const bool has_activation =
      op == OpKind::Add || op == OpKind::Sub || op == OpKind::Mul || op == OpKind::Div;
  return node.emit(op, has_activation ? Attributes(Elementwise{}) : Attributes(NoAttributes{}), {a, b});
}

TensorId select(NodeReader& node, TensorId condition, TensorId a, TensorId b) {
  return node.emit(OpKind::SelectV2, NoAttributes{}, {condition, a, b});
}

namespace {

template <class T>
std::vector<int32_t> widened(const Tensor& tensor) {
  const std::span<const T> values = as<T>(*tensor.constant);
  return {values.begin(), values.end()};
}

/// Constants in integers that the graph computes with only where they stand for reals, as int32.
TensorId without_narrow_integers(NodeReader& node, TensorId id) {
  const Tensor& tensor = node.graph().tensor(id);
  if (!tensor.is_constant()) return id;
  const Shape shape = tensor.shape;
  if (tensor.dtype == DType::Int8) return node.constant(shape, widened<int8_t>(tensor));
  if (tensor.dtype == DType::UInt8) return node.constant(shape, widened<uint8_t>(tensor));
  if (tensor.dtype == DType::Int16) return node.constant(shape, widened<int16_t>(tensor));
  return id;
}

}  // namespace

TensorId cast_to(NodeReader& node, TensorId id, DType type) {
  if (node.graph().tensor(id).dtype == type) return id;
  id = without_narrow_integers(node, id);
  const DType from = node.graph().tensor(id).dtype;
  if (from == type) return id;
  const auto is_castable = [](DType each) {
    return each == DType::Float32 || each == DType::Int32 || each == DType::Int64 || each == DType::Bool;
  };
  if (!is_castable(from) || !is_castable(type))
    node.unsupported("from " + std::string(to_string(from)) + " to " + std::string(to_string(type)));
  return node.emit(OpKind::Cast, Cast{type}, {id});
}

TensorId zero_of(NodeReader& node, DType type) {
  return node.add_constant(type, Shape(), make_constant(Bytes(size_of(type))));
}

TensorId clamped(NodeReader& node, TensorId x, float low, float high) {
  constexpr float kLargest = std::numeric_limits<float>::max();
  if (std::isnan(low) || std::isnan(high)) node.invalid("its bounds are not numbers.");
  const bool has_high = high < kLargest;
  if (low == 0 && !has_high) return unary(node, OpKind::Relu, x);
  if (low == 0 && high == 6) return unary(node, OpKind::Relu6, x);
  if (low == 0 && high == 1) return unary(node, OpKind::Relu0To1, x);
  if (low == -1 && high == 1) return unary(node, OpKind::ReluN1To1, x);
  if (low > -kLargest) x = binary(node, OpKind::Maximum, x, node.scalar(low));
  // Where the bounds cross, the upper one holds.
  if (has_high) x = binary(node, OpKind::Minimum, x, node.scalar(high));
  return x;
}

TensorId sliced(NodeReader& node, TensorId id, int32_t axis, int64_t begin, int64_t end) {
  const Shape shape = node.shape_of(id);
  if (begin == 0 && end == shape[axis]) return id;
  Slice slice;
  slice.begin.assign(static_cast<size_t>(shape.rank()), 0);
  slice.size.assign(shape.dims().begin(), shape.dims().end());
  slice.begin[static_cast<size_t>(axis)] = static_cast<int32_t>(begin);
  slice.size[static_cast<size_t>(axis)] = static_cast<int32_t>(end - begin);
  return node.emit(OpKind::Slice, std::move(slice), {id});
}

TensorId gathered(NodeReader& node, TensorId id, int32_t axis, const std::vector<int32_t>& indices) {
  const TensorId list = node.constant({static_cast<int32_t>(indices.size())}, indices);
  return node.emit(OpKind::Gather, Gather{.axis = axis}, {id, list});
}

TensorId reduced(NodeReader& node, OpKind op, TensorId id, std::vector<int32_t> axes, bool keep_dims) {
  if (axes.empty()) return id;
  return node.emit(op, Reduce{std::move(axes), keep_dims}, {id});
}

TensorId strided(NodeReader& node, TensorId id, int32_t axis, int32_t begin, int32_t step, int32_t count) {
  const Shape shape = node.shape_of(id);
  const auto at = static_cast<size_t>(axis);
  StridedSlice slice;
  slice.begin.assign(static_cast<size_t>(shape.rank()), 0);
  slice.stride.assign(static_cast<size_t>(shape.rank()), 1);
  slice.size.assign(shape.dims().begin(), shape.dims().end());
  slice.begin[at] = begin;
  slice.stride[at] = step;
  slice.size[at] = count;
  return node.emit(OpKind::StridedSlice, std::move(slice), {id});
}

TensorId equals_place(NodeReader& node, TensorId indices, int32_t axis, int64_t extent) {
  std::vector<int64_t> places(static_cast<size_t>(extent));
  std::iota(places.begin(), places.end(), int64_t{0});
  std::vector<int64_t> dims(static_cast<size_t>(node.shape_of(indices).rank()), 1);
  dims[static_cast<size_t>(axis)] = extent;
  return binary(node, OpKind::Equal, indices, node.constant(shape_from(dims), places));
}

std::vector<int32_t> axes_from(int32_t first, int rank) {
  std::vector<int32_t> axes(static_cast<size_t>(rank - first));
  std::iota(axes.begin(), axes.end(), first);
  return axes;
}

std::vector<int32_t> exchanged_axes(int rank, int32_t a, int32_t b) {
  std::vector<int32_t> permutation = axes_from(0, rank);
  std::swap(permutation[static_cast<size_t>(a)], permutation[static_cast<size_t>(b)]);
  return permutation;
}

std::vector<int64_t> channel_dims(int64_t channels, int rank) {
  std::vector<int64_t> dims(static_cast<size_t>(rank), 1);
  dims[rank > 1 ? 1 : 0] = channels;
  return dims;
}

}  // namespace octet::formats::onnx
