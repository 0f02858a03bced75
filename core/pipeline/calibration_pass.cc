#include "pipeline/calibration_pass.h"

#include <algorithm>
#include <utility>

#include "ir/byte_stream.h"
#include "quantize/precision/int16_decomposition.h"
#include "quantize/precision/placement.h"
#include "quantize/settings/node_settings.h"

namespace octet::pipeline {

CalibrationPass::CalibrationPass(std::shared_ptr<const Graph> graph, const Graph& unsplit,
                                 const Origin& origin, quantize::QuantizationParams params)
    : Sample(graph, with(origin.subject, to_json(params))),
      origin_(origin),
      params_(std::move(params)),
      calibrator_(std::make_shared<calibrate::Calibrator>(graph, params_.calibration,
                                                          quantize::own_methods(*graph, params_))),
      check_(*graph) {
  for (const Node& node : unsplit.nodes) {
    if (quantize::is_decomposed_for_int16(node, origin_.target)) decomposable_.push_back(node);
  }
}

Bytes CalibrationPass::observe() {
  return statistics_of(StatisticsKind::CalibrationSample, subject(), [&](Bytes& statistics) {
    put_list(statistics, facts());
    put_list(statistics, calibrator_->observe(inputs()));
  });
}

void CalibrationPass::fold(std::span<const std::byte> sample) {
  std::span<const std::byte> gathered = gathered_in(sample, StatisticsKind::CalibrationSample, subject());
  check_.fold(take_list<calibrate::InputFacts>(gathered));
  calibrator_->fold(take_list<calibrate::Extremes>(gathered));
}

Bytes CalibrationPass::state() const {
  return statistics_of(StatisticsKind::Calibration, subject(),
                       [&](Bytes& statistics) { calibrator_->append_to(statistics); });
}

void CalibrationPass::merge(std::span<const std::byte> state) {
  calibrator_->merge(gathered_in(state, StatisticsKind::Calibration, subject()));
}

bool CalibrationPass::serves(const quantize::QuantizationParams& params) const {
  return same_statistics(params_, params) &&
         std::all_of(decomposable_.begin(), decomposable_.end(), [&](const Node& node) {
           return quantize::wants_int16_decomposition(node, origin_.target, params_) ==
                  quantize::wants_int16_decomposition(node, origin_.target, params);
         });
}

std::shared_ptr<QuantizationPasses> CalibrationPass::quantization(
    const quantize::QuantizationParams& params) const {
  if (!serves(params))
    throw Error(ErrorCode::InvalidConfig, "The statistics of the calibration do not serve these settings.",
                {}, "Calibrate with them.");
  calibrator_->rest();
  quantize::RelevantValues relevant(*graph(), *calibrator_);
  Graph placed = *graph();
  partition::Report report = quantize::place(placed, origin_.target, params, *calibrator_, relevant);
  return std::make_shared<QuantizationPasses>(std::make_shared<const Graph>(std::move(placed)),
                                              std::move(report), origin_, params, calibrator_,
                                              std::move(relevant), check_.warnings());
}

}  // namespace octet::pipeline
