#include "quantize/channels/equalization.h"

#include <algorithm>
#include <cmath>

#include "quantize/channels/channel_scaling.h"

namespace octet::quantize {
namespace {

constexpr int kMostRounds = 100;
/// Rounds end when no factor changes by more than this.
constexpr double kSettled = 1e-4;
/// A channel is scaled by at most 2^±24, whatever its weights: beyond, one side does not matter at all.
constexpr double kLargestFactor = 0x1p24;

/// Brings both sides of a set to the same magnitudes; returns the largest relative change of a factor.
double equalize(const ChannelScaling& scaling, ChannelSet& set) {
  const std::vector<double> written = scaling.written(set);
  const std::vector<double> read = scaling.read(set);
  double change = 0;
  for (size_t c = 0; c < set.factors.size(); ++c) {
    if (!(written[c] > 0) || !(read[c] > 0) || !std::isfinite(written[c] * read[c])) continue;
    const double before = set.factors[c];
    set.factors[c] = std::clamp(before * std::sqrt(read[c] / written[c]), 1 / kLargestFactor, kLargestFactor);
    change = std::max(change, std::fabs(set.factors[c] / before - 1));
  }
  return change;
}

}  // namespace

int equalize_channels(Graph& graph) {
  ChannelScaling scaling(graph, Relu6::EndsSets);
  for (int round = 0; round < kMostRounds; ++round) {
    double change = 0;
    for (ChannelSet& set : scaling.sets()) change = std::max(change, equalize(scaling, set));
    if (change <= kSettled) break;
  }
  return scaling.apply(graph);
}

}  // namespace octet::quantize
