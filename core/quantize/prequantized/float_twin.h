// The float model that an already quantized one stands for, with the scales that its file gives.
#pragma once

#include <map>
#include <string>

#include "ir/graph.h"
#include "partition/partition.h"
#include "partition/target.h"

namespace octet::quantize {

/// True when some node computes integers that have a scale.
bool is_quantized(const Graph& graph);

struct FloatTwin {
  /// The same nodes by the same names, with their constants dequantized and without conversions. Outputs keep
  /// their names; Placement::precision is what the file computes a node in.
  Graph graph;
  /// By tensor name: scale and zero point in the file, of every activation that is an integer there. Of a
  /// tensor that is converted between integers, those it is computed with.
  std::map<std::string, QuantParams> stored;
};

/// `quantized` is prepared. A bias is read as what its node computes with: in steps of input scale times
/// weight scale.
FloatTwin float_twin(const Graph& quantized);

/// Places the nodes of the twin, and with them those of `quantized`: an integer node of the file on the
/// accelerator where the target runs it, float nodes and conversions off it. The report is about the twin.
partition::Report place(Graph& quantized, FloatTwin& twin, const partition::Target& target);

}  // namespace octet::quantize
