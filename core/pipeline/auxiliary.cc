#include "pipeline/auxiliary.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "analyze/composed_report.h"
#include "ir/text.h"
#include "json/value.h"
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
const Contents& main_part(const std::vector<Contents>& parts) {
  const auto is_quantized = [](const Contents& part) {
    return !json::parsed(part.report_json).value_or(json::Value()).contains("transforms");
  };
  const auto found = std::find_if(parts.begin(), parts.end(), is_quantized);
  return found == parts.end() ? parts[0] : *found;
}

Contents composed(const std::vector<Contents>& parts, const ComposeOptions& options) {
  std::vector<transforms::Part> graphs;
  for (const Contents& part : parts) graphs.push_back({&part.quantized, &part.float_graph});
  transforms::Composition whole =
      transforms::compose(options.name.value_or(main_part(parts).quantized.name), graphs);

  const partition::Target& target = partition::target_of(parts[0].target);
  partition::copy_precisions(whole.quantized, whole.float_graph);
  const partition::Report partition = partition::report_on(whole.float_graph, target);
  partition::copy_segments(whole.float_graph, whole.quantized);
  std::vector<analyze::ReportedPart> reported;
  for (size_t p = 0; p < parts.size(); ++p)
    reported.push_back({parts[p].report_json, &whole.parts[p].tensors, &whole.parts[p].nodes});
  const std::string report = analyze::composed_report_json({&whole.float_graph, &whole.quantized, &partition},
                                                           target, reported, options.octet_version);
  return {.quantized = std::move(whole.quantized),
          .float_graph = std::move(whole.float_graph),
          .target = target.id,
          .settings_json = to_string(json::parse(report)["settings"]),
          // Of the images that the first network takes.
          .preprocessing_json = parts[0].preprocessing_json,
          .report_json = report};
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
                               .settings_json = to_string(json::parse(report)["settings"]),
                               .report_json = report},
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
