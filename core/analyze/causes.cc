#include "analyze/causes.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "analyze/wording.h"
#include "kernels/arithmetic/math.h"
#include "ops/operator.h"

namespace octet::analyze {
namespace {

/// A range that is chosen for least noise clips a little: values outside make less than this part of it.
constexpr double kClippedNoise = 1.0 / 3;
/// What a node with less noise clips does not matter, in dB.
constexpr double kGoodSqnr = 45;
constexpr double kManySaturated = 0.05;
/// A channel stands out that reaches so many times as far as the median one.
constexpr double kFar = 8;
/// Outliers are few: more than this part of the channels are no outliers.
constexpr double kFew = 0.25;
/// What outliers cost the others, in bits, to be worth a word.
constexpr double kLeastBits = 2;
/// Channels that were seen fewer times may be the same by chance.
constexpr uint64_t kFewestValues = 8;

/// Which of some magnitudes stand out, and what that costs the others.
struct Outliers {
  std::vector<int32_t> channels;
  double times = 1;  ///< How many times as far as all others they reach.
};

/// Zeros are nothing to compare with. `most` is where magnitudes end.
Outliers outliers_of(const std::vector<double>& magnitudes, double most) {
  std::vector<double> alive;
  for (const double magnitude : magnitudes) {
    if (magnitude > 0) alive.push_back(magnitude);
  }
  if (alive.size() < 2) return {};
  const auto middle = alive.begin() + static_cast<ptrdiff_t>((alive.size() - 1) / 2);
  std::nth_element(alive.begin(), middle, alive.end());
  const double median = *middle;
  Outliers found;
  double farthest = 0;
  double others = 0;
  for (size_t c = 0; c < magnitudes.size(); ++c) {
    const bool far = magnitudes[c] >= kFar * median;
    if (far) found.channels.push_back(static_cast<int32_t>(c));
    (far ? farthest : others) = std::max(far ? farthest : others, magnitudes[c]);
  }
  if (others > 0) found.times = std::min(farthest, most) / others;
  return found;
}

bool is_few(const Outliers& outliers, size_t channels) {
  const auto count = static_cast<double>(outliers.channels.size());
  return count > 0 && count <= std::max(1.0, kFew * static_cast<double>(channels));
}

class Finder {
 public:
  Finder(const NodeError& error, const Parts& parts, const Graph& float_graph, const Graph& quantized)
      : error_(error),
        parts_(parts),
        float_graph_(float_graph),
        quantized_(quantized),
        rule_(ops::operator_of(error.op).quantization),
        bad_(error.sums.local.sqnr_db() < kGoodSqnr) {
    if (error.output != TensorId::None) range_ = integer_range(quantized.tensor(error.output));
  }

  std::vector<Cause> find() {
    // Who only moves values, or has the range that its function has, made no choice.
    if (range_ && rule_.output == ops::OutputQuantization::Free) {
      look_at_range();
      look_at_channels();
    }
    look_at_weights();
    look_for_dead_channels();
    look_for_saturation();
    look_for_lost_channels();
    return std::move(causes_);
  }

 private:
  bool is_int8() const { return quantized_.tensor(error_.output).dtype == DType::Int8; }

  void look_at_range() {
    const double noise = error_.sums.local.mse() * count();
    if (!bad_ || error_.sums.outside == 0 || noise <= 0) return;
    const double part = std::min(1.0, error_.sums.clipped_noise / noise);
    if (part < kClippedNoise) return;
    const double share = static_cast<double>(error_.sums.outside) / count();
    causes_.push_back({.kind = CauseKind::ClippedRange,
                       .sentence = percent(share) + " of its values lie outside the range from " +
                                   number(range_->low) + " to " + number(range_->high) +
                                   " that was chosen, and make " + percent(part) + " of its own noise.",
                       .remedy =
                           "Calibrate this node with min_max or a higher percentile, or with samples that "
                           "are like those that it meets; INT16 with min_max clips nothing.",
                       .share = share,
                       .noise_share = part});
  }

  void look_at_channels() {
    if (!is_int8()) return;
    std::vector<double> magnitudes;
    for (const ChannelSums& channel : error_.channels()) magnitudes.push_back(channel.largest());
    Outliers outliers = outliers_of(magnitudes, std::max(-range_->low, range_->high));
    const double bits = kernels::log2(outliers.times);
    if (!is_few(outliers, magnitudes.size()) || bits < kLeastBits) return;
    const bool one = outliers.channels.size() == 1;
    causes_.push_back({.kind = CauseKind::OutlierChannels,
                       .sentence = channels_text(outliers.channels) + (one ? " reaches " : " reach ") +
                                   number(outliers.times) + " times as far as all others: the step of " +
                                   number(range_->step) + " that " + (one ? "it needs" : "they need") +
                                   " costs those " + number(bits) + " of their 8 bits.",
                       .remedy =
                           "Scale channels before quantizing, with smooth quant or channel equalization; or "
                           "give this node and those that read it INT16.",
                       .channels = std::move(outliers.channels),
                       .bits = bits});
  }

  void look_at_weights() {
    if (!rule_.weight) return;
    const Node& quantized = quantized_.node(error_.quantized_node);
    const Node& node = float_graph_.node(error_.float_node);
    const size_t operand = rule_.weight->index;
    if (operand >= quantized.inputs.size() || operand >= node.inputs.size()) return;
    const Tensor& rounded = quantized_.tensor(quantized.inputs[operand]);
    const Tensor& exact = float_graph_.tensor(node.inputs[operand]);
    const bool per_tensor = rounded.dtype == DType::Int8 && rounded.is_constant() && rounded.quantization &&
                            !rounded.quantization->is_per_channel();
    if (!per_tensor || !exact.is_constant() || exact.dtype != DType::Float32) return;
    const std::vector<double> magnitudes = magnitudes_of(exact, rule_.weight->channel_axis);
    Outliers outliers = outliers_of(magnitudes, std::numeric_limits<double>::infinity());
    std::vector<double> sorted = magnitudes;
    std::sort(sorted.begin(), sorted.end());
    const double largest = sorted.back();
    const double median = sorted[(sorted.size() - 1) / 2];
    if (median <= 0 || largest < kFar * median) return;
    const double bits = kernels::log2(largest / median);
    causes_.push_back({.kind = CauseKind::WeightSpread,
                       .sentence = "One scale serves weights whose largest channel has " +
                                   number(largest / median) +
                                   " times the range of the median one: half of the "
                                   "channels lose " +
                                   number(bits) + " bits or more.",
                       .remedy = "Use one scale for each channel of the weights, or channel equalization.",
                       .channels = std::move(outliers.channels),
                       .bits = bits});
  }

  static std::vector<double> magnitudes_of(const Tensor& weights, int axis) {
    const auto channels = static_cast<size_t>(weights.shape[axis]);
    size_t inner = 1;
    for (int i = axis + 1; i < weights.shape.rank(); ++i) inner *= static_cast<size_t>(weights.shape[i]);
    std::vector<double> magnitudes(channels, 0.0);
    const std::span<const float> values = weights.values<float>();
    for (size_t i = 0; i < values.size(); ++i) {
      double& magnitude = magnitudes[i / inner % channels];
      magnitude = std::max(magnitude, std::abs(static_cast<double>(values[i])));
    }
    return magnitudes;
  }

  void look_for_dead_channels() {
    // Of what only passes values on, the node that computed them tells.
    if (!rule_.weight) return;
    std::vector<int32_t> dead;
    for (size_t c = 0; c < error_.channels().size(); ++c) {
      const ChannelSums& channel = error_.channels()[c];
      if (channel.count >= kFewestValues && channel.low == channel.high)
        dead.push_back(static_cast<int32_t>(c));
    }
    if (dead.empty()) return;
    const bool one = dead.size() == 1;
    std::string sentence = channels_text(dead) + (one ? " is" : " are") + " the same in all samples.";
    causes_.push_back({.kind = CauseKind::DeadChannels,
                       .sentence = std::move(sentence),
                       .remedy =
                           "Take samples that reach all of the network; if it stays, the channels can be "
                           "pruned.",
                       .channels = std::move(dead)});
  }

  void look_for_saturation() {
    const double share = saturation(error_);
    const bool told = std::any_of(causes_.begin(), causes_.end(),
                                  [](const Cause& cause) { return cause.kind == CauseKind::ClippedRange; });
    if (share < kManySaturated || told || rule_.output != ops::OutputQuantization::Free) return;
    causes_.push_back(
        {.kind = CauseKind::Saturation,
         .sentence = percent(share) + " of its integers stand at an end of their range where the "
                                      "float values do not.",
         .remedy = "Give it a wider range (calibration with min_max), or mend the nodes before it, "
                   "whose errors push it there.",
         .share = share});
  }

  void look_for_lost_channels() {
    // Networks have channels that hardly ever say anything. What is joined, or goes out, is meant to be read.
    const bool moves = rule_.output == ops::OutputQuantization::SameAsInput;
    if (moves || (error_.op != OpKind::Concatenation && error_.outputs.empty())) return;
    for (const Part& part : parts_.parts) {
      if (part.lost.empty()) continue;
      causes_.push_back({.kind = CauseKind::LostChannels,
                         .sentence = lost_sentence(part),
                         .remedy = part_remedy(),
                         .channels = part.lost});
    }
  }

  double count() const { return static_cast<double>(error_.sums.local.count()); }

  const NodeError& error_;
  const Parts& parts_;
  const Graph& float_graph_;
  const Graph& quantized_;
  const ops::QuantizationRule& rule_;
  bool bad_;
  std::optional<IntegerRange> range_;
  std::vector<Cause> causes_;
};

}  // namespace

std::string_view to_string(CauseKind kind) {
  switch (kind) {
    case CauseKind::ClippedRange:
      return "clipped_range";
    case CauseKind::OutlierChannels:
      return "outlier_channels";
    case CauseKind::WeightSpread:
      return "weight_spread";
    case CauseKind::DeadChannels:
      return "dead_channels";
    case CauseKind::Saturation:
      return "saturation";
    case CauseKind::LostChannels:
      return "lost_channels";
  }
  return "";
}

std::optional<NoiseShares> noise_shares(const NodeError& error) {
  const double noise = error.sums.local.mse() * static_cast<double>(error.sums.local.count());
  if (!error.has_weight_noise || noise <= 0) return {};
  // Both are hardly correlated; where rounding makes up for the weights, all of the noise is theirs.
  const double weights = std::min(1.0, error.sums.weight_noise / noise);
  return NoiseShares{weights, 1 - weights};
}

double saturation(const NodeError& error) {
  const uint64_t count = error.sums.accumulated.count();
  return count == 0 ? 0 : static_cast<double>(error.sums.saturated) / static_cast<double>(count);
}

std::vector<Cause> find_causes(const NodeError& error, const Parts& parts, const Graph& float_graph,
                               const Graph& quantized) {
  return Finder(error, parts, float_graph, quantized).find();
}

}  // namespace octet::analyze
