// Decides for every node which unit computes it, and why not the accelerator; groups nodes into segments.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "ir/graph.h"
#include "partition/target.h"

namespace octet::partition {

struct Options {
  std::set<std::string> unquantized_nodes = {};  ///< Names of nodes that the user keeps in float.
  bool any_shape_on_mla = false;
};

struct Segment {
  std::string name;  ///< "MLA_0", "APU_1", …, numbered in execution order.
  Unit unit;
  std::vector<NodeId> nodes;
  std::vector<TensorId> inputs;   ///< Non-constant tensors that cross into the segment.
  std::vector<TensorId> outputs;  ///< Tensors that leave it, graph outputs included.
};

struct UnitShare {
  Unit unit;
  int64_t nodes = 0;
  int64_t multiply_accumulates = 0;
  int64_t parameters = 0;  ///< Elements of constant operands.
};

struct Report {
  std::vector<Segment> segments;
  std::vector<UnitShare> units;  ///< One entry a unit that the target has.
  int64_t boundary_bytes = 0;    ///< Bytes that cross between segments in one pass, at the producing side's type.
};

/// Places every node of a prepared float graph (sets Node::placement) and returns the report. Segments are maximal
/// convex groups of one unit. Throws InvalidConfig when an unquantized node's name matches nothing.
Report partition(Graph& graph, const Target& target, const Options& options = {});

}  // namespace octet::partition
