#include "prepare/axis_regions.h"

#include <numeric>

#include "ops/operator.h"

namespace octet::prepare {

AxisOrder file_order(int rank) {
  AxisOrder order(static_cast<size_t>(rank));
  std::iota(order.begin(), order.end(), 0);
  return order;
}

AxisOrder inverse(const AxisOrder& order) {
  AxisOrder result(order.size());
  for (size_t i = 0; i < order.size(); ++i) result[static_cast<size_t>(order[i])] = static_cast<int32_t>(i);
  return result;
}

AxisOrder renamed(const AxisOrder& order, const AxisOrder& axes) {
  AxisOrder result;
  for (const int32_t axis : order) result.push_back(axes[static_cast<size_t>(axis)]);
  return result;
}

AxisRegions::AxisRegions(const Graph& graph) : links_(graph.tensors.size()) {
  for (const Tensor& tensor : graph.tensors) ranks_.push_back(tensor.shape.rank());
  for (const Node& node : graph.nodes) unite_axes_of(graph, node);
}

AxisRegions::Place AxisRegions::find(TensorId id) {
  // Two passes: to the root, then every tensor on the way is hung there.
  std::vector<TensorId> way;
  TensorId root = id;
  while (links_[index(root)].parent != TensorId::None) {
    way.push_back(root);
    root = links_[index(root)].parent;
  }
  AxisOrder axes = file_order(ranks_[index(root)]);
  for (size_t i = way.size(); i-- > 0;) {
    Link& link = links_[index(way[i])];
    axes = renamed(link.axes, axes);
    link = {root, axes};
  }
  return {root, std::move(axes)};
}

void AxisRegions::unite(TensorId a, TensorId b, const AxisOrder& to_b) {
  const Place from = find(a);
  const Place to = find(b);
  if (from.root == to.root) return;
  // An axis of a's root is one of a, that is one of b, that is one of b's root.
  links_[index(from.root)] = {to.root, renamed(inverse(from.axes), renamed(to_b, to.axes))};
}

void AxisRegions::unite_axes_of(const Graph& graph, const Node& node) {
  using ops::AxisRule;
  const AxisRule rule = ops::operator_of(node.op).axes;
  if (rule == AxisRule::Matrix || rule == AxisRule::Regrouped || rule == AxisRule::Fixed) return;
  const TensorId output = node.outputs[0];
  const int rank = ranks_[index(output)];
  if (rule == AxisRule::Renamed) {
    if (graph.tensor(node.inputs[0]).is_constant()) return;
    unite(output, node.inputs[0], std::get<Transpose>(node.attributes).permutation);
    return;
  }
  for (const TensorId id : node.inputs) {
    if (id == TensorId::None || graph.tensor(id).is_constant() || ranks_[index(id)] != rank || rank == 0)
      continue;
    unite(id, output, file_order(rank));
    // Of what is no operand of elements, the first alone has the axes of the result.
    if (rule != AxisRule::Elementwise && node.op != OpKind::Concatenation) break;
  }
  for (const TensorId other : node.outputs) {
    if (ranks_[index(other)] == rank) unite(other, output, file_order(rank));
  }
}

AxisOrder AxisRegions::of_tensor(TensorId id, const AxisOrder& region_order) {
  return renamed(region_order, inverse(find(id).axes));
}

AxisOrder AxisRegions::of_region(TensorId id, const AxisOrder& tensor_order) {
  return renamed(tensor_order, find(id).axes);
}

}  // namespace octet::prepare
