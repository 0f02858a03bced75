// Groups placed nodes into segments.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "ir/graph.h"
#include "partition/target.h"

namespace octet::partition {

/// Nodes of one unit that run one after the other, without another unit in between.
struct Segment {
  std::string name;  ///< "MLA_0", "APU_1", …, numbered in execution order.
  Unit unit;
  std::vector<NodeId> nodes;
  std::vector<TensorId> inputs;   ///< Non-constant tensors that cross into the segment.
  std::vector<TensorId> outputs;  ///< Tensors that leave it, graph outputs included.
};

/// Segments of a graph whose nodes have units: groups of one unit, as large as possible, such that no segment
/// waits for itself by way of others. In execution order, which need not be the order of nodes; sets
/// Placement::segment.
std::vector<Segment> make_segments(Graph& graph, const Target& target);

/// Bytes that cross between the segments.
int64_t boundary_bytes(const Graph& graph, const std::vector<Segment>& segments);

}  // namespace octet::partition
