// How much of the noise at a model's outputs each rounding makes, and which nodes had best be INT16.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "pipeline/sample.h"
#include "quantize/noise/mixed_precision.h"
#include "quantize/noise/rounding_noise.h"

namespace octet::pipeline {

class SensitivityPass : public Sample {
 public:
  /// `may_rise`, by node: it may become INT16.
  SensitivityPass(std::shared_ptr<const Graph> float_graph, std::shared_ptr<const Graph> quantized,
                  quantize::RoundingNoise::Weights weights, std::vector<bool> may_rise, Subject subject);

  /// The noise that all roundings together make of the sample, by output: a JSON list.
  std::string total();
  /// Rounds one thing after the other in the sample; what that shows is for fold().
  Bytes observe();
  /// The same by an estimate, which looks at `count` outputs from `first` on.
  Bytes estimate(int first, int count);
  /// Adds what a sample showed, here or elsewhere; in sample order.
  void fold(std::span<const std::byte> sample);

  /// [{"node", "label", "operator", "rounded", "outputs": {output: {"sqnr", "mse"}}}], in network order.
  std::string ranking() const;
  /// Begins a search for the nodes that had best be INT16, in place of one before: of at most `share` of all
  /// multiply-accumulates; of at most `most` steps; or all that may, which is found at once.
  void search_within(double share);
  void search_steps(int most);
  void search_all();
  /// Does a piece of the search; false once none is left.
  bool advance();
  /// What was then found: {"nodes": [name], "share", "expected": {output: the dB that are gained}}.
  std::string int16_nodes() const;
  /// In which order nodes had best rise: [{"nodes": [name], "share", "gain"}].
  std::string int16_steps() const;

 private:
  const quantize::Int16Search& search() const;

  std::unordered_map<std::string, std::string> labels_;  ///< By the names of the quantized graph's nodes.
  quantize::RoundingNoise noise_;
  std::vector<bool> may_rise_;
  std::optional<quantize::Int16Search> search_;
};

}  // namespace octet::pipeline
