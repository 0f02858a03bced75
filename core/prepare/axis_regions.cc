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
    AxisOrder to_root(link.axes.size());
    for (size_t a = 0; a < to_root.size(); ++a) to_root[a] = axes[static_cast<size_t>(link.axes[a])];
    link = {root, to_root};
    axes = std::move(to_root);
  }
  return {root, std::move(axes)};
}

void AxisRegions::unite(TensorId a, TensorId b, const AxisOrder& to_b) {
  const Place from = find(a);
  const Place to = find(b);
  if (from.root == to.root) return;
  // An axis of a's root is one of a, that is one of b, that is one of b's root.
  AxisOrder axes(to_b.size());
  for (size_t i = 0; i < to_b.size(); ++i)
    axes[static_cast<size_t>(from.axes[i])] = to.axes[static_cast<size_t>(to_b[i])];
  links_[index(from.root)] = {to.root, std::move(axes)};
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
  const AxisOrder mine = inverse(find(id).axes);
  AxisOrder order(region_order.size());
  for (size_t i = 0; i < order.size(); ++i) order[i] = mine[static_cast<size_t>(region_order[i])];
  return order;
}

AxisOrder AxisRegions::of_region(TensorId id, const AxisOrder& tensor_order) {
  const Place place = find(id);
  AxisOrder order(tensor_order.size());
  for (size_t i = 0; i < order.size(); ++i) order[i] = place.axes[static_cast<size_t>(tensor_order[i])];
  return order;
}

}  // namespace octet::prepare
