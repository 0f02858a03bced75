// What a .tflite file cannot hold of a graph, said before it is written.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "formats/tflite/writer.h"
#include "ir/graph.h"

namespace octet::formats::tflite {

/// What write() puts in place of arithmetic that TFLite does not have: a complete sentence for each kind of
/// it, with the number of nodes and the names of the first. Empty when the file computes what the graph does.
/// Also which outputs one scale cannot hold as integers: in a file with inputs and outputs of type `io`, or
/// without it in any.
std::vector<std::string> export_notes(const Graph& graph, std::optional<IoType> io = {});

}  // namespace octet::formats::tflite
