// The reports of networks that nothing was calibrated for: auxiliary ones, and those composed of others.
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "analyze/quantization_report.h"
#include "partition/partition.h"
#include "partition/target.h"
#include "quantize/settings/quantization_params.h"

namespace octet::analyze {

/// The settings of an auxiliary network are the defaults: nothing of it is quantized.
quantize::QuantizationParams auxiliary_settings(const partition::Target& target);

/// The report of an auxiliary network, as quantization_report_json() has it, with the list of `transforms`
/// that it was made from.
std::string auxiliary_report_json(const Graph& graph, const partition::Report& partition,
                                  const partition::Target& target, std::string_view transforms,
                                  const std::string& octet_version);

/// One network of a composition.
struct ReportedPart {
  std::string model;            ///< Its name.
  std::string transforms_json;  ///< Of an auxiliary network; else empty.
  std::string settings_json;
  uint64_t calibration_samples = 0;
  /// Its own report, whose warnings and records of tensors the whole's report quotes.
  std::string_view report_json;
  /// What its tensors are called in the composition, where that is other than before.
  const std::map<std::string, std::string>* tensors;
};

/// A composition: its two graphs, how the float one is divided, and what it was made with.
struct Composed {
  const Graph* float_graph;
  const Graph* quantized;
  const partition::Report* partition;
  const partition::Target* target;
  const quantize::QuantizationParams* settings;
  Provenance provenance;
};

/// The report of a composition: ranges and provenance of its parts, by the names that things have now,
/// warnings of all, and "parts": [{"model", "transforms"?, "settings", "calibrationSamples"}]. Throws
/// InvalidFile where a part's report is none.
std::string composed_report_json(const Composed& whole, std::span<const ReportedPart> parts);

}  // namespace octet::analyze
