#include "partition/segments.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

namespace octet::partition {
namespace {

using SegmentIndex = size_t;

/// Segments while they grow, and which of them wait for which. Kept free of cycles: a group that is in no
/// cycle is convex, since a path that leaves it and comes back would be one.
class Grouping {
 public:
  /// Adds the next node in topological order to a segment of its unit, a new one if need be.
  void add(NodeId node, Unit unit, const std::vector<SegmentIndex>& sources) {
    const SegmentIndex segment = choose(unit, sources);
    nodes_[segment].push_back(node);
    for (const SegmentIndex source : sources) {
      if (source != segment) successors_[source].push_back(segment);
    }
  }

  SegmentIndex last_changed() const { return last_changed_; }
  std::vector<NodeId>& nodes(SegmentIndex segment) { return nodes_[segment]; }
  Unit unit(SegmentIndex segment) const { return units_[segment]; }

  /// All segments, each after those it waits for; among the ready ones the one with the earliest node first.
  std::vector<SegmentIndex> execution_order() const {
    std::vector<size_t> waits_for(nodes_.size(), 0);
    for (const auto& list : successors_) {
      for (const SegmentIndex successor : list) ++waits_for[successor];
    }
    std::vector<SegmentIndex> order;
    std::vector<bool> done(nodes_.size(), false);
    while (order.size() < nodes_.size()) {
      SegmentIndex next = 0;  // Segments are numbered by their first node.
      while (done[next] || waits_for[next] > 0) ++next;
      done[next] = true;
      order.push_back(next);
      for (const SegmentIndex successor : successors_[next]) --waits_for[successor];
    }
    return order;
  }

 private:
  /// The segment for a node that reads from `sources`: one of them if possible, else the latest that may take
  /// it.
  SegmentIndex choose(Unit unit, const std::vector<SegmentIndex>& sources) {
    std::vector<SegmentIndex> candidates = sources;
    std::sort(candidates.rbegin(), candidates.rend());
    for (SegmentIndex segment = nodes_.size(); segment-- > 0;) candidates.push_back(segment);
    for (const SegmentIndex candidate : candidates) {
      if (units_[candidate] == unit && !any_waits_for(sources, candidate)) return last_changed_ = candidate;
    }
    units_.push_back(unit);
    nodes_.emplace_back();
    successors_.emplace_back();
    return last_changed_ = nodes_.size() - 1;
  }

  /// True when one of `segments`, other than `candidate` itself, waits for `candidate`.
  bool any_waits_for(const std::vector<SegmentIndex>& segments, SegmentIndex candidate) const {
    std::vector<bool> reached(nodes_.size(), false);
    std::vector<SegmentIndex> open = {candidate};
    while (!open.empty()) {
      const SegmentIndex segment = open.back();
      open.pop_back();
      for (const SegmentIndex successor : successors_[segment]) {
        if (reached[successor]) continue;
        reached[successor] = true;
        open.push_back(successor);
      }
    }
    return std::any_of(segments.begin(), segments.end(),
                       [&](SegmentIndex segment) { return reached[segment]; });
  }

  std::vector<Unit> units_;
  std::vector<std::vector<NodeId>> nodes_;
  std::vector<std::vector<SegmentIndex>> successors_;  ///< Repeats are harmless.
  SegmentIndex last_changed_ = 0;
};

/// The segment of a tensor's producer, if a node produces it.
std::optional<size_t> producing_segment(const Graph& graph, const std::vector<NodeId>& producer,
                                        TensorId id) {
  if (id == TensorId::None || producer[index(id)] == NodeId::None) return {};
  return static_cast<size_t>(graph.node(producer[index(id)]).placement.segment);
}

void add_once(std::vector<TensorId>& list, TensorId id) {
  if (std::find(list.begin(), list.end(), id) == list.end()) list.push_back(id);
}

/// Fills in what crosses the border of each segment.
void find_borders(const Graph& graph, std::vector<Segment>& segments) {
  const std::vector<NodeId> producer = producers(graph);
  for (size_t s = 0; s < segments.size(); ++s) {
    for (const NodeId node : segments[s].nodes) {
      for (const TensorId input : graph.node(node).inputs) {
        if (input == TensorId::None || graph.tensor(input).is_constant()) continue;
        const std::optional<size_t> source = producing_segment(graph, producer, input);
        if (source == s) continue;
        add_once(segments[s].inputs, input);
        if (source) add_once(segments[*source].outputs, input);
      }
    }
  }
  for (const TensorId output : graph.outputs) {
    if (const auto source = producing_segment(graph, producer, output))
      add_once(segments[*source].outputs, output);
  }
}

}  // namespace

std::vector<Segment> make_segments(Graph& graph, const Target& target) {
  const std::vector<NodeId> producer = producers(graph);
  Grouping grouping;
  for (size_t n = 0; n < graph.nodes.size(); ++n) {
    Node& node = graph.nodes[n];
    std::vector<SegmentIndex> sources;
    for (const TensorId input : node.inputs) {
      const auto source = producing_segment(graph, producer, input);
      if (source && std::find(sources.begin(), sources.end(), *source) == sources.end())
        sources.push_back(*source);
    }
    grouping.add(static_cast<NodeId>(n), node.placement.unit, sources);
    node.placement.segment = static_cast<int>(grouping.last_changed());
  }

  std::vector<Segment> segments;
  for (const SegmentIndex grouped : grouping.execution_order()) {
    const int number = static_cast<int>(segments.size());
    Segment segment;
    segment.unit = grouping.unit(grouped);
    segment.name = std::string(unit_name(segment.unit, target)) + "_" + std::to_string(number);
    segment.nodes = std::move(grouping.nodes(grouped));
    for (const NodeId node : segment.nodes) graph.node(node).placement.segment = number;
    segments.push_back(std::move(segment));
  }
  find_borders(graph, segments);
  return segments;
}

int64_t boundary_bytes(const Graph& graph, const std::vector<Segment>& segments) {
  const std::vector<NodeId> producer = producers(graph);
  int64_t bytes = 0;
  for (const Segment& segment : segments) {
    for (const TensorId input : segment.inputs) {
      if (producer[index(input)] == NodeId::None) continue;
      const Tensor& tensor = graph.tensor(input);
      const Placement& placement = graph.node(producer[index(input)]).placement;
      const bool quantized = placement.unit == Unit::Mla && tensor.dtype == DType::Float32;
      const DType crossing = quantized ? dtype_of(placement.precision) : tensor.dtype;
      bytes += tensor.shape.elements() * static_cast<int64_t>(size_of(crossing));
    }
  }
  return bytes;
}

}  // namespace octet::partition
