#include "prepare/axis_demands.h"

#include <algorithm>
#include <utility>

#include "ops/operator.h"

namespace octet::prepare {
namespace {

using ops::AxisRule;

/// The axes with more than one element, in order.
AxisOrder long_axes(const Shape& shape, const AxisOrder& order) {
  AxisOrder result;
  std::copy_if(order.begin(), order.end(), std::back_inserter(result),
               [&](int32_t axis) { return shape[axis] > 1; });
  return result;
}

/// Axes of two shapes of the same elements that together are the same: those that a RESHAPE joins and splits.
struct Group {
  AxisOrder from;
  AxisOrder to;
};

/// In the file's order; axes of one element are in none.
std::vector<Group> groups_of(const Shape& from, const Shape& to) {
  const AxisOrder a = long_axes(from, file_order(from.rank()));
  const AxisOrder b = long_axes(to, file_order(to.rank()));
  std::vector<Group> groups;
  for (size_t i = 0, j = 0; i < a.size() && j < b.size();) {
    Group group;
    int64_t left = 1;
    int64_t right = 1;
    const auto take_left = [&] { left *= from[group.from.emplace_back(a[i++])]; };
    const auto take_right = [&] { right *= to[group.to.emplace_back(b[j++])]; };
    take_left();
    take_right();
    while (left != right && (left < right ? i < a.size() : j < b.size()))
      left < right ? take_left() : take_right();
    groups.push_back(std::move(group));
  }
  return groups;
}

/// `long_order` with the axes of one element put back, where the file has them.
AxisOrder completed(const Shape& shape, AxisOrder long_order) {
  for (int32_t axis = 0; axis < shape.rank(); ++axis) {
    if (shape[axis] > 1) continue;
    const auto place = std::min(static_cast<size_t>(axis), long_order.size());
    long_order.insert(long_order.begin() + static_cast<ptrdiff_t>(place), axis);
  }
  return long_order;
}

/// In which order a RESHAPE leaves the elements of an operand that is stored in `order`; nothing where groups
/// of axes are torn apart.
std::optional<AxisOrder> handed_on(const Shape& from, const Shape& to, const AxisOrder& order) {
  const std::vector<Group> groups = groups_of(from, to);
  const AxisOrder axes = long_axes(from, order);
  AxisOrder result;
  for (size_t at = 0; at < axes.size();) {
    const auto group = std::find_if(groups.begin(), groups.end(),
                                    [&](const Group& each) { return each.from.front() == axes[at]; });
    if (group == groups.end() || at + group->from.size() > axes.size()) return {};
    if (!std::equal(group->from.begin(), group->from.end(), axes.begin() + static_cast<ptrdiff_t>(at)))
      return {};
    result.insert(result.end(), group->to.begin(), group->to.end());
    at += group->from.size();
  }
  return completed(to, std::move(result));
}

AxisOrder with_last(AxisOrder order, int32_t axis) {
  order.erase(std::find(order.begin(), order.end(), axis));
  order.push_back(axis);
  return order;
}

/// The result's order, for the operand that lacks no axis of it.
AxisOrder without(const AxisOrder& order, const std::vector<int32_t>& dropped) {
  AxisOrder result;
  for (const int32_t axis : order) {
    if (std::binary_search(dropped.begin(), dropped.end(), axis)) continue;
    const auto before = std::lower_bound(dropped.begin(), dropped.end(), axis) - dropped.begin();
    result.push_back(axis - static_cast<int32_t>(before));
  }
  return result;
}

AxisOrder with_exchanged_end(int rank) {
  AxisOrder order = file_order(rank);
  std::swap(order[order.size() - 1], order[order.size() - 2]);
  return order;
}

class Arranger {
 public:
  Arranger(const Graph& graph, const Node& node, const OrderOf& stored)
      : graph_(graph), node_(node), stored_(stored) {
    for (const TensorId id : node.inputs)
      result_.operands.push_back(id == TensorId::None ? AxisOrder() : file_order(shape(id).rank()));
    for (const TensorId id : node.outputs) result_.results.push_back(file_order(shape(id).rank()));
  }

  Arranged arrange() {
    switch (rule_of(node_, graph_)) {
      case AxisRule::Elementwise:
        all_in(order_of(node_.outputs[0]));
        break;
      case AxisRule::Along:
        along();
        break;
      case AxisRule::LastAxis:
      case AxisRule::Rows:
        keep_last();
        break;
      case AxisRule::Matrix:
        multiply();
        break;
      case AxisRule::Regrouped:
        regroup();
        break;
      case AxisRule::Renamed:
        rename();
        break;
      case AxisRule::Image:
      case AxisRule::Fixed:
        break;
    }
    return std::move(result_);
  }

  /// The operator's rule, or Fixed for forms of it that are in no order but the file's.
  static AxisRule rule_of(const Node& node, const Graph& graph) {
    const AxisRule rule = ops::operator_of(node.op).axes;
    const auto rank = [&](TensorId id) { return graph.tensor(id).shape.rank(); };
    const bool has_constant = graph.tensor(node.inputs[0]).is_constant();
    if (rule == AxisRule::Along) {
      if (has_constant && node.op != OpKind::Concatenation) return AxisRule::Fixed;
      const Gather* gather = std::get_if<Gather>(&node.attributes);
      if (gather != nullptr && (gather->batch_dims != 0 || rank(node.inputs[1]) > 1)) return AxisRule::Fixed;
      const bool widens = std::holds_alternative<Reshape>(node.attributes);
      if (widens && rank(node.inputs[0]) != rank(node.outputs[0])) return AxisRule::Fixed;
    }
    if (rule == AxisRule::Rows && !std::get<FullyConnected>(node.attributes).keep_dims)
      return AxisRule::Fixed;
    if ((rule == AxisRule::Rows || rule == AxisRule::LastAxis || rule == AxisRule::Regrouped ||
         rule == AxisRule::Renamed) &&
        has_constant)
      return AxisRule::Fixed;
    return rule;
  }

 private:
  const Shape& shape(TensorId id) const { return graph_.tensor(id).shape; }
  AxisOrder order_of(TensorId id) const {
    return graph_.tensor(id).is_constant() ? file_order(shape(id).rank()) : stored_(id);
  }

  /// Operands and results of the first result's rank in this order.
  void all_in(const AxisOrder& order) {
    for (size_t i = 0; i < node_.inputs.size(); ++i) {
      if (result_.operands[i].size() == order.size()) result_.operands[i] = order;
    }
    for (AxisOrder& result : result_.results) {
      if (result.size() == order.size()) result = order;
    }
  }

  void along() {
    if (node_.op == OpKind::Concatenation) return all_in(order_of(node_.outputs[0]));
    const std::vector<int32_t> dropped = ops::dropped_axes(graph_, node_);
    const AxisOrder order = order_of(node_.inputs[0]);
    result_.operands[0] = order;
    for (AxisOrder& result : result_.results) result = without(order, dropped);
  }

  void keep_last() {
    AxisOrder order = order_of(node_.inputs[0]);
    if (order.empty()) return;
    const auto last = static_cast<int32_t>(order.size()) - 1;
    if (order.back() != last) order = with_last(std::move(order), last);
    result_.operands[0] = order;
    result_.results[0] = order;
  }

  void multiply() {
    const auto exchanged = [&](TensorId id) {
      return !graph_.tensor(id).is_constant() && order_of(id) == with_exchanged_end(shape(id).rank());
    };
    const TensorId a = node_.inputs[0];
    const TensorId b = node_.inputs[1];
    if (exchanged(a)) result_.operands[0] = with_exchanged_end(shape(a).rank());
    if (exchanged(b)) result_.operands[1] = with_exchanged_end(shape(b).rank());
    const bool are_computed = !graph_.tensor(a).is_constant() && !graph_.tensor(b).is_constant();
    if (are_computed && exchanged(node_.outputs[0])) {
      result_.results[0] = with_exchanged_end(shape(node_.outputs[0]).rank());
      result_.exchanges_factors = true;
    }
  }

  void regroup() {
    const TensorId from = node_.inputs[0];
    const TensorId to = node_.outputs[0];
    const AxisOrder wanted = order_of(to);
    if (const auto handed = handed_on(shape(from), shape(to), order_of(from))) {
      result_.operands[0] = order_of(from);
      result_.results[0] = lie_alike(shape(to), *handed, wanted) ? wanted : *handed;
    } else if (const auto asked = handed_on(shape(to), shape(from), wanted)) {
      result_.operands[0] = *asked;
      result_.results[0] = wanted;
    }
  }

  void rename() {
    result_.results[0] = order_of(node_.outputs[0]);
    result_.operands[0] = renamed(result_.results[0], std::get<Transpose>(node_.attributes).permutation);
  }

  const Graph& graph_;
  const Node& node_;
  const OrderOf& stored_;
  Arranged result_;
};

}  // namespace

bool lie_alike(const Shape& shape, const AxisOrder& a, const AxisOrder& b) {
  return a == b || long_axes(shape, a) == long_axes(shape, b);
}

bool broadcasts_constants(const Node& node) {
  return ops::operator_of(node.op).axes == AxisRule::Elementwise || node.op == OpKind::Concatenation;
}

Arranged arranged(const Graph& graph, const Node& node, const OrderOf& stored) {
  return Arranger(graph, node, stored).arrange();
}

std::vector<Wish> wishes(const Graph& graph, const Node& node, const OrderOf& stored) {
  std::vector<Wish> list;
  const auto wish = [&](TensorId id, const AxisOrder& order) {
    if (id == TensorId::None || graph.tensor(id).is_constant() || order.empty()) return;
    list.push_back({id, order});
  };
  // As it would run with what is decided, and with what its results or operands are stored in.
  const Arranged now = arranged(graph, node, stored);
  for (size_t i = 0; i < node.inputs.size(); ++i) wish(node.inputs[i], now.operands[i]);
  for (size_t i = 0; i < node.outputs.size(); ++i) wish(node.outputs[i], now.results[i]);
  if (Arranger::rule_of(node, graph) == AxisRule::Regrouped) {
    const Shape& from = graph.tensor(node.inputs[0]).shape;
    const Shape& to = graph.tensor(node.outputs[0]).shape;
    if (const auto asked = handed_on(to, from, stored(node.outputs[0]))) wish(node.inputs[0], *asked);
    wish(node.inputs[0], file_order(from.rank()));
    wish(node.outputs[0], file_order(to.rank()));
  }
  if (Arranger::rule_of(node, graph) == AxisRule::Matrix) {
    for (const TensorId id : {node.inputs[0], node.inputs[1], node.outputs[0]}) {
      wish(id, file_order(graph.tensor(id).shape.rank()));
      wish(id, with_exchanged_end(graph.tensor(id).shape.rank()));
    }
  }
  return list;
}

}  // namespace octet::prepare
