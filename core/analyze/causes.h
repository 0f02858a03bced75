// Why a node's quantized output is far from its float output: what is wrong with its range, its channels or
// its weights, with the figures, and what helps.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "analyze/layer_error.h"
#include "analyze/parts.h"
#include "ir/graph.h"

namespace octet::analyze {

enum class CauseKind : uint8_t {
  ClippedRange,     ///< Values lie beyond the chosen range.
  OutlierChannels,  ///< Few channels reach much farther than the others, which share their step.
  WeightSpread,     ///< One scale for weights whose channels differ by orders of magnitude.
  DeadChannels,     ///< Channels are the same for all samples.
  Saturation,       ///< Integers stand at an end of their range where the float values do not.
  LostChannels,     ///< Of a join or an output: the whole range of channels is below one step.
};

/// "clipped_range", "outlier_channels", "weight_spread", "dead_channels", "saturation", "lost_channels".
std::string_view to_string(CauseKind kind);

struct Cause {
  CauseKind kind;
  std::string sentence;  ///< A complete one, with the figures.
  std::string remedy;    ///< A complete sentence.
  /// Ascending positions of the last axis, of weights of the axis of output channels: outliers, dead
  /// channels, and those whose weights reach far. Lost channels: of the axis of the parts.
  std::vector<int32_t> channels = {};
  /// Clipped range: of all values, those outside. Saturation: of all outputs, those at an end. From 0 to 1.
  std::optional<double> share = {};
  /// Clipped range: of the node's own noise, what the values outside make. From 0 to 1.
  std::optional<double> noise_share = {};
  /// Bits that other channels lose.
  std::optional<double> bits = {};
};

/// How the noise that a node makes itself divides; from 0 to 1, the sum is 1.
struct NoiseShares {
  double weights = 0;
  double activations = 0;
};

/// Nothing where there is no noise, or what its weights make is not known.
std::optional<NoiseShares> noise_shares(const NodeError& error);

/// Of all outputs, the integers at an end of their range where the float values are not. From 0 to 1.
double saturation(const NodeError& error);

/// In the order of CauseKind; empty where nothing stands out. `error` is of the analyzer of both graphs,
/// `parts` of the node's output.
std::vector<Cause> find_causes(const NodeError& error, const Parts& parts, const Graph& float_graph,
                               const Graph& quantized);

}  // namespace octet::analyze
