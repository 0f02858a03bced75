#include "pipeline/quantization_passes.h"

#include <utility>

#include "analyze/quantization_report.h"
#include "formats/octet/octet_file.h"

namespace octet::pipeline {

QuantizationPasses::QuantizationPasses(std::shared_ptr<const Graph> graph, partition::Report report,
                                       const Origin& origin, quantize::QuantizationParams params,
                                       std::shared_ptr<const calibrate::Calibrator> calibrator,
                                       quantize::RelevantValues relevant, std::vector<std::string> warnings)
    : Sample(graph, with(origin.subject, to_json(params))),
      origin_(origin),
      report_(std::move(report)),
      params_(std::move(params)),
      calibrator_(std::move(calibrator)),
      relevant_(std::move(relevant)),
      warnings_(std::move(warnings)),
      refinement_(std::move(graph), params_),
      pass_(subject()) {}

bool QuantizationPasses::draft(const formats::Sink& sink) {
  if (refinement_.is_measuring()) {
    if (!result_) throw Error(ErrorCode::Internal, "The first draft was made elsewhere.");
    refinement_.apply(result_->graph);
  } else {
    result_ = quantize::quantize(*graph(), *calibrator_, relevant_, params_);
  }
  if (refinement_.done()) return false;
  formats::octet_file::write({.quantized = result_->graph, .target = origin_.target.id}, sink);
  return true;
}

void QuantizationPasses::begin_pass(Bytes draft) {
  pass_ = subject_of(draft);
  Graph graph = formats::octet_file::read(std::move(draft)).quantized;
  refinement_.begin_pass(std::make_shared<const Graph>(std::move(graph)));
}

Bytes QuantizationPasses::observe() {
  refinement_.observe(inputs());
  return {};
}

Bytes QuantizationPasses::state() {
  return statistics_of(StatisticsKind::InputMoments, pass_,
                       [&](Bytes& statistics) { refinement_.append_to(statistics); });
}

void QuantizationPasses::merge(std::span<const std::byte> state) {
  refinement_.merge(gathered_in(state, StatisticsKind::InputMoments, pass_));
}

std::shared_ptr<QuantizedModel> QuantizationPasses::finish(const FinishOptions& options,
                                                           const formats::Sink& sink) {
  if (!result_) throw Error(ErrorCode::Internal, "There is no draft to finish.");
  quantize::Result& result = *result_;
  result.warnings.insert(result.warnings.begin(), warnings_.begin(), warnings_.end());
  result.graph.name = options.model_name.value_or(result.graph.name);
  const std::string report = analyze::quantization_report_json(*graph(), report_, origin_.target, params_,
                                                               result, options.preprocessing_json,
                                                               {.octet_version = options.octet_version,
                                                                .source_bytes = origin_.file_bytes,
                                                                .calibration_samples = calibrator_->samples(),
                                                                .methods_json = options.methods_json});
  std::vector<formats::octet_file::InputRange> ranges = input_ranges(result);
  return QuantizedModel::made({.quantized = std::move(result.graph),
                               .float_graph = *graph(),
                               .target = origin_.target.id,
                               .settings_json = to_json(params_),
                               .preprocessing_json = options.preprocessing_json,
                               .report_json = report,
                               .any_shape_on_mla = origin_.target.any_shape_on_mla,
                               .input_ranges = std::move(ranges),
                               .partition_notes = report_.notes,
                               .source_bytes = origin_.file_bytes,
                               .calibration_samples = calibrator_->samples()},
                              sink);
}

}  // namespace octet::pipeline
