#include "analyze/composed_report.h"

#include "ir/error.h"
#include "ir/unique_name.h"
#include "json/value.h"

namespace octet::analyze {
namespace {

using Json = json::Value;

Json report_of(std::string_view text) {
  std::optional<Json> report = json::parsed(text);
  if (!report || !(*report)["warnings"].is_array() || !(*report)["tensors"].is_array()) {
    throw Error(ErrorCode::InvalidFile, "A network to compose has no complete report.", {},
                "Save it again with this version of Octet.");
  }
  return std::move(*report);
}

Json part_json(const ReportedPart& part) {
  Json json = {{"model", part.model}};
  if (!part.transforms_json.empty()) json["transforms"] = json::parse(part.transforms_json);
  json["settings"] = json::parse(part.settings_json);
  json["calibrationSamples"] = part.calibration_samples;
  return json;
}

/// The report of a graph that is not quantized itself.
Json plain_report(const Graph& float_graph, const Graph& quantized, const partition::Report& partition,
                  const partition::Target& target, const quantize::QuantizationParams& settings,
                  const Provenance& provenance) {
  quantize::Result unchanged;
  unchanged.graph = quantized;
  return json::parse(
      quantization_report_json(float_graph, partition, target, settings, unchanged, "", provenance));
}

}  // namespace

quantize::QuantizationParams auxiliary_settings(const partition::Target& target) {
  quantize::QuantizationParams params;
  params.requantization = target.default_requantization;
  return params;
}

std::string auxiliary_report_json(const Graph& graph, const partition::Report& partition,
                                  const partition::Target& target, std::string_view transforms,
                                  const std::string& octet_version) {
  Json report = plain_report(graph, graph, partition, target, auxiliary_settings(target),
                             {.octet_version = octet_version});
  report["transforms"] = json::parse(transforms);
  return to_string(report);
}

std::string composed_report_json(const Composed& whole, std::span<const ReportedPart> parts) {
  Json report = plain_report(*whole.float_graph, *whole.quantized, *whole.partition, *whole.target,
                             *whole.settings, whole.provenance);
  Json list = Json::array();
  for (const ReportedPart& part : parts) {
    const Json theirs = report_of(part.report_json);
    for (const Json& warning : theirs["warnings"].elements()) report["warnings"].push_back(warning);
    for (Json tensor : theirs["tensors"].elements()) {
      if (const std::string* const name = tensor["tensor"].string())
        tensor["tensor"] = renamed(*name, *part.tensors);
      report["tensors"].push_back(std::move(tensor));
    }
    list.push_back(part_json(part));
  }
  report["parts"] = std::move(list);
  return to_string(report);
}

}  // namespace octet::analyze
