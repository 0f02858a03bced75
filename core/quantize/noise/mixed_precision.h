// Chooses the nodes that compute in INT16 where only some may: those whose rounding to 8 bits makes most of
// the noise at the net's outputs.
//
// Rounding a tensor makes no noise where the node that computes it and those that read it are INT16: nodes
// gain together. A node that multiplies costs its multiply-accumulates, whichever of its neighbours are
// INT16; sums, functions and pooling cost none.
#pragma once

#include <span>
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

/// Raises nodes that `may_rise`, by node of the graph, and are INT8 in the draft that `noise` was measured
/// with, as long as their share of multiply-accumulates is at most `share`, from 0 to 1; for the least mean
/// of the outputs' noise in dB.
MixedPrecision choose_int16_nodes(const RoundingNoise& noise, const std::vector<bool>& may_rise,
                                  double share);

/// What ever larger shares gain: a choice for each of `shares`, from 0 to 1, by itself; a share of 1 raises
/// all that may rise.
std::vector<MixedPrecision> int16_curve(const RoundingNoise& noise, const std::vector<bool>& may_rise,
                                        std::span<const double> shares);

/// Nodes that had best rise together, and what that gains.
struct Int16Step {
  std::vector<NodeId> nodes;
  double share = 0;  ///< Of the graph's multiply-accumulates, those of the nodes.
  double gain = 0;   ///< Of the mean of the outputs' noise, in dB.
};

/// In which order nodes had best rise until nothing more is gained, or `most` steps: what gains most for its
/// cost first.
std::vector<Int16Step> int16_steps(const RoundingNoise& noise, const std::vector<bool>& may_rise,
                                   size_t most);

}  // namespace octet::quantize
