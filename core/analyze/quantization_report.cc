#include "analyze/quantization_report.h"

#include <set>

#include "analyze/graph_json.h"
#include "ir/int4.h"
#include "json/value.h"

namespace octet::analyze {
namespace {

using Json = json::Value;

Json nodes_json(const Graph& graph, const partition::Report& partition) {
  Json nodes = Json::array();
  for (const Node& node : graph.nodes) {
    const auto segment = static_cast<size_t>(node.placement.segment);
    nodes.push_back(
        Json{{"name", node.name},
             {"operator", to_string(node.op)},
             {"unit", to_string(node.placement.unit)},
             {"segment", segment < partition.segments.size() ? partition.segments[segment].name : ""},
             {"reasons", node.placement.reasons}});
  }
  return nodes;
}

Json tensors_json(const std::vector<quantize::TensorRecord>& records) {
  Json tensors = Json::array();
  for (const quantize::TensorRecord& record : records) {
    tensors.push_back(Json{{"tensor", record.tensor},
                           {"observed", Json::Array{record.observed.low, record.observed.high}},
                           {"chosen", Json::Array{record.chosen.low, record.chosen.high}},
                           {"scale", record.quantization.scale[0]},
                           {"zeroPoint", record.quantization.zero_point[0]}});
  }
  return tensors;
}

}  // namespace

uint64_t constant_bytes(const Graph& graph) {
  std::set<const std::byte*> seen;
  uint64_t bytes = 0;
  for (const Tensor& tensor : graph.tensors) {
    if (tensor.is_constant() && seen.insert(tensor.constant->data()).second) bytes += stored_bytes(tensor);
  }
  return bytes;
}

std::string quantization_report_json(const Graph& float_graph, const partition::Report& partition,
                                     const partition::Target& target,
                                     const quantize::QuantizationParams& params,
                                     const quantize::Result& result, const std::string& preprocessing_json,
                                     const Provenance& provenance) {
  Json report = {
      {"model", result.graph.name}, {"target", target.key}, {"settings", json::parse(to_json(params))}};
  if (target.any_shape_on_mla) report["anyShapeOnMla"] = true;
  if (!preprocessing_json.empty()) report["preprocessing"] = json::parse(preprocessing_json);
  report["partition"] = json::parse(partition_json(float_graph, partition));
  report["nodes"] = nodes_json(float_graph, partition);
  report["tensors"] = tensors_json(result.tensors);
  report["warnings"] = result.warnings;
  if (!provenance.methods_json.empty()) report["methods"] = json::parse(provenance.methods_json);
  report["sizes"] = Json{{"sourceBytes", provenance.source_bytes},
                         {"floatConstantBytes", constant_bytes(float_graph)},
                         {"quantizedConstantBytes", constant_bytes(result.graph)}};
  report["provenance"] = Json{{"octetVersion", provenance.octet_version},
                              {"calibrationSamples", provenance.calibration_samples}};
  return to_string(report);
}

}  // namespace octet::analyze
