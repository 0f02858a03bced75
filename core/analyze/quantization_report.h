// The report of a quantization as one JSON document: what was asked for, what was decided, how large it
// became.
#pragma once

#include <cstdint>
#include <string>

#include "partition/partition.h"
#include "partition/target.h"
#include "quantize/quantize.h"

namespace octet::analyze {

/// What the report says about where the model came from.
struct Provenance {
  std::string octet_version;
  uint64_t source_bytes = 0;
  uint64_t calibration_samples = 0;
  std::string methods_json = {};  ///< What was found of the accuracy methods, where they were judged.
};

/// {"model", "target", "settings", "preprocessing"?, "partition", "nodes", "tensors", "warnings", "methods"?,
/// "sizes", "provenance"}. Depends on its arguments alone: no dates, no machine. `preprocessing_json` may be
/// empty.
std::string quantization_report_json(const Graph& float_graph, const partition::Report& partition,
                                     const partition::Target& target,
                                     const quantize::QuantizationParams& params,
                                     const quantize::Result& result, const std::string& preprocessing_json,
                                     const Provenance& provenance);

/// Bytes of the graph's constants in a file, those that share memory counted once.
uint64_t constant_bytes(const Graph& graph);

}  // namespace octet::analyze
