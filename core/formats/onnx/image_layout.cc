#include "formats/onnx/image_layout.h"

#include <string>
#include <utility>

namespace octet::formats::onnx {

TensorId transposed(NodeReader& node, TensorId id, std::vector<int32_t> permutation) {
  bool moves = false;
  for (size_t i = 0; i < permutation.size(); ++i) moves |= permutation[i] != static_cast<int32_t>(i);
  return moves ? node.emit(OpKind::Transpose, Transpose{std::move(permutation)}, {id}) : id;
}

TensorId reshaped(NodeReader& node, TensorId id, std::span<const int64_t> dims) {
  const Shape shape = shape_from(dims);
  if (shape == node.shape_of(id)) return id;
  return node.emit(OpKind::Reshape, Reshape{{shape.dims().begin(), shape.dims().end()}}, {id});
}

TensorId to_image(NodeReader& node, TensorId id) {
  const Shape shape = node.shape_of(id);
  if (shape.rank() == 4) return transposed(node, id, {0, 2, 3, 1});
  if (shape.rank() != 3) {
    node.unsupported("on " + std::to_string(shape.rank() - 2) + " spatial dimensions");
  }
  const int64_t dims[] = {shape[0], 1, shape[2], shape[1]};
  return reshaped(node, transposed(node, id, {0, 2, 1}), dims);
}

TensorId from_image(NodeReader& node, TensorId id, int rank) {
  if (rank == 4) return transposed(node, id, {0, 3, 1, 2});
  const Shape shape = node.shape_of(id);
  const int64_t dims[] = {shape[0], shape[2], shape[3]};
  return transposed(node, reshaped(node, id, dims), {0, 2, 1});
}

}  // namespace octet::formats::onnx
