#include "ops/axes.h"

#include <algorithm>
#include <type_traits>
#include <variant>

namespace octet::ops {
namespace {

/// Where an axis is stored.
int32_t place_of(int32_t axis, const AxisOrder& order) {
  return static_cast<int32_t>(std::find(order.begin(), order.end(), axis) - order.begin());
}

/// A list of one entry an axis.
template <class T>
void reorder(std::vector<T>& list, const AxisOrder& order) {
  const std::vector<T> before = list;
  for (size_t i = 0; i < order.size(); ++i) list[i] = before[static_cast<size_t>(order[i])];
}

/// A list of axes, ascending.
void rename(std::vector<int32_t>& axes, const AxisOrder& order) {
  for (int32_t& axis : axes) axis = place_of(axis, order);
  std::sort(axes.begin(), axes.end());
}

void change(auto&, const AxisOrder&) {}
void change(Axis& a, const AxisOrder& order) { a.axis = place_of(a.axis, order); }
void change(SplitV& a, const AxisOrder& order) { a.axis = place_of(a.axis, order); }
void change(CumSum& a, const AxisOrder& order) { a.axis = place_of(a.axis, order); }
void change(ArgMax& a, const AxisOrder& order) { a.axis = place_of(a.axis, order); }
void change(Gather& a, const AxisOrder& order) { a.axis = place_of(a.axis, order); }
void change(Reduce& a, const AxisOrder& order) { rename(a.axes, order); }
void change(Reshape& a, const AxisOrder& order) { reorder(a.shape, order); }
void change(Tile& a, const AxisOrder& order) { reorder(a.multiples, order); }
void change(Pad& a, const AxisOrder& order) { reorder(a.paddings, order); }
void change(MirrorPad& a, const AxisOrder& order) { reorder(a.paddings, order); }
void change(Slice& a, const AxisOrder& order) {
  reorder(a.begin, order);
  reorder(a.size, order);
}
void change(StridedSlice& a, const AxisOrder& order) {
  reorder(a.begin, order);
  reorder(a.size, order);
  reorder(a.stride, order);
  rename(a.shrunk_axes, order);
}

}  // namespace

std::vector<int32_t> dropped_axes(const Graph& graph, const Node& node) {
  if (const Reduce* reduce = std::get_if<Reduce>(&node.attributes))
    return reduce->keep_dims ? std::vector<int32_t>() : reduce->axes;
  if (const ArgMax* arg_max = std::get_if<ArgMax>(&node.attributes)) return {arg_max->axis};
  if (const StridedSlice* slice = std::get_if<StridedSlice>(&node.attributes)) {
    std::vector<int32_t> axes = slice->shrunk_axes;
    std::sort(axes.begin(), axes.end());
    return axes;
  }
  const Gather* gather = std::get_if<Gather>(&node.attributes);
  if (gather != nullptr && graph.tensor(node.inputs[1]).shape.rank() == 0) return {gather->axis};
  return {};
}

Attributes reordered(const Attributes& attributes, const AxisOrder& order) {
  Attributes result = attributes;
  std::visit([&](auto& typed) { change(typed, order); }, result);
  return result;
}

}  // namespace octet::ops
