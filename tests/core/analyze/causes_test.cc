#include "analyze/causes.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <string>

#include "support/graph_builder.h"
#include "support/pipeline.h"

namespace octet::analyze {
namespace {

using test::GraphBuilder;
using test::Random;

constexpr int32_t kChannels = 12;
const Shape kImage = {1, 6, 6, kChannels};

/// What is wrong with the weights of a layer: a factor for what each output channel's are multiplied by.
using Factors = std::vector<float>;

Factors ones() { return Factors(kChannels, 1.0f); }

Factors with(Factors factors, size_t channel, float factor) {
  factors[channel] = factor;
  return factors;
}

/// Two 1x1 layers, "first" and "second", made INT8; what the analysis says of the first.
struct Net {
  explicit Net(const Factors& factors, const quantize::QuantizationParams& params = {}) {
    GraphBuilder builder;
    Random random(5);
    const TensorId hidden = convolve(builder, random, builder.input("image", kImage), factors);
    builder.output(convolve(builder, random, hidden, ones()));
    builder.graph().nodes[0].name = "first";
    builder.graph().nodes[1].name = "second";
    for (int i = 0; i < 4; ++i) samples.push_back(random.floats(kImage.elements(), -1, 1));
    const auto model = test::quantize(*test::net_of(builder.graph()), params, samples);
    graph = std::make_shared<const Graph>(model->contents().float_graph);
    quantized = std::make_shared<const Graph>(model->contents().quantized);
    analyzer = std::make_unique<LayerErrorAnalyzer>(graph, quantized);
    for (const std::vector<float>& sample : samples) {
      const std::span<const std::byte> input = std::as_bytes(std::span(sample));
      analyzer->add({&input, 1});
    }
  }

  static TensorId convolve(GraphBuilder& builder, Random& random, TensorId input, const Factors& factors) {
    std::vector<float> weights = random.floats(kChannels * kChannels, -0.5f, 0.5f);
    for (size_t i = 0; i < weights.size(); ++i) weights[i] *= factors[i / kChannels];
    return builder.node(OpKind::Conv2d, Conv2d{.activation = Activation::None},
                        {input, builder.constant<float>({kChannels, 1, 1, kChannels}, weights),
                         builder.constant<float>({kChannels}, std::vector<float>(kChannels, 0))})[0];
  }

  const NodeError& error(size_t node = 0) const { return analyzer->errors()[node]; }
  std::vector<Cause> causes(size_t node = 0) const {
    ChannelAxes channels(*quantized);
    const Parts parts = divide(error(node).axes_of(error(node).output), channels);
    return find_causes(error(node), parts, *graph, *quantized);
  }

  std::vector<std::vector<float>> samples;
  std::shared_ptr<const Graph> graph;
  std::shared_ptr<const Graph> quantized;
  std::unique_ptr<LayerErrorAnalyzer> analyzer;
};

quantize::QuantizationParams per_tensor() {
  quantize::QuantizationParams params;
  params.weights.per_channel = false;
  return params;
}

/// Half of the values of "first" lie outside its range.
quantize::QuantizationParams clipping() {
  quantize::QuantizationParams params;
  params.custom_configs["first"].calibration = {.kind = calibrate::MethodKind::Percentile, .percentile = 60};
  return params;
}

TEST(Causes, FindsNothingInASoundLayer) {
  const Net net(ones());
  EXPECT_TRUE(net.causes(0).empty());
  EXPECT_TRUE(net.causes(1).empty());
  EXPECT_LT(saturation(net.error()), 0.002);
}

TEST(Causes, NamesTheChannelsThatReachFar) {
  const Net net(with(with(ones(), 3, 64), 7, 50));
  const std::vector<Cause> causes = net.causes();
  ASSERT_EQ(causes.size(), 1u);
  EXPECT_EQ(causes[0].kind, CauseKind::OutlierChannels);
  EXPECT_EQ(causes[0].channels, (std::vector<int32_t>{3, 7}));
  EXPECT_NEAR(*causes[0].bits, 6, 1);
  EXPECT_NE(causes[0].sentence.find("Channels 3 and 7 reach "), std::string::npos) << causes[0].sentence;
  EXPECT_TRUE(net.causes(1).empty());  // Per channel scales serve its weights.
}

TEST(Causes, DoesNotCallManyChannelsOutliers) {
  Factors factors = ones();
  for (size_t c = 0; c < 4; ++c) factors[c] = 64;
  EXPECT_TRUE(Net(factors).causes().empty());
}

TEST(Causes, TellsHowMuchIsOutsideTheRangeAndWhatItMakes) {
  const Net net(ones(), clipping());
  const std::vector<Cause> causes = net.causes();
  ASSERT_EQ(causes.size(), 1u);
  EXPECT_EQ(causes[0].kind, CauseKind::ClippedRange);

  const IntegerRange range = *integer_range(net.quantized->tensor(net.error().output));
  emulate::Executor exact(net.graph);
  double outside = 0;
  double all = 0;
  for (const std::vector<float>& sample : net.samples) {
    exact.set_input(0, std::as_bytes(std::span(sample)));
    exact.run([&](TensorId id, std::span<const std::byte> contents) {
      if (id != net.graph->nodes[0].outputs[0]) return;
      for (const float value : as<float>(contents)) {
        outside += value < range.low - range.step / 2 || value > range.high + range.step / 2 ? 1 : 0;
        ++all;
      }
    });
  }
  EXPECT_NEAR(*causes[0].share, outside / all, 1e-12);
  EXPECT_GT(*causes[0].share, 0.2);
  EXPECT_GT(*causes[0].noise_share, 0.9);
  // What is clipped stands at an end.
  EXPECT_NEAR(saturation(net.error()), *causes[0].share, 0.02);
}

TEST(Causes, NamesWeightsThatOneScaleCannotServe) {
  const Factors spread = with(ones(), 5, 32);
  const Net net(spread, per_tensor());
  const std::vector<Cause> causes = net.causes();
  const auto found = std::find_if(causes.begin(), causes.end(),
                                  [](const Cause& cause) { return cause.kind == CauseKind::WeightSpread; });
  ASSERT_NE(found, causes.end());
  EXPECT_EQ(found->channels, (std::vector<int32_t>{5}));
  EXPECT_NEAR(*found->bits, 5, 0.5);
  for (const Cause& cause : Net(spread).causes()) EXPECT_NE(cause.kind, CauseKind::WeightSpread);
  EXPECT_TRUE(Net(ones(), per_tensor()).causes().empty());
}

TEST(Causes, NamesChannelsThatNeverChange) {
  const Net net(with(ones(), 11, 0));
  const std::vector<Cause> causes = net.causes();
  ASSERT_EQ(causes.size(), 1u);
  EXPECT_EQ(causes[0].kind, CauseKind::DeadChannels);
  EXPECT_EQ(causes[0].channels, std::vector<int32_t>{11});
  EXPECT_EQ(causes[0].sentence, "Channel 11 is the same in all samples.");
}

TEST(Causes, DividesANodesNoiseBetweenWeightsAndActivations) {
  quantize::QuantizationParams params;
  params.weights.bits = 4;
  const NoiseShares coarse_weights = *noise_shares(Net(ones(), params).error());
  EXPECT_GT(coarse_weights.weights, 0.9);
  EXPECT_DOUBLE_EQ(coarse_weights.weights + coarse_weights.activations, 1);
  EXPECT_GT(noise_shares(Net(ones(), clipping()).error())->activations, 0.9);
}

TEST(Causes, SumsOfChannelsAreThoseOfTheNode) {
  const Net net(with(ones(), 2, 16));
  const NodeError& error = net.error();
  ASSERT_EQ(error.channels().size(), static_cast<size_t>(kChannels));
  double local = 0;
  double accumulated = 0;
  uint64_t count = 0;
  for (const ChannelSums& channel : error.channels()) {
    local += channel.local;
    accumulated += channel.accumulated;
    count += channel.count;
  }
  const auto all = static_cast<double>(count);
  EXPECT_EQ(count, error.sums.local.count());
  EXPECT_NEAR(local / all / error.sums.local.mse(), 1, 1e-9);
  EXPECT_NEAR(accumulated / all / error.sums.accumulated.mse(), 1, 1e-9);
}

TEST(Causes, HaveTheirNames) {
  EXPECT_EQ(to_string(CauseKind::ClippedRange), "clipped_range");
  EXPECT_EQ(to_string(CauseKind::Saturation), "saturation");
}

}  // namespace
}  // namespace octet::analyze
