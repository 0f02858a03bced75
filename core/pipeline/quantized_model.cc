#include "pipeline/quantized_model.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "analyze/graph_json.h"
#include "formats/open/open.h"
#include "formats/tflite/export_notes.h"
#include "ir/text.h"
#include "json/value.h"
#include "partition/partition.h"
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

std::vector<formats::octet_file::InputRange> input_ranges(const quantize::Result& result) {
  std::vector<formats::octet_file::InputRange> ranges;
  for (size_t i = 0; i < result.graph.inputs.size(); ++i) {
    const std::string& name = result.graph.tensor(result.graph.inputs[i]).name;
    const auto found =
        std::find_if(result.tensors.begin(), result.tensors.end(),
                     [&](const quantize::TensorRecord& record) { return record.tensor == name; });
    if (found == result.tensors.end()) continue;
    const auto& [low, high] = found->observed;
    if (std::isfinite(low) && std::isfinite(high)) ranges.push_back({i, low, high});
  }
  return ranges;
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

std::string QuantizedModel::partition() const {
  // Of a file without one, that of what it holds.
  Graph placed = contents_->float_graph.nodes.empty() ? *graph() : contents_->float_graph;
  partition::copy_precisions(*graph(), placed);
  partition::Report report = partition::report_on(placed, partition::target_of(contents_->target));
  report.notes = contents_->partition_notes;
  return analyze::partition_json(placed, report);
}

std::string QuantizedModel::info() const {
  return json_object({{"graph", analyze::graph_json(*graph())},
                      {"partition", partition()},
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
  std::vector<std::optional<calibrate::Range>> ranges(graph()->inputs.size());
  for (const auto& [input, low, high] : contents_->input_ranges) ranges[input] = {low, high};
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
  target.any_shape_on_mla = contents_->any_shape_on_mla;
  const quantize::QuantizationParams params = quantize::params_from_json(contents_->settings_json);
  using Weights = quantize::RoundingNoise::Weights;
  return std::make_shared<SensitivityPass>(float_graph(), graph(),
                                           each_weights ? Weights::Each : Weights::Together,
                                           quantize::may_compute_in_int16(*float_graph(), target, params),
                                           with(subject(), each_weights ? "each" : "together"));
}

}  // namespace octet::pipeline
