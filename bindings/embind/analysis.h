// Compares the nodes of a quantized model with its float model, and says why they differ.
#pragma once

#include <memory>

#include "analyze/layer_error.h"
#include "sample.h"

namespace octet::binding {

/// Compares every node of a quantized graph with the float graph.
class Analysis : public Sample {
 public:
  Analysis(std::shared_ptr<const Graph> float_graph, std::shared_ptr<const Graph> quantized,
           analyze::Compared compared);

  /// Runs the sample through both; returns its error sums for fold(), as a Uint8Array.
  val observe();
  val fold(const val& sums);
  /// The errors over all folded samples, one object a node in network order, with those of its channels where
  /// asked for.
  val errors(bool per_channel) const;

 private:
  analyze::LayerErrorAnalyzer analyzer_;
};

}  // namespace octet::binding
