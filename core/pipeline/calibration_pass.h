// The pass over the samples that finds out what values tensors take, and what is likely wrong with the
// samples. One pass serves several quantizations.
#pragma once

#include <memory>
#include <vector>

#include "calibrate/calibrator.h"
#include "pipeline/origin.h"
#include "pipeline/quantization_passes.h"
#include "pipeline/sample.h"
#include "quantize/settings/quantization_params.h"

namespace octet::pipeline {

/// Each worker observes samples. One of them folds what all samples showed, in their order, and merges the
/// states of the others.
class CalibrationPass : public Sample {
 public:
  /// `unsplit`: the graph before nodes were split for the settings.
  CalibrationPass(std::shared_ptr<const Graph> graph, const Graph& unsplit, const Origin& origin,
                  quantize::QuantizationParams params);

  /// Runs the sample; what it shows is for fold().
  Bytes observe();
  /// Adds what a sample showed, here or elsewhere; in sample order.
  void fold(std::span<const std::byte> sample);
  /// What the samples that were observed here have added up to, for merge() elsewhere.
  Bytes state() const;
  void merge(std::span<const std::byte> state);

  /// Whether these are the statistics that other settings need.
  bool serves(const quantize::QuantizationParams& params) const;
  /// Begins to quantize from these statistics. Throws InvalidConfig where they do not serve the settings.
  std::shared_ptr<QuantizationPasses> quantization(const quantize::QuantizationParams& params) const;

 private:
  Origin origin_;
  quantize::QuantizationParams params_;
  std::vector<Node> decomposable_;  ///< Nodes that settings may have decomposed, as they were.
  std::shared_ptr<calibrate::Calibrator> calibrator_;
  calibrate::InputCheck check_;
};

}  // namespace octet::pipeline
