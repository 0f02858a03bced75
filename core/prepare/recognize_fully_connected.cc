// BATCH_MATMUL with a constant matrix as FULLY_CONNECTED, whose weights are quantized channel by channel.
#include <algorithm>

#include "ir/graph_edits.h"
#include "prepare/rewrites.h"

namespace octet::prepare {
namespace {

/// A float matrix; axes of 1 in front do not count.
bool is_constant_matrix(const Graph& graph, TensorId id) {
  if (!float_constant(graph, id)) return false;
  const Shape& shape = graph.tensor(id).shape;
  return shape.rank() >= 2 && shape.elements(0, shape.rank() - 2) == 1;
}

/// The matrix [depth, units] as a filter [units, depth].
Tensor filter_of(const Tensor& matrix, bool is_filter) {
  Tensor filter = matrix;
  filter.shape =
      is_filter ? Shape{matrix.shape[-2], matrix.shape[-1]} : Shape{matrix.shape[-1], matrix.shape[-2]};
  if (is_filter) return filter;
  const std::span<const float> values = matrix.values<float>();
  const size_t units = static_cast<size_t>(filter.shape[0]);
  const size_t depth = static_cast<size_t>(filter.shape[1]);
  std::vector<float> transposed(values.size());
  for (size_t unit = 0; unit < units; ++unit) {
    for (size_t k = 0; k < depth; ++k) transposed[unit * depth + k] = values[k * units + unit];
  }
  filter.constant = make_constant(std::span<const float>(transposed));
  return filter;
}

}  // namespace

int recognize_fully_connected(Graph& graph) {
  int recognized = 0;
  for (Node& node : graph.nodes) {
    if (node.op != OpKind::BatchMatmul) continue;
    const auto [transpose_a, transpose_b] = std::get<BatchMatmul>(node.attributes);
    const Tensor& rows = graph.tensor(node.inputs[0]);
    if (transpose_a || rows.is_constant() || !is_constant_matrix(graph, node.inputs[1])) continue;
    if (graph.tensor(node.outputs[0]).shape.rank() != rows.shape.rank()) continue;
    node.inputs[1] = graph.add_tensor(filter_of(graph.tensor(node.inputs[1]), transpose_b));
    node.op = OpKind::FullyConnected;
    node.attributes = FullyConnected{.keep_dims = true, .activation = Activation::None};
    ++recognized;
  }
  return recognized;
}

}  // namespace octet::prepare
