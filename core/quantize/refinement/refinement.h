// The accuracy methods that look at the samples once more, with a first quantized graph at hand: adaptive
// rounding of weights, and bias correction.
//
// A pass runs the samples through the draft or the float graph, as the method asks, wherever workers are;
// their states are merged, and the merged one improves the draft:
//   while (!refinement.done()) { begin_pass(draft); observe() each sample; merge() others; apply(draft); }
#pragma once

#include <memory>
#include <optional>
#include <span>

#include "ir/graph.h"
#include "quantize/refinement/input_moments.h"
#include "quantize/settings/quantization_params.h"

namespace octet::quantize {

class Refinement {
 public:
  /// `source` is the float graph that drafts are made from.
  Refinement(std::shared_ptr<const Graph> source, const QuantizationParams& params);

  /// True when the settings ask for no further pass.
  bool done() const { return passes_begun_ == passes_; }
  void begin_pass(std::shared_ptr<const Graph> draft);
  bool is_measuring() const { return moments_.has_value(); }
  // Each throws Internal where no pass has begun, or the last one was applied.
  void observe(std::span<const std::span<const std::byte>> inputs) { measured().observe(inputs); }
  void append_to(Bytes& state) { measured().append_to(state); }
  void merge(std::span<const std::byte> state) { measured().merge(state); }
  /// Changes weights and biases of the graph that the pass measured, and ends the pass.
  void apply(Graph& draft);

 private:
  InputMoments& measured();

  std::shared_ptr<const Graph> source_;
  BiasCorrection bias_correction_;
  bool adaptive_rounding_;
  int passes_;
  int passes_begun_ = 0;
  bool rounds_weights_ = false;  ///< In this pass.
  std::optional<InputMoments> moments_;
};

}  // namespace octet::quantize
