#include "quantize/channels/bias_absorption.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>

#include "support/graph_builder.h"
#include "support/observed_channels.h"

namespace octet::quantize {
namespace {

using test::GraphBuilder;
using test::Random;

constexpr int kChannels = 4;

struct Between {
  Activation activation = Activation::Relu;
  Padding2d padding = {};
  bool is_output = false;
};

/// Two layers; the first one's channels 0 and 2 are about 5, the others about 0.
Graph two_layers(const Between& between) {
  Random random(3);
  GraphBuilder builder;
  const TensorId image = builder.input("image", {1, 4, 4, 3});
  const TensorId first =
      builder.node(OpKind::Conv2d, Conv2d{.activation = between.activation},
                   {image, builder.constant<float>({kChannels, 1, 1, 3}, random.floats(kChannels * 3, -1, 1)),
                    builder.constant<float>({kChannels}, {5, 0, 5, 0})})[0];
  if (between.is_output) builder.output(first);
  builder.output(builder.node(
      OpKind::Conv2d, Conv2d{.padding = between.padding},
      {first, builder.constant<float>({2, 2, 2, kChannels}, random.floats(2 * 2 * 2 * kChannels, -1, 1)),
       builder.constant<float>({2}, {1, -1})})[0]);
  return builder.graph();
}

std::vector<std::vector<float>> samples() {
  Random random(4);
  std::vector<std::vector<float>> samples;
  for (int i = 0; i < 6; ++i) samples.push_back(random.floats(4 * 4 * 3, -1, 1));
  return samples;
}

std::unique_ptr<ChannelStatistics> observed(const Graph& graph) { return test::observed(graph, samples()); }

TEST(BiasAbsorption, TakesOffWhatAChannelNeverFallsBelow) {
  const Graph before = two_layers({});
  Graph after = before;
  const std::unique_ptr<ChannelStatistics> statistics = observed(before);
  EXPECT_EQ(absorb_biases(after, *statistics), 2);
  check(after);

  Graph probed = after;
  probed.outputs = {after.nodes[0].outputs[0]};
  std::vector<float> least(kChannels, 100);
  for (const std::vector<float>& sample : samples()) {
    const std::vector<float> expected = test::run<float>(before, {sample}, 0);
    const std::vector<float> actual = test::run<float>(after, {sample}, 0);
    for (size_t i = 0; i < expected.size(); ++i) EXPECT_NEAR(actual[i], expected[i], 1e-4f) << i;
    const std::vector<float> between = test::run<float>(probed, {sample}, 0);
    for (size_t i = 0; i < between.size(); ++i)
      least[i % kChannels] = std::min(least[i % kChannels], between[i]);
  }
  for (const float channel : least) EXPECT_NEAR(channel, 0, 1e-5f);
}

TEST(BiasAbsorption, LeavesStatisticsOfTheChangedGraph) {
  const Graph before = two_layers({});
  Graph after = before;
  const std::unique_ptr<ChannelStatistics> shifted = observed(before);
  absorb_biases(after, *shifted);
  const TensorId between = before.nodes[0].outputs[0];
  const std::unique_ptr<ChannelStatistics> expected = observed(after);
  for (size_t c = 0; c < kChannels; ++c) {
    const ChannelTotal& a = shifted->channels(between)[c];
    const ChannelTotal& e = expected->channels(between)[c];
    EXPECT_NEAR(a.low, e.low, 1e-5) << c;
    EXPECT_NEAR(a.high, e.high, 1e-5) << c;
    EXPECT_NEAR(a.mean, e.mean, 1e-5) << c;
    EXPECT_NEAR(a.mean_square, e.mean_square, 1e-4) << c;
  }
}

TEST(BiasAbsorption, LeavesAloneWhatWouldChangeTheResult) {
  for (const Between& between : {Between{.activation = Activation::Relu6}, Between{.padding = {1, 1, 1, 1}},
                                 Between{.activation = Activation::None}, Between{.is_output = true}}) {
    Graph graph = two_layers(between);
    EXPECT_EQ(absorb_biases(graph, *observed(graph)), 0);
  }
}

}  // namespace
}  // namespace octet::quantize
