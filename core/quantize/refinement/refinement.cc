#include "quantize/refinement/refinement.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <utility>

#include "ops/operator.h"
#include "quantize/refinement/adaptive_rounding.h"
#include "quantize/weights/quantized_constants.h"
#include "quantize/weights/weight_scale.h"

namespace octet::quantize {
namespace {

/// A layer's correction changes what the layers behind it read. The second pass sees every layer with the
/// others corrected; a third one changes next to nothing.
constexpr int kIterativePasses = 2;

/// The weights of one node, in the float graph and in the draft.
class NodeWeights {
 public:
  NodeWeights(const Graph& source, const Graph& draft, const NodeMoments& moments)
      : moments_(moments),
        values_(NodeView(source, source.node(moments.source)).input(1).values<float>()),
        params_(*NodeView(draft, draft.node(moments.quantized)).input(1).quantization),
        channels_(NodeView(draft, draft.node(moments.quantized)).input(1).values<int8_t>()),
        integers_(channels_.begin(), channels_.end()) {}

  size_t channels() const { return moments_.patches.output_channels(); }
  size_t features() const { return moments_.patches.features_per_group(); }
  size_t at(size_t channel, size_t feature) const { return moments_.patches.weight_index(channel, feature); }
  double scale(size_t channel) const {
    return static_cast<double>(params_.scale[params_.is_per_channel() ? channel : 0]);
  }
  int largest() const { return largest_weight(params_.bits == 0 ? 8 : params_.bits); }
  /// The float weight in steps of the integers.
  double steps(size_t channel, size_t feature) const {
    return static_cast<double>(values_[at(channel, feature)]) / scale(channel);
  }
  std::vector<int8_t>& integers() { return integers_; }
  const std::vector<int8_t>& integers() const { return integers_; }

 private:
  const NodeMoments& moments_;
  std::span<const float> values_;
  QuantParams params_;
  std::span<const int8_t> channels_;
  std::vector<int8_t> integers_;
};

/// The moments of a block. Centred where a corrected bias will take away the mean error anyway.
SecondMoments second_moments(const NodeMoments& node, const FeatureBlock& block, size_t offset,
                             bool centred) {
  SecondMoments moments = {block.count, std::vector<double>(block.count * block.count)};
  const double count = static_cast<double>(node.count);
  // Of the very factors of the products: what is left is then never negative.
  const auto mean_of = [&](size_t i) {
    return static_cast<double>(node.factor_sums[block.first + i]) / count;
  };
  for (size_t i = 0; i < block.count; ++i) {
    for (size_t j = 0; j <= i; ++j) {
      const size_t at = i * block.count + j;
      const double mean = static_cast<double>(node.products[offset + at]) / count;
      const double centre = centred ? mean_of(i) * mean_of(j) : 0;
      moments.values[at] = mean - centre;
    }
  }
  return moments;
}

/// Rounds the weights that read one block of features.
void round_block(NodeWeights& weights, const Patches& patches, const FeatureBlock& block,
                 const SecondMoments& moments) {
  const size_t group = block.first / patches.features_per_group();
  const size_t first_feature = block.first % patches.features_per_group();
  std::vector<size_t> channels;
  for (size_t c = 0; c < weights.channels(); ++c) {
    if (patches.group_of(c) == group) channels.push_back(c);
  }
  std::vector<double> steps;
  for (const size_t channel : channels) {
    for (size_t f = 0; f < block.count; ++f) steps.push_back(weights.steps(channel, first_feature + f));
  }
  const std::vector<int8_t> rounded = round_adaptively(steps, moments, weights.largest());
  for (size_t i = 0; i < channels.size(); ++i) {
    for (size_t f = 0; f < block.count; ++f)
      weights.integers()[weights.at(channels[i], first_feature + f)] = rounded[i * block.count + f];
  }
}

void round_weights(NodeWeights& weights, const NodeMoments& node, bool centred) {
  size_t offset = 0;
  for (const FeatureBlock& block : node.blocks) {
    round_block(weights, node.patches, block, second_moments(node, block, offset, centred));
    offset += block.count * block.count;
  }
}

/// What rounding the weights takes from a channel's sums on average, in steps of its bias.
double missing_mean(const NodeWeights& weights, const NodeMoments& node, size_t channel, bool in_draft) {
  const size_t first = node.patches.group_of(channel) * weights.features();
  double missing = 0;
  for (size_t f = 0; f < weights.features(); ++f) {
    const double mean = in_draft ? node.mean(first + f) : node.float_mean(first + f);
    missing +=
        (weights.steps(channel, f) - static_cast<double>(weights.integers()[weights.at(channel, f)])) * mean;
  }
  return missing;
}

/// True when no input makes the accumulator of an INT8 channel leave 32 bits; `bias` is in its steps.
bool fits(const NodeWeights& weights, size_t channel, double bias) {
  double sum = std::fabs(bias) + 1;
  for (size_t f = 0; f < weights.features(); ++f)
    sum += 255.0 * std::abs(static_cast<int>(weights.integers()[weights.at(channel, f)]));
  return sum <= static_cast<double>(std::numeric_limits<int32_t>::max());
}

/// Replaces the weights and bias of one node of the draft.
class NodeRefiner {
 public:
  NodeRefiner(const Graph& source, Graph& draft, const NodeMoments& moments)
      : source_(source, source.node(moments.source)),
        draft_(draft),
        node_(draft.node(moments.quantized)),
        moments_(moments),
        weights_(source, draft, moments),
        input_scale_(static_cast<double>(draft.tensor(node_.inputs[0]).quantization->scale[0])),
        biases_(weights_.channels()) {
    if (!source_.has_input(2)) return;
    const std::span<const float> biases = source_.input(2).values<float>();
    std::copy(biases.begin(), biases.end(), biases_.begin());
  }

  void round(bool centred) {
    const std::vector<int8_t> nearest = weights_.integers();
    round_weights(weights_, moments_, centred);
    // Every nearest rounding fits; where another one does not, the channel keeps it.
    for (size_t c = 0; c < weights_.channels(); ++c) {
      if (fits_channel(c, biases_[c])) continue;
      for (size_t f = 0; f < weights_.features(); ++f)
        weights_.integers()[weights_.at(c, f)] = nearest[weights_.at(c, f)];
    }
    weights_tensor().constant = make_constant(std::span<const int8_t>(weights_.integers()));
  }

  /// With the mean inputs of the draft, or of the float graph.
  void correct_bias(bool in_draft) {
    for (size_t c = 0; c < weights_.channels(); ++c) {
      const double missing = missing_mean(weights_, moments_, c, in_draft) * bias_step(c);
      const float corrected = static_cast<float>(static_cast<double>(biases_[c]) + missing);
      if (std::isfinite(corrected) && fits_channel(c, corrected)) biases_[c] = corrected;
    }
    set_bias();
  }

 private:
  Tensor& weights_tensor() { return draft_.tensor(node_.inputs[1]); }
  bool is_int16() const { return draft_.tensor(node_.inputs[0]).dtype == DType::Int16; }
  double bias_step(size_t channel) const { return input_scale_ * weights_.scale(channel); }
  bool fits_channel(size_t channel, float bias) const {
    return is_int16() || fits(weights_, channel, static_cast<double>(bias) / bias_step(channel));
  }

  void set_bias() {
    const bool has_bias = node_.inputs.size() > 2 && node_.inputs[2] != TensorId::None;
    const Tensor reals = {
        .name = has_bias ? draft_.tensor(node_.inputs[2]).name : unique_name(weights_tensor().name + "_bias"),
        .dtype = DType::Float32,
        .shape = {static_cast<int32_t>(biases_.size())},
        .constant = make_constant(std::span<const float>(biases_)),
        .quantization = {}};
    Tensor bias = quantize_bias(reals, *weights_tensor().quantization, input_scale_,
                                is_int16() ? Precision::Int16 : Precision::Int8);
    if (has_bias) {
      bias.shape = draft_.tensor(node_.inputs[2]).shape;
      draft_.tensor(node_.inputs[2]) = std::move(bias);
    } else {
      node_.inputs.resize(3, TensorId::None);
      node_.inputs[2] = draft_.add_tensor(std::move(bias));
    }
  }

  std::string unique_name(const std::string& base) const {
    const auto taken = [&](const std::string& name) {
      return std::any_of(draft_.tensors.begin(), draft_.tensors.end(),
                         [&](const Tensor& tensor) { return tensor.name == name; });
    };
    std::string name = base;
    for (int i = 2; taken(name); ++i) name = base + "_" + std::to_string(i);
    return name;
  }

  NodeView source_;
  Graph& draft_;
  Node& node_;
  const NodeMoments& moments_;
  NodeWeights weights_;
  double input_scale_;
  std::vector<float> biases_;
};

int passes_of(const QuantizationParams& params) {
  if (params.bias_correction == BiasCorrection::Iterative) return kIterativePasses;
  return params.adaptive_rounding || params.bias_correction == BiasCorrection::Regular ? 1 : 0;
}

}  // namespace

Refinement::Refinement(std::shared_ptr<const Graph> source, const QuantizationParams& params)
    : source_(std::move(source)),
      bias_correction_(params.bias_correction),
      adaptive_rounding_(params.adaptive_rounding),
      passes_(passes_of(params)) {}

void Refinement::begin_pass(std::shared_ptr<const Graph> draft) {
  const bool first = passes_begun_++ == 0;
  rounds_weights_ = adaptive_rounding_ && first;
  const WantedMoments wanted = {.float_sums = bias_correction_ == BiasCorrection::Regular,
                                .sums = bias_correction_ == BiasCorrection::Iterative,
                                .products = rounds_weights_};
  moments_.emplace(source_, std::move(draft), wanted);
}

InputMoments& Refinement::measured() {
  if (!moments_) throw Error(ErrorCode::Internal, "No pass over the samples has begun.");
  return *moments_;
}

void Refinement::apply(Graph& draft) {
  for (const NodeMoments& moments : measured().nodes()) {
    if (moments.count == 0) continue;
    NodeRefiner refiner(*source_, draft, moments);
    if (rounds_weights_) refiner.round(bias_correction_ != BiasCorrection::None);
    if (bias_correction_ != BiasCorrection::None)
      refiner.correct_bias(bias_correction_ == BiasCorrection::Iterative);
  }
  moments_.reset();
}

}  // namespace octet::quantize
