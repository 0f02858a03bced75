// The error of a tensor by its parts. One ratio for a tensor whose channels differ much in range tells of the
// widest ones only: scores beside boxes in pixels may all be lost, and the tensor still have 48 dB.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "analyze/channel_axes.h"
#include "analyze/layer_error.h"

namespace octet::analyze {

/// Channels whose ranges are alike.
struct Part {
  std::vector<int32_t> channels;  ///< Ascending positions of the axis.
  ChannelSums sums;               ///< Of all of them.
  double step = 0;                ///< The widest step among them; 0 where their values were never integers.
  /// Those of `channels` whose whole range is below one step: nothing that they say comes through.
  std::vector<int32_t> lost = {};
  ChannelSums lost_sums = {};  ///< Of all of these.

  /// Whether noise is a tenth of the signal or more, and the tensor as a whole does not show it.
  bool is_weak(const ChannelSums& whole) const;
};

/// A tensor divided into parts.
struct Parts {
  int axis = -1;
  ChannelSums whole;
  /// From the widest range to the narrowest. Channels that are always 0, or hold what is no finite number,
  /// are in none. Empty where there are too few values to tell.
  std::vector<Part> parts = {};
};

/// Divides a tensor along the one of its axes of channels whose channels differ most. `axes` are all of one
/// tensor; `channels` is of the quantized graph.
Parts divide(const std::vector<AxisSums>& axes, ChannelAxes& channels);

/// What a reader should know of the parts of an output of the model, and what helps, in complete sentences.
/// Empty where the ratio of the whole hides nothing.
std::vector<std::string> part_warnings(const Parts& parts, const std::string& output);

/// "Channels 4 and 5, from 0 to 1, are lost: …"
std::string lost_sentence(const Part& part);
/// What helps where a part is lost or weak, as a complete sentence.
std::string part_remedy();

}  // namespace octet::analyze
