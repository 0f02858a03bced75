#include "quantize/channels/smooth_quant.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "kernels/arithmetic/math.h"
#include "quantize/channels/channel_scaling.h"
#include "quantize/weights/weight_scale.h"

namespace octet::quantize {
namespace {

/// Beyond this the weights that read a channel are below the resolution of those that read others.
constexpr double kLargestFactor = 0x1p10;
/// How far beyond the largest sample others are expected, where the largest three are equal.
constexpr double kHeadroom = 1.5;
/// Between weights that stay as they are and channels that all get the same range.
constexpr double kSearchedAlphas[] = {0, 0.25, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1};

/// Steps of a scale that cover an activation's range.
constexpr double kActivationSteps = 255;
/// Variance of rounding, in squared steps.
constexpr double kRounding = 1.0 / 12;

/// The largest magnitude of a tensor's values; 0 where it was not observed.
double largest_of(const ChannelStatistics& statistics, TensorId id) {
  double largest = 0;
  for (const ChannelTotal& channel : statistics.channels(id)) largest = std::max(largest, channel.largest());
  return largest;
}

/// Of the values of one channel.
struct Magnitude {
  double largest = 0;
  double mean_square = 0;
  double expected = 0;  ///< What other samples than those seen are expected to stay below.
};

/// The largest sample exceeds the third largest by a factor, and may be exceeded by as much.
double expected_magnitude(const ChannelTotal& channel) {
  const auto& [first, second, third] = channel.magnitudes;
  return third > 0 ? kHeadroom * first * (first / third) : first > 0 ? HUGE_VAL : 0;
}

class SetSmoother {
 public:
  SetSmoother(const ChannelScaling& scaling, ChannelSet& set, const ChannelStatistics& statistics,
              const QuantizationParams& params)
      : scaling_(scaling),
        set_(set),
        per_channel_(params.weights.per_channel),
        weight_steps_(largest_weight(params.weights.bits)),
        totals_(set.factors.size()),
        weights_(scaling.read(set)),
        least_(set.factors.size(), 1 / kLargestFactor),
        most_(set.factors.size(), kLargestFactor) {
    for (const TensorId id : set.tensors) {
      const std::span<const ChannelTotal> channels = statistics.channels(id);
      for (size_t c = 0; c < channels.size(); ++c) {
        totals_[c].largest = std::max(totals_[c].largest, channels[c].largest());
        totals_[c].mean_square = std::max(totals_[c].mean_square, channels[c].mean_square);
        totals_[c].expected = std::max(totals_[c].expected, expected_magnitude(channels[c]));
      }
    }
    for (const Magnitude& total : totals_) largest_ = std::max(largest_, total.largest);
    if (params.requantization == RequantizationMode::Sima) limit_weights(statistics);
  }

  void smooth(const SmoothQuant& settings) {
    if (!(largest_ > 0) || !std::isfinite(largest_)) return;
    if (!settings.search) {
      set_.factors = factors(settings.alpha);
      return;
    }
    std::vector<double> best = set_.factors;
    double least = noise(best);
    for (const double alpha : kSearchedAlphas) {
      std::vector<double> candidate = factors(alpha);
      const double candidate_noise = noise(candidate);
      if (!(candidate_noise < least)) continue;
      least = candidate_noise;
      best = std::move(candidate);
    }
    set_.factors = std::move(best);
  }

 private:
  bool matters(size_t channel) const { return totals_[channel].largest > 0 && weights_[channel] > 0; }

  /// Equation 4 of the paper, scaled so that the largest value of the tensor stays.
  std::vector<double> factors(double alpha) const {
    std::vector<double> factors(totals_.size(), 1.0);
    double largest = 0;
    for (size_t c = 0; c < factors.size(); ++c) {
      if (!matters(c)) continue;
      factors[c] = kernels::pow(weights_[c], 1 - alpha) / kernels::pow(totals_[c].largest, alpha);
      largest = std::max(largest, factors[c] * totals_[c].largest);
    }
    for (size_t c = 0; c < factors.size(); ++c) {
      if (!matters(c)) continue;
      const double wanted = factors[c] * largest_ / largest;
      factors[c] = std::clamp(wanted, least_[c], most_[c]);
      if (set_.limited_to_6) factors[c] = std::clamp(factors[c], 1.0, most_below_6(c));
    }
    return factors;
  }

  /// A shift to the right by 1 at least is all that `sima` has: weights beyond what it allows would raise the
  /// scale of the layer's output, for all of its channels.
  void limit_weights(const ChannelStatistics& statistics) {
    const auto allowed = [&](const std::vector<size_t>& layers) {
      double least = HUGE_VAL;
      for (const size_t layer : layers) {
        const Node& node = statistics.graph().node(scaling_.layer(layer).node);
        const double in = largest_of(statistics, node.inputs[0]);
        const double out = largest_of(statistics, node.outputs[0]);
        // A range may be twice the magnitude, or equal to it.
        if (in > 0 && out > 0) least = std::min(least, weight_steps_ / 4 * out / in);
      }
      return least;
    };
    const double written = allowed(set_.writers);
    const double read = allowed(set_.readers);
    const std::vector<double> writing = scaling_.written(set_);
    for (size_t c = 0; c < totals_.size(); ++c) {
      if (writing[c] > 0) most_[c] = std::clamp(written / writing[c], 1.0, most_[c]);
      if (weights_[c] > 0) least_[c] = std::clamp(weights_[c] / read, least_[c], 1.0);
    }
  }

  double most_below_6(size_t channel) const {
    return std::clamp(6 / totals_[channel].expected, 1.0, kLargestFactor);
  }

  /// An estimate of the noise that the readers' outputs get, in parts of their signal: of rounding the set's
  /// values and of rounding the readers' weights.
  double noise(const std::vector<double>& factors) const {
    double range = 0;
    for (size_t c = 0; c < factors.size(); ++c) range = std::max(range, factors[c] * totals_[c].largest);
    const double rounded_values = kRounding * range * range / (kActivationSteps * kActivationSteps);
    double total = 0;
    for (const size_t reader : set_.readers)
      total += noise_of(scaling_.layer(reader), factors, rounded_values);
    return total;
  }

  double noise_of(const ScaledLayer& layer, const std::vector<double>& factors, double rounded_values) const {
    double signal = 0;
    double noise = 0;
    std::vector<double> largest(layer.outputs);  // Of the scaled weights of each output channel.
    for (size_t w = 0; w < layer.largest.size(); ++w) {
      const size_t input = layer.input_of(w);
      const double weight = layer.largest[w];
      const double scaled = weight / factors[input];
      signal += weight * weight * totals_[input].mean_square;
      noise += scaled * scaled * rounded_values;
      double& channel = largest[layer.output_of(w)];
      channel = std::max(channel, scaled);
    }
    if (!per_channel_)
      std::fill(largest.begin(), largest.end(), *std::max_element(largest.begin(), largest.end()));
    for (size_t w = 0; w < layer.largest.size(); ++w) {
      const double step = largest[layer.output_of(w)] / weight_steps_;
      const double factor = factors[layer.input_of(w)];
      noise += kRounding * step * step * totals_[layer.input_of(w)].mean_square * factor * factor;
    }
    return signal > 0 ? noise / signal : 0;
  }

  const ChannelScaling& scaling_;
  ChannelSet& set_;
  bool per_channel_;
  double weight_steps_;            ///< That cover the magnitude of a symmetric weight.
  std::vector<Magnitude> totals_;  ///< By channel, the largest of the set's tensors.
  std::vector<double> weights_;    ///< By channel: the largest magnitude that reads it.
  std::vector<double> least_;      ///< By channel: the factors that are allowed.
  std::vector<double> most_;
  double largest_ = 0;  ///< Of the values of all channels.
};

}  // namespace

int smooth_channels(Graph& graph, const ChannelStatistics& statistics, const QuantizationParams& params) {
  ChannelScaling scaling(graph, Relu6::Limits);
  for (ChannelSet& set : scaling.sets())
    SetSmoother(scaling, set, statistics, params).smooth(params.smooth_quant);
  return scaling.apply(graph);
}

}  // namespace octet::quantize
