// How much of the noise at a model's outputs each rounding makes, and which nodes had best be INT16.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "quantize/noise/mixed_precision.h"
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
  /// Begins a search for the nodes that had best be INT16, in place of one before: of at most `share` of all
  /// multiply-accumulates; of at most `most` steps; or all that may, which is found at once.
  val search_within(double share);
  val search_steps(int most);
  val search_all();
  /// Does a piece of the search; false once none is left.
  val advance();
  /// What was then found: {"nodes": [name], "share", "expected": by output the dB that are gained}.
  val int16_nodes() const;
  /// In which order nodes had best rise: a list of {"nodes": [name], "share", "gain"}.
  val int16_steps() const;

 private:
  template <class Begin>
  val begin_search(Begin begin);
  const quantize::Int16Search& search() const;
  val names_of(const std::vector<NodeId>& nodes) const;
  val figures(size_t source, size_t output) const;
  val row(size_t source) const;

  std::unordered_map<std::string, std::string> labels_;  ///< By the names of the quantized graph's nodes.
  quantize::RoundingNoise noise_;
  std::vector<bool> may_rise_;
  std::optional<quantize::Int16Search> search_;
};

}  // namespace octet::binding
