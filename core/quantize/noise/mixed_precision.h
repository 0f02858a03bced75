// Chooses the nodes that compute in INT16 where only some may: those whose rounding to 8 bits makes most of
// the noise at the net's outputs.
//
// Rounding a tensor makes no noise where the node that computes it and those that read it are INT16: nodes
// gain together. A node that multiplies costs its multiply-accumulates, whichever of its neighbours are
// INT16; sums, functions and pooling cost none.
#pragma once

#include <memory>
#include <vector>

#include "ir/graph.h"
#include "quantize/noise/rounding_noise.h"

namespace octet::quantize {

struct MixedPrecision {
  std::vector<NodeId> int16_nodes;  ///< Ascending.
  /// Of the graph's multiply-accumulates, those of int16_nodes.
  double share = 0;
  /// By output of the graph: the part of the noise that is left; 0 for outputs that have none.
  std::vector<double> noise;
};

/// Nodes that had best rise together, and what that gains.
struct Int16Step {
  std::vector<NodeId> nodes;
  double share = 0;  ///< Of the graph's multiply-accumulates, those of the nodes.
  double gain = 0;   ///< Of the mean of the outputs' noise, in dB.
};

/// Looks for the nodes that had best rise to INT16: the step that gains most for its cost, then the next one,
/// for the least mean of the outputs' noise in dB. That takes seconds for a graph of some hundred nodes, so
/// the work comes in pieces, between which whoever waits can do something else, or give up.
///
/// Nodes rise that `may_rise`, by node of the graph, and are INT8 in the draft that `noise` was measured
/// with, which outlives this.
class Int16Search {
 public:
  /// As long as all nodes' share of multiply-accumulates is at most `share`, from 0 to 1.
  static Int16Search within(const RoundingNoise& noise, std::vector<bool> may_rise, double share);
  /// Until nothing more is gained, or for `most` steps.
  static Int16Search for_steps(const RoundingNoise& noise, std::vector<bool> may_rise, size_t most);
  /// Raises all that may, whatever it gains: there is nothing to look for, and no step.
  static Int16Search of_all(const RoundingNoise& noise, std::vector<bool> may_rise);
  Int16Search(Int16Search&&) noexcept;
  Int16Search& operator=(Int16Search&&) noexcept;
  ~Int16Search();

  /// Does a piece of the work, as long as it takes to look around one node; false once none is left.
  bool advance();
  /// What rose, once nothing is left to do.
  MixedPrecision chosen() const;
  /// What rose up to now, in this order.
  const std::vector<Int16Step>& steps() const;

 private:
  class Work;
  explicit Int16Search(std::unique_ptr<Work> work);

  std::unique_ptr<Work> work_;
};

}  // namespace octet::quantize
