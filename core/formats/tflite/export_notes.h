// What a .tflite file cannot hold of a graph, said before it is written.
#pragma once

#include <string>
#include <vector>

#include "ir/graph.h"

namespace octet::formats::tflite {

/// What write() puts in place of arithmetic that TFLite does not have: a complete sentence for each kind of
/// it, with the number of nodes and the names of the first. Empty when the file computes what the graph does.
std::vector<std::string> export_notes(const Graph& graph);

}  // namespace octet::formats::tflite
