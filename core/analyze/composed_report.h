// The reports of networks that nothing was calibrated for: auxiliary ones, and those composed of others.
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "partition/partition.h"
#include "partition/target.h"

namespace octet::analyze {

/// The report of an auxiliary network, as quantization_report_json() has it, with the list of `transforms`
/// that it was made from. Its settings are the defaults: nothing of it is quantized.
std::string auxiliary_report_json(const Graph& graph, const partition::Report& partition,
                                  const partition::Target& target, std::string_view transforms,
                                  const std::string& octet_version);

/// One network of a composition.
struct ReportedPart {
  std::string_view report;  ///< Its own, JSON.
  /// What its tensors and nodes are called in the composition.
  const std::map<std::string, std::string>* tensors;
  const std::map<std::string, std::string>* nodes;
};

/// The two graphs of a composition, and how the float one is divided.
struct ComposedGraphs {
  const Graph* float_graph;
  const Graph* quantized;
  const partition::Report* partition;
};

/// The report of a composition: settings, ranges and provenance of the parts that were quantized, by the
/// names that things have now, warnings of all, and "parts": [{"model", "transforms"?, "settings",
/// "calibrationSamples"}]. Where several parts were quantized, the settings are the first one's. Throws
/// InvalidFile where a part's report is none.
std::string composed_report_json(const ComposedGraphs& graphs, const partition::Target& target,
                                 std::span<const ReportedPart> parts, const std::string& octet_version);

}  // namespace octet::analyze
