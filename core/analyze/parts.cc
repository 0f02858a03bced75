#include "analyze/parts.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "analyze/wording.h"
#include "quantize/ranges/part_ratio.h"

namespace octet::analyze {
namespace {

/// Whatever is narrower than the last of so many parts is in it.
constexpr size_t kMostParts = 4;
/// Channels that were seen fewer times may look alike or different by chance.
constexpr uint64_t kFewestValues = 8;
/// Noise of a tenth of the signal.
constexpr double kWeak = 20;
/// A whole that is hardly better than its part hides nothing.
constexpr double kHidden = 10;

/// The range of a channel with 0 in it, as the range of integers has.
double width(const ChannelSums& channel) {
  return std::max(0.0, static_cast<double>(channel.high)) - std::min(0.0, static_cast<double>(channel.low));
}

bool can_be_judged(const ChannelSums& channel) {
  return channel.count >= kFewestValues && std::isfinite(channel.signal) &&
         std::isfinite(channel.accumulated) && std::isfinite(channel.local) && width(channel) > 0;
}

/// Whether nothing that the channel says comes through. Values of a function whose scale is its own may all
/// be tiny: a probability of less than one step is none, as long as the step is about the function's.
bool is_lost(const ChannelSums& channel, const ChannelOrigin& origin) {
  return width(channel) < origin.step && origin.span < quantize::kPartRatio * origin.step;
}

Parts divided(const AxisSums& sums, const std::vector<ChannelOrigin>& origins) {
  Parts result{.axis = sums.axis, .whole = {}};
  std::vector<double> widths(sums.channels.size(), 0);
  std::vector<int32_t> order;
  for (size_t c = 0; c < sums.channels.size(); ++c) {
    result.whole.merge(sums.channels[c]);
    if (!can_be_judged(sums.channels[c])) continue;
    // Which of its values a function happened to take says nothing of how they compare with others.
    widths[c] = std::max(width(sums.channels[c]), origins[c].span);
    order.push_back(static_cast<int32_t>(c));
  }
  const auto width_of = [&](int32_t channel) { return widths[static_cast<size_t>(channel)]; };
  std::sort(order.begin(), order.end(), [&](int32_t a, int32_t b) {
    return width_of(a) == width_of(b) ? a < b : width_of(a) > width_of(b);
  });
  std::vector<size_t> part_of(sums.channels.size());
  size_t parts = 0;
  double widest = 0;
  for (const int32_t channel : order) {
    const bool alike = parts > 0 && width_of(channel) * quantize::kPartRatio >= widest;
    if (!alike && parts < kMostParts) {
      ++parts;
      widest = width_of(channel);
    }
    part_of[static_cast<size_t>(channel)] = parts;  // Counted from 1; 0 is none.
  }
  result.parts.resize(parts);
  for (size_t c = 0; c < part_of.size(); ++c) {
    if (part_of[c] == 0) continue;
    Part& part = result.parts[part_of[c] - 1];
    part.channels.push_back(static_cast<int32_t>(c));
    part.sums.merge(sums.channels[c]);
    part.step = std::max(part.step, origins[c].step);
    if (!is_lost(sums.channels[c], origins[c])) continue;
    part.lost.push_back(static_cast<int32_t>(c));
    part.lost_sums.merge(sums.channels[c]);
  }
  return result;
}

/// How many times as far as the narrowest part the widest one reaches.
double contrast(const Parts& parts) {
  if (parts.parts.empty()) return 0;
  return width(parts.parts.front().sums) / width(parts.parts.back().sums);
}

std::string range_text(const ChannelSums& sums) {
  return "from " + number(static_cast<double>(sums.low)) + " to " + number(static_cast<double>(sums.high));
}

}  // namespace

bool Part::is_weak(const ChannelSums& whole) const {
  const double own = sums.sqnr_db();
  return own < kWeak && whole.sqnr_db() - own >= kHidden;
}

Parts divide(const std::vector<AxisSums>& axes, ChannelAxes& channels) {
  Parts best;
  for (const AxisSums& sums : axes) {
    const std::vector<int> of_channels = channels.of(sums.tensor);
    if (std::find(of_channels.begin(), of_channels.end(), sums.axis) == of_channels.end()) continue;
    Parts parts = divided(sums, channels.origins(sums.tensor, sums.axis));
    if (best.axis < 0 || contrast(parts) > contrast(best)) best = std::move(parts);
  }
  return best;
}

std::string lost_sentence(const Part& part) {
  const bool one = part.lost.size() == 1;
  return channels_text(part.lost) + ", " + range_text(part.lost_sums) +
         (one ? ", is lost: its" : ", are lost: their") + " whole range is below one step of the integers, " +
         number(part.step) + ".";
}

std::string part_remedy() {
  return "Give the node that joins the parts INT16, leave it in float, or cut the model before it.";
}

std::vector<std::string> part_warnings(const Parts& parts, const std::string& output) {
  std::vector<std::string> warnings;
  for (const Part& part : parts.parts) {
    std::string sentence;
    if (!part.lost.empty()) {
      sentence = lost_sentence(part);
    } else if (part.is_weak(parts.whole)) {
      sentence = channels_text(part.channels) + ", " + range_text(part.sums) +
                 (part.channels.size() == 1 ? ", has " : ", have ") + number(part.sums.sqnr_db()) +
                 " dB, which the " + number(parts.whole.sqnr_db()) + " dB of the whole do not show.";
    } else {
      continue;
    }
    sentence[0] = 'c';  // Channels, in the middle of a sentence.
    warnings.push_back("Output '" + output + "': " + sentence + " " + part_remedy());
  }
  return warnings;
}

}  // namespace octet::analyze
