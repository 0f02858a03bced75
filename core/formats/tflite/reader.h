// .tflite in: untrusted bytes become a checked Graph, or an Error that says what is wrong and where.
#pragma once

#include <utility>

#include "formats/importer.h"
#include "ir/graph.h"

namespace octet::formats::tflite {

/// Reads the first subgraph. The file is verified before anything is read from it; every index, shape and
/// buffer range is checked. Throws InvalidFile, UnsupportedModel, InvalidShape, or UnsupportedOperator
/// listing every node whose operator is not known. Large constants stay where they are in the file.
Imported read_with_warnings(Bytes file, const ImportOptions& options = {});
/// The graph alone.
inline Graph read(Bytes file, const ImportOptions& options = {}) {
  return read_with_warnings(std::move(file), options).graph;
}

}  // namespace octet::formats::tflite
