// .onnx in: untrusted bytes become a checked Graph, or an Error that says what is wrong and where.
#pragma once

#include <string>
#include <vector>

#include "formats/importer.h"

namespace octet::formats::onnx {

/// Reads a model: functions and constant branches are taken apart, what follows from shapes and constants is
/// computed, and what no output needs is left out. Image operators have channels last in the graph and lie
/// between TRANSPOSEs; inputs and outputs have the file's order of axes. Throws InvalidFile,
/// UnsupportedModel, InvalidShape, or UnsupportedOperator listing every node that cannot be read, and
/// InvalidInput where a file with constants is missing. Large constants stay where they are in the file.
Imported read_with_warnings(Bytes file, const ImportOptions& options = {});

/// The files beside the model that hold constants of it, as it names them, each once.
std::vector<std::string> external_files(const Bytes& file);

}  // namespace octet::formats::onnx
