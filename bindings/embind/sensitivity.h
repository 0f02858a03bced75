// How much of the noise at a model's outputs each rounding makes, and which nodes had best be INT16.
#pragma once

#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "quantize/noise/rounding_noise.h"
#include "sample.h"

namespace octet::binding {

class Sensitivity : public Sample {
 public:
  /// `may_rise`, by node: it may become INT16.
  Sensitivity(std::shared_ptr<const Graph> float_graph, std::shared_ptr<const Graph> quantized,
              quantize::RoundingNoise::Weights weights, std::vector<bool> may_rise);

  /// The noise that all roundings together make of the sample, by output, as a Float64Array.
  val total();
  /// Rounds one thing after the other in the sample; returns its sums for fold(), as a Uint8Array.
  val observe();
  /// The same by an estimate, which looks at `count` outputs from `first` on.
  val estimate(int first, int count);
  val fold(const val& sums);
  /// A list of objects with the fields of a Sensitivity in types.ts, in network order.
  val ranking() const;
  /// {"nodes": [name], "share"}: those that had best be INT16, of at most `share` of all
  /// multiply-accumulates.
  val int16_nodes(double share) const;
  /// The same for each share of a list, and "expected": by output the
  /// dB that are gained.
  val int16_curve(const val& shares) const;
  /// In which order nodes had best rise, at most `most` steps: a list of {"nodes": [name], "share", "gain"}.
  val int16_steps(int most) const;

 private:
  val names_of(const std::vector<NodeId>& nodes) const;
  val figures(size_t source, size_t output) const;
  val row(size_t source) const;

  std::unordered_map<std::string, std::string> labels_;  ///< By the names of the quantized graph's nodes.
  quantize::RoundingNoise noise_;
  std::vector<bool> may_rise_;
};

}  // namespace octet::binding
