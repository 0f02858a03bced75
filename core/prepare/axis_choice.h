// Chooses an order of axes for every region of a graph.
#pragma once

#include <map>
#include <vector>

#include "ir/graph.h"
#include "prepare/axis_demands.h"
#include "prepare/axis_regions.h"

namespace octet::prepare {

/// Orders with which the least has to be transposed, found region by region: each takes the order of those
/// that its nodes wish for that costs least where its neighbours are, until none changes.
class AxisChoice {
 public:
  /// `fixed`: tensors that are wanted in the file's order.
  AxisChoice(const Graph& graph, const std::vector<bool>& fixed);

  /// The order in which a computed tensor is stored.
  AxisOrder stored(TensorId id) const;

 private:
  /// Bytes that are transposed, then the number of TRANSPOSEs.
  struct Cost {
    int64_t bytes = 0;
    int64_t count = 0;
    auto operator<=>(const Cost&) const = default;
  };

  void collect(const std::vector<bool>& fixed);
  bool improve(TensorId region);
  Cost cost_of(TensorId region) const;
  void add_cost(TensorId id, const AxisOrder& wanted, Cost& cost) const;

  const Graph& graph_;
  mutable AxisRegions regions_;
  std::map<TensorId, AxisOrder> orders_;               ///< By region.
  std::map<TensorId, std::vector<NodeId>> nodes_;      ///< That have tensors of the region.
  std::map<TensorId, std::vector<TensorId>> tensors_;  ///< Of the region, that are `fixed`.
  std::vector<TensorId> in_order_;                     ///< Regions by their first node.
};

}  // namespace octet::prepare
