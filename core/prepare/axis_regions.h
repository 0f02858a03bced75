// Regions of tensors whose axes correspond: what works axis by axis, or element by element, wants its
// operands and results stored in one order. Axes correspond by what operators do with them, never by their
// extents.
#pragma once

#include <vector>

#include "ir/graph.h"
#include "ops/axes.h"

namespace octet::prepare {

using ops::AxisOrder;

/// 0, 1, 2, ...: the file's order.
AxisOrder file_order(int rank);
/// The order that undoes another.
AxisOrder inverse(const AxisOrder& order);
/// The order where axis a goes by the name axes[a].
AxisOrder renamed(const AxisOrder& order, const AxisOrder& axes);

/// The regions of a graph's computed tensors. Each has a tensor that stands for it, whose axes are the
/// region's.
class AxisRegions {
 public:
  explicit AxisRegions(const Graph& graph);

  /// The tensor that stands for the region of `id`.
  TensorId region(TensorId id) { return find(id).root; }
  /// An order of the region's axes as one of the tensor's, and back.
  AxisOrder of_tensor(TensorId id, const AxisOrder& region_order);
  AxisOrder of_region(TensorId id, const AxisOrder& tensor_order);

 private:
  struct Place {
    TensorId root;
    AxisOrder axes;  ///< Of the root: which one each axis of the tensor is.
  };

  Place find(TensorId id);
  /// Axis i of `a` is axis to_b[i] of `b`; nothing where they belong together otherwise already.
  void unite(TensorId a, TensorId b, const AxisOrder& to_b);
  void unite_axes_of(const Graph& graph, const Node& node);

  struct Link {
    TensorId parent = TensorId::None;  ///< None of those that stand for a region.
    AxisOrder axes;
  };
  std::vector<Link> links_;
  std::vector<int> ranks_;
};

}  // namespace octet::prepare
