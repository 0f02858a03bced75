// Graphs, partitions and the table of operators as JSON documents: what reports, the command line and the
// page show.
#pragma once

#include <string>

#include "ir/graph.h"
#include "partition/partition.h"

namespace octet::analyze {

/// {"name", "inputs": [index], "outputs": [index],
///  "tensors": [{"name", "dtype", "shape", "constant", "quantization"?: {"scale", "zeroPoint", "axis"}}],
///  "nodes": [{"name", "label", "operator", "inputs", "outputs", "attributes", "sourceNodes", "unit",
///  "segment": index,
///             "reasons", "multiplyAccumulates", "parameters"}]}
/// Tensors are referred to by index, an absent operand is -1; nodes are in execution order.
std::string graph_json(const Graph& graph);

/// {"segments": [{"name", "unit", "nodes", "inputs", "outputs"}],
///  "units": [{"unit", "nodes", "multiplyAccumulates", "parameters"}], "boundaryBytes"}, with names.
std::string partition_json(const Graph& graph, const partition::Report& report);

/// [{"operator", "targets": {"gen1": {"int8", "constraints"}, …}, "cvu"}], a row an
/// operator.
std::string support_json();

}  // namespace octet::analyze
