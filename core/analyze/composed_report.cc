#include "analyze/composed_report.h"

#include <nlohmann/json.hpp>

#include "analyze/quantization_report.h"
#include "ir/error.h"
#include "quantize/settings/quantization_params.h"

namespace octet::analyze {
namespace {

using Json = nlohmann::ordered_json;

std::string text_of(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

Json parsed(std::string_view report) {
  Json json = Json::parse(report, nullptr, false);
  if (!json.is_object() || !json["warnings"].is_array() || !json["tensors"].is_array() ||
      !json["provenance"].is_object() || !json["sizes"].is_object() || !json["settings"].is_object()) {
    throw Error(ErrorCode::InvalidFile, "A network to compose has no complete report.", {},
                "Save it again with this version of Octet.");
  }
  return json;
}

bool is_auxiliary(const Json& report) { return report.contains("transforms"); }

/// Names that the composition changed, as it has them.
std::string renamed(const std::string& name, const std::map<std::string, std::string>& names) {
  const auto found = names.find(name);
  return found == names.end() ? name : found->second;
}

/// Settings name nodes, or have patterns, which stay.
Json renamed_settings(Json settings, const std::map<std::string, std::string>& nodes) {
  if (settings.contains("unquantizedNodes")) {
    for (Json& name : settings["unquantizedNodes"]) name = renamed(name.get<std::string>(), nodes);
  }
  if (settings.contains("customQuantizationConfigs")) {
    Json configs = Json::object();
    for (const auto& [name, config] : settings["customQuantizationConfigs"].items())
      configs[renamed(name, nodes)] = config;
    settings["customQuantizationConfigs"] = std::move(configs);
  }
  return settings;
}

Json part_json(const Json& report) {
  Json part;
  part["model"] = report.value("model", "");
  if (is_auxiliary(report)) part["transforms"] = report["transforms"];
  part["settings"] = report["settings"];
  part["calibrationSamples"] = report["provenance"].value("calibrationSamples", 0);
  return part;
}

}  // namespace

std::string auxiliary_report_json(const Graph& graph, const partition::Report& partition,
                                  const partition::Target& target, std::string_view transforms,
                                  const std::string& octet_version) {
  quantize::Result unchanged;
  unchanged.graph = graph;
  quantize::QuantizationParams params;
  params.requantization = target.default_requantization;
  Json report = Json::parse(quantization_report_json(graph, partition, target, params, unchanged, "",
                                                     {.octet_version = octet_version}));
  report["transforms"] = Json::parse(transforms);
  return text_of(report);
}

std::string composed_report_json(const ComposedGraphs& graphs, const partition::Target& target,
                                 std::span<const ReportedPart> parts, const std::string& octet_version) {
  const std::string own =
      auxiliary_report_json(*graphs.float_graph, *graphs.partition, target, "[]", octet_version);
  Json report = Json::parse(own);
  report.erase("transforms");
  report["sizes"]["quantizedConstantBytes"] = constant_bytes(*graphs.quantized);
  Json list = Json::array();
  bool has_settings = false;
  for (const ReportedPart& part : parts) {
    const Json theirs = parsed(part.report);
    list.push_back(part_json(theirs));
    for (const Json& warning : theirs["warnings"]) report["warnings"].push_back(warning);
    if (theirs.contains("partition") && theirs["partition"].contains("notes")) {
      for (const Json& note : theirs["partition"]["notes"]) report["partition"]["notes"].push_back(note);
    }
    for (Json tensor : theirs["tensors"]) {
      tensor["tensor"] = renamed(tensor.value("tensor", ""), *part.tensors);
      report["tensors"].push_back(std::move(tensor));
    }
    const auto add = [&](const char* group, const char* figure) {
      report[group][figure] =
          report[group].value(figure, uint64_t{0}) + theirs[group].value(figure, uint64_t{0});
    };
    add("sizes", "sourceBytes");
    add("provenance", "calibrationSamples");
    if (is_auxiliary(theirs) || has_settings) continue;
    has_settings = true;
    report["settings"] = renamed_settings(theirs["settings"], *part.nodes);
    if (theirs.contains("anyShapeOnMla")) report["anyShapeOnMla"] = theirs["anyShapeOnMla"];
  }
  report["parts"] = std::move(list);
  return text_of(report);
}

}  // namespace octet::analyze
