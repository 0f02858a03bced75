// From the statistics of a calibration to a quantized model: a first draft, and where the settings ask for
// methods that look at the samples again, as many passes over them as those need.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "calibrate/calibrator.h"
#include "formats/sink.h"
#include "partition/partition.h"
#include "pipeline/options.h"
#include "pipeline/origin.h"
#include "pipeline/quantized_model.h"
#include "pipeline/sample.h"
#include "quantize/quantize.h"
#include "quantize/refinement/refinement.h"
#include "quantize/settings/quantization_params.h"

namespace octet::pipeline {

/// One worker makes the drafts. All of them begin a pass with each and observe samples; the first one then
/// merges the states of the others, and makes the next draft.
///   while (draft(sink)) { begin_pass(the file); observe() each sample; merge() others; }
class QuantizationPasses : public Sample {
 public:
  /// `graph` is placed as `report` says. `warnings` are about the samples.
  QuantizationPasses(std::shared_ptr<const Graph> graph, partition::Report report, const Origin& origin,
                     quantize::QuantizationParams params,
                     std::shared_ptr<const calibrate::Calibrator> calibrator,
                     quantize::RelevantValues relevant, std::vector<std::string> warnings);

  /// Quantizes, or takes in what the last pass showed. Writes the draft, a .octet file, and returns true
  /// where the settings ask for a further pass with it.
  bool draft(const formats::Sink& sink);
  /// Begins a pass with a draft.
  void begin_pass(Bytes draft);
  /// Runs the sample in the pass that was begun. What it shows is added up here: nothing is returned.
  Bytes observe();
  /// What the samples that were observed in this pass have added up to, for merge() elsewhere.
  Bytes state();
  void merge(std::span<const std::byte> state);
  /// The model of the draft that needs no further pass; writes its file, too. Throws Internal without one.
  std::shared_ptr<QuantizedModel> finish(const FinishOptions& options, const formats::Sink& sink);

 private:
  Origin origin_;
  partition::Report report_;
  quantize::QuantizationParams params_;
  std::shared_ptr<const calibrate::Calibrator> calibrator_;
  quantize::RelevantValues relevant_;
  std::vector<std::string> warnings_;
  quantize::Refinement refinement_;
  Subject pass_;                            ///< Of the pass that was begun.
  std::optional<quantize::Result> result_;  ///< Where drafts are made.
};

}  // namespace octet::pipeline
