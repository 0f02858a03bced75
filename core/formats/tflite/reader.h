// .tflite in: untrusted bytes become a checked Graph, or an Error that says what is wrong and where.
#pragma once

#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "ir/graph.h"

namespace octet::formats::tflite {

struct ReadOptions {
  /// Shapes for inputs by name, needed where a dimension other than the batch is dynamic.
  std::map<std::string, std::vector<int32_t>> input_shapes = {};
};

struct Imported {
  Graph graph;
  std::vector<std::string> warnings;  ///< Complete sentences about what was read other than it is stored.
};

/// Reads the first subgraph. The file is verified before anything is read from it; every index, shape and
/// buffer range is checked. Throws InvalidFile, UnsupportedModel, InvalidShape, or UnsupportedOperator
/// listing every node whose operator is not known. Large constants stay where they are in the file.
Imported read_with_warnings(Bytes file, const ReadOptions& options = {});
/// The graph alone.
inline Graph read(Bytes file, const ReadOptions& options = {}) {
  return read_with_warnings(std::move(file), options).graph;
}

}  // namespace octet::formats::tflite
