// How much of the noise at a model's outputs each rounding makes, and which nodes had best be INT16.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "pipeline/sample.h"
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
  /// {"nodes": [name], "share"}: those that had best be INT16, of at most `share` of all
  /// multiply-accumulates.
  std::string int16_nodes(double share) const;
  /// The same for each share of a list, and "expected": {output: the dB that are gained}.
  std::string int16_curve(std::span<const double> shares) const;
  /// [{"nodes": [name], "share", "gain"}]: in which order nodes had best rise, at most `most` steps.
  std::string int16_steps(int most) const;

 private:
  std::unordered_map<std::string, std::string> labels_;  ///< By the names of the quantized graph's nodes.
  quantize::RoundingNoise noise_;
  std::vector<bool> may_rise_;
};

}  // namespace octet::pipeline
