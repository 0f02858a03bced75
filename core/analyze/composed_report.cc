#include "analyze/composed_report.h"

#include "analyze/quantization_report.h"
#include "ir/error.h"
#include "json/value.h"
#include "quantize/settings/quantization_params.h"

namespace octet::analyze {
namespace {

using Json = json::Value;

Json report_of(std::string_view text) {
  std::optional<Json> report = json::parsed(text);
  if (!report || !(*report)["warnings"].is_array() || !(*report)["tensors"].is_array() ||
      !(*report)["provenance"].is_object() || !(*report)["sizes"].is_object() ||
      !(*report)["settings"].is_object()) {
    throw Error(ErrorCode::InvalidFile, "A network to compose has no complete report.", {},
                "Save it again with this version of Octet.");
  }
  return std::move(*report);
}

bool is_auxiliary(const Json& report) { return report.contains("transforms"); }

/// Names that the composition changed, as it has them.
std::string renamed(const std::string& name, const std::map<std::string, std::string>& names) {
  const auto found = names.find(name);
  return found == names.end() ? name : found->second;
}

/// Settings name nodes, or have patterns, which stay.
Json renamed_settings(Json settings, const std::map<std::string, std::string>& nodes) {
  if (Json* const kept = settings.find("unquantizedNodes")) {
    for (Json& name : kept->elements()) {
      if (name.is_string()) name = renamed(*name.string(), nodes);
    }
  }
  if (Json* const given = settings.find("customQuantizationConfigs")) {
    Json configs = Json::object();
    for (const auto& [name, config] : given->members()) configs[renamed(name, nodes)] = config;
    *given = std::move(configs);
  }
  return settings;
}

Json part_json(const Json& report) {
  Json part;
  part["model"] = report["model"].is_string() ? report["model"] : Json("");
  if (is_auxiliary(report)) part["transforms"] = report["transforms"];
  part["settings"] = report["settings"];
  part["calibrationSamples"] = report["provenance"]["calibrationSamples"].integer().value_or(0);
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
  Json report = json::parse(quantization_report_json(graph, partition, target, params, unchanged, "",
                                                     {.octet_version = octet_version}));
  report["transforms"] = json::parse(transforms);
  return to_string(report);
}

std::string composed_report_json(const ComposedGraphs& graphs, const partition::Target& target,
                                 std::span<const ReportedPart> parts, const std::string& octet_version) {
  const std::string own =
      auxiliary_report_json(*graphs.float_graph, *graphs.partition, target, "[]", octet_version);
  Json report = json::parse(own);
  report.erase("transforms");
  report["sizes"]["quantizedConstantBytes"] = constant_bytes(*graphs.quantized);
  Json list = Json::array();
  bool has_settings = false;
  for (const ReportedPart& part : parts) {
    const Json theirs = report_of(part.report);
    list.push_back(part_json(theirs));
    for (const Json& warning : theirs["warnings"].elements()) report["warnings"].push_back(warning);
    for (const Json& note : theirs["partition"]["notes"].elements())
      report["partition"]["notes"].push_back(note);
    for (Json tensor : theirs["tensors"].elements()) {
      if (const std::string* const name = tensor["tensor"].string())
        tensor["tensor"] = renamed(*name, *part.tensors);
      report["tensors"].push_back(std::move(tensor));
    }
    const auto add = [&](const char* group, const char* figure) {
      Json& sum = report[group][figure];
      sum = sum.integer().value_or(0) + theirs[group][figure].integer().value_or(0);
    };
    add("sizes", "sourceBytes");
    add("provenance", "calibrationSamples");
    if (is_auxiliary(theirs) || has_settings) continue;
    has_settings = true;
    report["settings"] = renamed_settings(theirs["settings"], *part.nodes);
    if (theirs.contains("anyShapeOnMla")) report["anyShapeOnMla"] = theirs["anyShapeOnMla"];
  }
  report["parts"] = std::move(list);
  return to_string(report);
}

}  // namespace octet::analyze
