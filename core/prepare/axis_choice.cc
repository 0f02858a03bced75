#include "prepare/axis_choice.h"

#include <algorithm>
#include <utility>

namespace octet::prepare {
namespace {

/// More make no better orders, and files from strangers must not ask for many.
constexpr int kMostSweeps = 8;
constexpr size_t kMostCandidates = 16;

}  // namespace

AxisChoice::AxisChoice(const Graph& graph, const std::vector<bool>& fixed) : graph_(graph), regions_(graph) {
  collect(fixed);
  for (int sweep = 0; sweep < kMostSweeps; ++sweep) {
    bool improved = false;
    for (const TensorId region : in_order_) improved = improve(region) || improved;
    if (!improved) break;
  }
}

void AxisChoice::collect(const std::vector<bool>& fixed) {
  const auto add = [&](TensorId id, NodeId node) {
    if (id == TensorId::None || graph_.tensor(id).is_constant()) return;
    const TensorId region = regions_.region(id);
    if (orders_.emplace(region, file_order(graph_.tensor(region).shape.rank())).second)
      in_order_.push_back(region);
    if (node == NodeId::None) {
      tensors_[region].push_back(id);
    } else if (std::vector<NodeId>& nodes = nodes_[region]; nodes.empty() || nodes.back() != node) {
      nodes.push_back(node);
    }
  };
  for (size_t n = 0; n < graph_.nodes.size(); ++n) {
    for (const TensorId id : graph_.nodes[n].inputs) add(id, static_cast<NodeId>(n));
    for (const TensorId id : graph_.nodes[n].outputs) add(id, static_cast<NodeId>(n));
  }
  for (size_t t = 0; t < fixed.size(); ++t) {
    if (fixed[t]) add(static_cast<TensorId>(t), NodeId::None);
  }
}

AxisOrder AxisChoice::stored(TensorId id) const {
  const auto order = orders_.find(regions_.region(id));
  if (order == orders_.end()) return file_order(graph_.tensor(id).shape.rank());
  return regions_.of_tensor(id, order->second);
}

void AxisChoice::add_cost(TensorId id, const AxisOrder& wanted, Cost& cost) const {
  const Tensor& tensor = graph_.tensor(id);
  if (tensor.is_constant() || lie_alike(tensor.shape, stored(id), wanted)) return;
  cost.bytes += static_cast<int64_t>(tensor.byte_size());
  ++cost.count;
}

AxisChoice::Cost AxisChoice::cost_of(TensorId region) const {
  const OrderOf order_of = [this](TensorId id) { return stored(id); };
  Cost cost;
  if (const auto nodes = nodes_.find(region); nodes != nodes_.end()) {
    for (const NodeId id : nodes->second) {
      const Node& node = graph_.node(id);
      const Arranged best = arranged(graph_, node, order_of);
      for (size_t i = 0; i < node.inputs.size(); ++i) {
        if (node.inputs[i] != TensorId::None) add_cost(node.inputs[i], best.operands[i], cost);
      }
      for (size_t i = 0; i < node.outputs.size(); ++i) add_cost(node.outputs[i], best.results[i], cost);
    }
  }
  if (const auto tensors = tensors_.find(region); tensors != tensors_.end()) {
    for (const TensorId id : tensors->second) add_cost(id, file_order(graph_.tensor(id).shape.rank()), cost);
  }
  return cost;
}

bool AxisChoice::improve(TensorId region) {
  Cost least = cost_of(region);
  if (least == Cost{}) return false;
  const OrderOf order_of = [this](TensorId id) { return stored(id); };
  const AxisOrder before = orders_.at(region);
  std::vector<AxisOrder> candidates;
  const auto add = [&](TensorId id, const AxisOrder& order) {
    if (candidates.size() >= kMostCandidates || regions_.region(id) != region) return;
    AxisOrder candidate = regions_.of_region(id, order);
    if (candidate == before) return;
    if (std::find(candidates.begin(), candidates.end(), candidate) == candidates.end())
      candidates.push_back(std::move(candidate));
  };
  for (const NodeId id : nodes_[region]) {
    for (const auto& [tensor, order] : wishes(graph_, graph_.node(id), order_of)) add(tensor, order);
  }
  for (const TensorId id : tensors_[region]) add(id, file_order(graph_.tensor(id).shape.rank()));
  AxisOrder best = before;
  for (AxisOrder& candidate : candidates) {
    orders_[region] = candidate;
    if (const Cost cost = cost_of(region); cost < least) {
      least = cost;
      best = candidate;
    }
  }
  orders_[region] = best;
  return best != before;
}

}  // namespace octet::prepare
