// Groups placed nodes into segments.
#pragma once

#include "ir/graph.h"
#include "partition/partition.h"

namespace octet::partition {

/// Segments of a graph whose nodes have units: groups of one unit, as large as possible, such that no segment
/// waits for itself by way of others. In execution order, which need not be the order of nodes; sets
/// Placement::segment.
std::vector<Segment> make_segments(Graph& graph, const Target& target);

/// Bytes that cross between the segments.
int64_t boundary_bytes(const Graph& graph, const std::vector<Segment>& segments);

}  // namespace octet::partition
