// Compares the nodes of a quantized model with its float model on samples, and says why they differ.
#pragma once

#include <memory>
#include <string>

#include "analyze/layer_error.h"
#include "pipeline/sample.h"

namespace octet::pipeline {

class AnalysisPass : public Sample {
 public:
  AnalysisPass(std::shared_ptr<const Graph> float_graph, std::shared_ptr<const Graph> quantized,
               analyze::Compared compared, Subject subject);

  /// Runs the sample through both; what it shows is for fold().
  Bytes observe();
  /// Adds what a sample showed, here or elsewhere; in sample order.
  void fold(std::span<const std::byte> sample);
  /// The errors over all folded samples, as analyze::node_errors_json() has them.
  std::string errors(bool per_channel) const;

 private:
  analyze::LayerErrorAnalyzer analyzer_;
};

}  // namespace octet::pipeline
