// Decides for every node which unit computes it, and why not the accelerator; groups nodes into segments.
#pragma once

#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "ir/graph.h"
#include "partition/segments.h"
#include "partition/target.h"

namespace octet::partition {

/// Why a node is in float that the user keeps there.
inline constexpr const char* kAskedForFloat = "You asked for it to stay in float.";

struct Options {
  /// Names of nodes that the user keeps in float, or patterns; see node_names.h.
  std::set<std::string> unquantized_nodes = {};
  /// What each node computes in where it runs on Unit::Mla; Float32 keeps it off.
  std::function<Precision(const Node&)> precision = [](const Node&) { return Precision::Int8; };
  /// Why a node is off it whose precision is Float32.
  std::function<std::string(const Node&)> float_sentence = [](const Node&) { return kAskedForFloat; };
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
  /// Sentences about nodes that are placed together: normalizations, which the accelerator runs as a whole.
  std::vector<std::string> notes;
  /// Bytes that cross between segments in one pass, at the producing side's type, once for each segment that
  /// reads them.
  int64_t boundary_bytes = 0;
};

/// Places every node of a prepared float graph (sets Node::placement) and returns the report. A node is on
/// Unit::Mla when its operator's constraints hold for the target in its precision, or when it is part of a
/// normalization that the target runs as a whole; else on the CVU when its
/// operator can run there and only such nodes are between it and the model's inputs, or its outputs; else on
/// the APU. Throws InvalidConfig when an unquantized node's name matches nothing, with the nearest names as
/// the hint.
Report partition(Graph& graph, const Target& target, const Options& options = {});

/// The report on a graph whose nodes have units and precisions already; groups them into segments anew.
Report report_on(Graph& graph, const Target& target);

/// Gives the nodes of a float graph the precision in which those of the same name compute in its quantized
/// form: a file does not keep it.
void copy_precisions(const Graph& quantized, Graph& graph);

/// Gives the nodes of a graph that was made from `placed` the segments that those of the same name have
/// there; others have none.
void copy_segments(const Graph& placed, Graph& graph);

}  // namespace octet::partition
