#include "auxiliary.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "analyze/composed_report.h"
#include "guarded.h"
#include "handles.h"
#include "json/value.h"
#include "transforms/auxiliary.h"
#include "transforms/compose.h"
#include "transforms/preprocessing_transform.h"
#include "values.h"

namespace octet::binding {
namespace {

using Json = json::Value;
using formats::octet_file::Contents;

std::string text_of(const Json& value, const std::string& otherwise = "") {
  return value.is_string() ? *value.string() : otherwise;
}

std::vector<Contents> contents_of(const val& files) {
  std::vector<Contents> contents;
  const auto count = files["length"].as<size_t>();
  for (size_t i = 0; i < count; ++i) contents.push_back(formats::octet_file::read(bytes_of(files[i])));
  if (contents.empty()) throw Error(ErrorCode::InvalidInput, "There is no model to compose.");
  for (const Contents& each : contents) {
    if (each.target == contents[0].target) continue;
    throw Error(ErrorCode::InvalidInput,
                "'" + contents[0].quantized.name + "' is for " +
                    std::string(partition::target_of(contents[0].target).key) + ", and '" +
                    each.quantized.name + "' for " + std::string(partition::target_of(each.target).key) + ".",
                {}, "Make all parts for one target.");
  }
  return contents;
}

/// The part that the whole is about: the first one that settings were made for, else the first.
const Contents& main_part(const std::vector<Contents>& parts) {
  const auto is_quantized = [](const Contents& part) {
    return !json::parsed(part.report_json).value_or(Json()).contains("transforms");
  };
  const auto found = std::find_if(parts.begin(), parts.end(), is_quantized);
  return found == parts.end() ? parts[0] : *found;
}

Contents composed(const std::vector<Contents>& parts, const Json& options) {
  std::vector<transforms::Part> graphs;
  for (const Contents& part : parts) graphs.push_back({&part.quantized, &part.float_graph});
  const Contents& main = main_part(parts);
  transforms::Composition whole = transforms::compose(text_of(options["name"], main.quantized.name), graphs);

  const partition::Target& target = partition::target_of(parts[0].target);
  partition::copy_precisions(whole.quantized, whole.float_graph);
  const partition::Report partition = partition::report_on(whole.float_graph, target);
  partition::copy_segments(whole.float_graph, whole.quantized);
  std::vector<analyze::ReportedPart> reported;
  for (size_t p = 0; p < parts.size(); ++p)
    reported.push_back({parts[p].report_json, &whole.parts[p].tensors, &whole.parts[p].nodes});
  const std::string report = analyze::composed_report_json(
      {&whole.float_graph, &whole.quantized, &partition}, target, reported, text_of(options["octetVersion"]));
  return {.quantized = std::move(whole.quantized),
          .float_graph = std::move(whole.float_graph),
          .target = target.id,
          .settings_json = to_string(json::parse(report)["settings"]),
          // Of the images that the first network takes.
          .preprocessing_json = parts[0].preprocessing_json,
          .report_json = report};
}

}  // namespace

val create_auxiliary_network(const std::string& options) {
  return guarded([&] {
    const Json given = json::parse(options);
    const partition::Target& target = partition::target_by_key(text_of(given["target"]));
    const std::string transforms = to_string(given["transforms"]);
    Graph graph = transforms::auxiliary_graph(
        text_of(given["name"]), transforms, transforms::tensor_types(to_string(given["inputTypes"])), target);
    const partition::Report partition = partition::report_on(graph, target);
    const std::string report =
        analyze::auxiliary_report_json(graph, partition, target, transforms, text_of(given["octetVersion"]));
    return finished({.quantized = graph,
                     .float_graph = graph,
                     .target = target.id,
                     .settings_json = to_string(json::parse(report)["settings"]),
                     .report_json = report});
  });
}

val preprocessing_transform(const std::string& options) {
  return guarded([&] {
    const Json given = json::parse(options);
    const std::string types = to_string(Json(Json::Array{given["inputType"]}));
    return val(transforms::preprocessing_transform(
        transforms::preprocessing_from_json(to_string(given["preprocessing"])),
        transforms::shape_from_json(to_string(given["imageShape"])), transforms::tensor_types(types)[0]));
  });
}

val compose(const val& files, const std::string& options) {
  return guarded([&] { return finished(composed(contents_of(files), json::parse(options))); });
}

}  // namespace octet::binding
