#include "pipeline/quantized_model.h"

#include <utility>

#include "analyze/graph_json.h"
#include "analyze/quantization_report.h"
#include "formats/open/open.h"
#include "formats/tflite/export_notes.h"
#include "ir/text.h"
#include "json/value.h"
#include "partition/target.h"
#include "pipeline/documents.h"
#include "quantize/precision/placement.h"
#include "quantize/settings/quantization_params.h"

namespace octet::pipeline {

using formats::octet_file::Contents;

formats::tflite::IoType io_type_from_string(std::string_view name) {
  using formats::tflite::IoType;
  if (name == "float32") return IoType::Float32;
  if (name == "int8") return IoType::Int8;
  if (name == "int16") return IoType::Int16;
  throw Error(ErrorCode::InvalidConfig, text({"Inputs and outputs cannot have the type '", name, "'."}), {},
              "Use 'float32', 'int8' or 'int16'.");
}

QuantizedModel::QuantizedModel(std::shared_ptr<const Contents> contents, Subject subject)
    : Runner(std::shared_ptr<const Graph>(contents, &contents->quantized), subject),
      contents_(std::move(contents)) {}

std::shared_ptr<QuantizedModel> QuantizedModel::load(Bytes file) {
  const Subject subject = subject_of(file);
  return std::make_shared<QuantizedModel>(
      std::make_shared<const Contents>(formats::open_saved(std::move(file))), subject);
}

std::shared_ptr<QuantizedModel> QuantizedModel::made(Contents contents, const formats::Sink& sink) {
  Subject subject = {};
  formats::octet_file::write(contents, [&](std::span<const std::byte> file) {
    subject = subject_of(file);
    sink(file);
  });
  return std::make_shared<QuantizedModel>(std::make_shared<const Contents>(std::move(contents)), subject);
}

std::string QuantizedModel::info() const {
  return json_object({{"graph", analyze::graph_json(*graph())},
                      {"target", to_string(json::Value(partition::target_of(contents_->target).key))},
                      {"settings", json_from_file(contents_->settings_json)},
                      {"preprocessing", json_from_file(contents_->preprocessing_json)},
                      {"report", json_from_file(contents_->report_json)}});
}

void QuantizedModel::to_tflite(formats::tflite::IoType io, const formats::Sink& sink) const {
  formats::tflite::write(*graph(), {.io = io}, sink);
}

std::string QuantizedModel::export_notes(std::optional<formats::tflite::IoType> io) const {
  return to_string(json::Value(formats::tflite::export_notes(*graph(), io)));
}

std::vector<std::optional<calibrate::Range>> QuantizedModel::calibrated() const {
  std::vector<std::optional<calibrate::Range>> ranges;
  for (const TensorId input : graph()->inputs)
    ranges.push_back(analyze::observed_range(contents_->report_json, graph()->tensor(input).name));
  return ranges;
}

std::shared_ptr<const Graph> QuantizedModel::float_graph() const {
  if (contents_->float_graph.nodes.empty()) {
    throw Error(ErrorCode::InvalidInput, "This file was saved without the float model that it was made from.",
                {}, "Quantize the model again and save it whole.");
  }
  return {contents_, &contents_->float_graph};
}

std::shared_ptr<Runner> QuantizedModel::float_model() const {
  return std::make_shared<Runner>(float_graph(), with(subject(), "float"));
}

std::shared_ptr<AnalysisPass> QuantizedModel::analyze() const {
  return std::make_shared<AnalysisPass>(float_graph(), graph(), analyze::Compared::AllNodes,
                                        with(subject(), "all"));
}

std::shared_ptr<AnalysisPass> QuantizedModel::analyze_outputs() const {
  if (contents_->float_graph.nodes.empty()) return nullptr;
  return std::make_shared<AnalysisPass>(float_graph(), graph(), analyze::Compared::Outputs,
                                        with(subject(), "outputs"));
}

std::shared_ptr<SensitivityPass> QuantizedModel::sensitivity(bool each_weights) const {
  partition::Target target = partition::target_of(contents_->target);
  target.any_shape_on_mla =
      json::parse(json_from_file(contents_->report_json))["anyShapeOnMla"].boolean().value_or(false);
  const quantize::QuantizationParams params = quantize::params_from_json(contents_->settings_json);
  using Weights = quantize::RoundingNoise::Weights;
  return std::make_shared<SensitivityPass>(float_graph(), graph(),
                                           each_weights ? Weights::Each : Weights::Together,
                                           quantize::may_compute_in_int16(*float_graph(), target, params),
                                           with(subject(), each_weights ? "each" : "together"));
}

}  // namespace octet::pipeline
