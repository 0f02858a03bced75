#include "pipeline/auxiliary.h"

#include <algorithm>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "analyze/composed_report.h"
#include "ir/text.h"
#include "ir/unique_name.h"
#include "partition/partition.h"
#include "transforms/auxiliary.h"
#include "transforms/compose.h"
#include "transforms/preprocessing_transform.h"

namespace octet::pipeline {
namespace {

using formats::octet_file::Contents;

std::vector<Contents> contents_of(std::vector<Bytes> files) {
  std::vector<Contents> contents;
  for (Bytes& file : files) contents.push_back(formats::octet_file::read(std::move(file)));
  if (contents.empty()) throw Error(ErrorCode::InvalidInput, "There is no model to compose.");
  for (const Contents& each : contents) {
    if (each.target == contents[0].target) continue;
    throw Error(
        ErrorCode::InvalidInput,
        text({"'", contents[0].quantized.name, "' is for ", partition::target_of(contents[0].target).key,
              ", and '", each.quantized.name, "' for ", partition::target_of(each.target).key, "."}),
        {}, "Make all parts for one target.");
  }
  return contents;
}

/// The part that the whole is about: the first one that settings were made for, else the first.
size_t main_part(const std::vector<Contents>& parts) {
  const auto found = std::find_if(parts.begin(), parts.end(),
                                  [](const Contents& part) { return part.transforms_json.empty(); });
  return found == parts.end() ? 0 : static_cast<size_t>(found - parts.begin());
}

/// Settings name nodes, or have patterns, which stay.
quantize::QuantizationParams with_renamed_nodes(const quantize::QuantizationParams& params,
                                                const std::map<std::string, std::string>& nodes) {
  quantize::QuantizationParams changed = params;
  changed.unquantized_nodes.clear();
  for (const std::string& name : params.unquantized_nodes)
    changed.unquantized_nodes.insert(renamed(name, nodes));
  changed.custom_configs.clear();
  for (const auto& [name, config] : params.custom_configs)
    changed.custom_configs.emplace(renamed(name, nodes), config);
  return changed;
}

/// What calibration saw of the inputs of the whole, in the parts that they are inputs of.
std::vector<formats::octet_file::InputRange> input_ranges(const Graph& whole,
                                                          const std::vector<Contents>& parts,
                                                          const std::vector<transforms::Renamed>& names) {
  std::vector<formats::octet_file::InputRange> ranges;
  for (size_t p = 0; p < parts.size(); ++p) {
    const Graph& part = parts[p].quantized;
    for (const auto& [input, low, high] : parts[p].input_ranges) {
      const std::string& name = renamed(part.tensor(part.inputs[input]).name, names[p].tensors);
      for (size_t i = 0; i < whole.inputs.size(); ++i) {
        if (whole.tensor(whole.inputs[i]).name == name) ranges.push_back({i, low, high});
      }
    }
  }
  return ranges;
}

Contents composed(const std::vector<Contents>& parts, const ComposeOptions& options) {
  std::vector<transforms::Part> graphs;
  for (const Contents& part : parts) graphs.push_back({&part.quantized, &part.float_graph});
  const size_t main = main_part(parts);
  transforms::Composition whole =
      transforms::compose(options.name.value_or(parts[main].quantized.name), graphs);

  partition::Target target = partition::target_of(parts[0].target);
  target.any_shape_on_mla = parts[main].any_shape_on_mla;
  partition::copy_precisions(whole.quantized, whole.float_graph);
  partition::Report partition = partition::report_on(whole.float_graph, target);
  partition::copy_segments(whole.float_graph, whole.quantized);

  const quantize::QuantizationParams settings =
      with_renamed_nodes(quantize::params_from_json(parts[main].settings_json), whole.parts[main].nodes);
  std::vector<analyze::ReportedPart> reported;
  uint64_t source_bytes = 0;
  uint64_t samples = 0;
  for (size_t p = 0; p < parts.size(); ++p) {
    const Contents& part = parts[p];
    partition.notes.insert(partition.notes.end(), part.partition_notes.begin(), part.partition_notes.end());
    source_bytes += part.source_bytes;
    samples += part.calibration_samples;
    reported.push_back({.model = part.quantized.name,
                        .transforms_json = part.transforms_json,
                        .settings_json = part.settings_json,
                        .calibration_samples = part.calibration_samples,
                        .report_json = part.report_json,
                        .tensors = &whole.parts[p].tensors});
  }
  const std::string report =
      analyze::composed_report_json({.float_graph = &whole.float_graph,
                                     .quantized = &whole.quantized,
                                     .partition = &partition,
                                     .target = &target,
                                     .settings = &settings,
                                     .provenance = {.octet_version = options.octet_version,
                                                    .source_bytes = source_bytes,
                                                    .calibration_samples = samples}},
                                    reported);
  std::vector<formats::octet_file::InputRange> ranges = input_ranges(whole.quantized, parts, whole.parts);
  return {.quantized = std::move(whole.quantized),
          .float_graph = std::move(whole.float_graph),
          .target = target.id,
          .settings_json = to_json(settings),
          // Of the images that the first network takes.
          .preprocessing_json = parts[0].preprocessing_json,
          .report_json = report,
          .any_shape_on_mla = target.any_shape_on_mla,
          .input_ranges = std::move(ranges),
          .partition_notes = std::move(partition.notes),
          .source_bytes = source_bytes,
          .calibration_samples = samples};
}

}  // namespace

std::shared_ptr<QuantizedModel> create_auxiliary_network(const AuxiliaryOptions& options,
                                                         const formats::Sink& sink) {
  Graph graph =
      transforms::auxiliary_graph(options.name, options.transforms_json, options.inputs, options.target);
  const partition::Report partition = partition::report_on(graph, options.target);
  const std::string report = analyze::auxiliary_report_json(graph, partition, options.target,
                                                            options.transforms_json, options.octet_version);
  return QuantizedModel::made({.quantized = graph,
                               .float_graph = graph,
                               .target = options.target.id,
                               .settings_json = to_json(analyze::auxiliary_settings(options.target)),
                               .report_json = report,
                               .transforms_json = options.transforms_json},
                              sink);
}

std::shared_ptr<QuantizedModel> compose(std::vector<Bytes> files, const ComposeOptions& options,
                                        const formats::Sink& sink) {
  return QuantizedModel::made(composed(contents_of(std::move(files)), options), sink);
}

std::string preprocessing_transform(const PreprocessingOptions& options) {
  return transforms::preprocessing_transform(options.preprocessing, options.image, options.input);
}

}  // namespace octet::pipeline
