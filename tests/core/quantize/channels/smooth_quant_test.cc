#include "quantize/channels/smooth_quant.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>

#include "quantize/channels/channel_scaling.h"
#include "support/graph_builder.h"
#include "support/observed_channels.h"

namespace octet::quantize {
namespace {

using test::GraphBuilder;
using test::Random;

constexpr int32_t kChannels = 12;

/// Convolution, depthwise convolution, convolution; the channels between have magnitudes over two decades.
Graph uneven_net(Activation activation) {
  Random random(7);
  GraphBuilder builder;
  const TensorId image = builder.input("image", {1, 6, 6, 4});
  std::vector<float> first = random.floats(kChannels * 4, -1, 1);
  std::vector<float> bias = random.floats(kChannels, 0, 1);
  for (size_t i = 0; i < first.size(); ++i) first[i] *= std::pow(10.0f, -static_cast<float>(i / 4 % 3));
  for (size_t c = 0; c < bias.size(); ++c) bias[c] *= std::pow(10.0f, -static_cast<float>(c % 3));
  const TensorId wide = builder.node(OpKind::Conv2d, Conv2d{.activation = activation},
                                     {image, builder.constant<float>({kChannels, 1, 1, 4}, first),
                                      builder.constant<float>({kChannels}, bias)})[0];
  const TensorId deep = builder.node(
      OpKind::DepthwiseConv2d, Conv2d{.padding = {1, 1, 1, 1}, .activation = activation},
      {wide, builder.constant<float>({1, 3, 3, kChannels}, random.floats(9 * kChannels, -1, 1))})[0];
  builder.output(builder.node(
      OpKind::Conv2d, Conv2d{},
      {deep, builder.constant<float>({3, 1, 1, kChannels}, random.floats(3 * kChannels, -1, 1))})[0]);
  return builder.graph();
}

std::vector<std::vector<float>> samples() {
  Random random(8);
  std::vector<std::vector<float>> samples;
  for (int i = 0; i < 5; ++i) samples.push_back(random.floats(6 * 6 * 4, -2, 2));
  return samples;
}

std::unique_ptr<ChannelStatistics> observed(const Graph& graph) { return test::observed(graph, samples()); }

/// The largest magnitude of each channel of a node's output over the samples.
std::vector<double> extents(const Graph& graph, size_t node) {
  Graph probed = graph;
  probed.outputs = {graph.nodes[node].outputs[0]};
  std::vector<double> largest(static_cast<size_t>(kChannels));
  for (const std::vector<float>& sample : samples()) {
    const std::vector<float> values = test::run<float>(probed, {sample}, 0);
    for (size_t i = 0; i < values.size(); ++i) {
      double& channel = largest[i % largest.size()];
      channel = std::max(channel, std::fabs(static_cast<double>(values[i])));
    }
  }
  return largest;
}

double unevenness(const std::vector<double>& extents) {
  return *std::max_element(extents.begin(), extents.end()) /
         *std::min_element(extents.begin(), extents.end());
}

void expect_same_output(const Graph& before, const Graph& after) {
  for (const std::vector<float>& sample : samples()) {
    const std::vector<float> expected = test::run<float>(before, {sample}, 0);
    const std::vector<float> actual = test::run<float>(after, {sample}, 0);
    for (size_t i = 0; i < expected.size(); ++i) EXPECT_NEAR(actual[i], expected[i], 1e-4f) << i;
  }
}

class SmoothQuantOf : public testing::TestWithParam<Activation> {};

TEST_P(SmoothQuantOf, MakesChannelsAlikeAndKeepsTheOutputOnTheSamples) {
  const Graph before = uneven_net(GetParam());
  for (const SmoothQuant& settings :
       {SmoothQuant{true, 0.5, false}, SmoothQuant{true, 1, false}, SmoothQuant{true, 0.5, true}}) {
    QuantizationParams params;
    params.smooth_quant = settings;
    Graph after = before;
    EXPECT_GT(smooth_channels(after, *observed(before), params), 0);
    expect_same_output(before, after);
    EXPECT_LT(unevenness(extents(after, 0)), unevenness(extents(before, 0)) / 4);
  }
}

INSTANTIATE_TEST_SUITE_P(Activations, SmoothQuantOf,
                         testing::Values(Activation::None, Activation::Relu, Activation::Relu6));

Graph smoothed_wholly(const Graph& before) {
  QuantizationParams params;
  params.smooth_quant = {.enabled = true, .alpha = 1};
  Graph after = before;
  smooth_channels(after, *observed(before), params);
  return after;
}

TEST(SmoothQuant, AlphaOfOneGivesEveryChannelTheSameRange) {
  const Graph before = uneven_net(Activation::None);
  const Graph after = smoothed_wholly(before);
  EXPECT_NEAR(unevenness(extents(after, 0)), 1, 1e-3);
}

TEST(SmoothQuant, ScalesNoChannelBeyondSixBehindRelu6) {
  const Graph before = uneven_net(Activation::Relu6);
  const Graph after = smoothed_wholly(before);
  const std::vector<double> was = extents(before, 0);
  const std::vector<double> is = extents(after, 0);
  for (size_t c = 0; c < is.size(); ++c) {
    EXPECT_GE(is[c], was[c] * 0.9999);
    EXPECT_LE(is[c], 6);
  }
}

/// The factors that the two channels behind a RELU6 get, whose values in the samples are given.
std::vector<float> factors_behind_relu6(const std::vector<std::vector<float>>& samples) {
  GraphBuilder builder;
  const auto layer = [&](TensorId input, Activation activation, const std::vector<float>& weights) {
    const Shape shape = {static_cast<int32_t>(weights.size() / 2), 1, 1, 2};
    return builder.node(OpKind::Conv2d, Conv2d{.activation = activation},
                        {input, builder.constant<float>(shape, weights)})[0];
  };
  const TensorId limited = layer(builder.input("image", {1, 1, 1, 2}), Activation::Relu6, {1, 0, 0, 1});
  builder.output(layer(limited, Activation::None, {1, 1}));
  Graph graph = builder.graph();
  QuantizationParams params;
  params.smooth_quant = {.enabled = true, .alpha = 1};
  smooth_channels(graph, *test::observed(graph, samples), params);
  const auto weights = NodeView(graph, graph.nodes[0]).input(1).values<float>();
  return {weights[0], weights[3]};
}

TEST(SmoothQuant, KeepsADistanceToSixThatFollowsFromHowMuchSamplesDiffer) {
  // The first channel fills the range; the second is 0.1 at most, in every sample, half as often, or in one
  // alone.
  EXPECT_NEAR(factors_behind_relu6({{5, 0.1f}, {5, 0.1f}, {5, 0.1f}})[1], 6 / (1.5f * 0.1f), 1e-3);
  EXPECT_NEAR(factors_behind_relu6({{5, 0.1f}, {5, 0.1f}, {5, 0.05f}})[1], 6 / (1.5f * 0.2f), 1e-3);
  EXPECT_EQ(factors_behind_relu6({{5, 0.1f}, {5, 0}, {5, 0}})[1], 1);
  EXPECT_EQ(factors_behind_relu6({{5, 0.1f}, {5, 0.1f}})[1], 1) << "two samples tell too little";
}

/// The largest weight of a layer that cancels its inputs almost wholly in its second channel, once smoothed.
float largest_smoothed_weight(RequantizationMode requantization) {
  GraphBuilder builder;
  const auto layer = [&](TensorId input, const std::vector<float>& weights) {
    const Shape shape = {static_cast<int32_t>(weights.size() / 2), 1, 1, 2};
    return builder.node(OpKind::Conv2d, Conv2d{}, {input, builder.constant<float>(shape, weights)})[0];
  };
  const TensorId first = layer(builder.input("image", {1, 1, 1, 2}), {1, 0, 0, 1});
  const TensorId second = layer(first, {1, 0, 1, -0.9999f});
  builder.output(layer(second, {1, 1}));
  Graph graph = builder.graph();
  const auto statistics = test::observed(graph, {{-1, -1}, {0.5, 0.5}, {1, 1}});
  QuantizationParams params;
  params.requantization = requantization;
  params.smooth_quant = {.enabled = true, .alpha = 1};
  smooth_channels(graph, *statistics, params);
  float largest = 0;
  for (const float weight : NodeView(graph, graph.nodes[1]).input(1).values<float>())
    largest = std::max(largest, std::fabs(weight));
  return largest;
}

TEST(SmoothQuant, KeepsWeightsWithinWhatShiftsCanRescale) {
  EXPECT_GT(largest_smoothed_weight(RequantizationMode::Tflite), 500);
  // 127 steps of half of the output's scale in parts of the input's, whose ranges are the same here.
  EXPECT_LE(largest_smoothed_weight(RequantizationMode::Sima), 127.0f / 2);
}

TEST(ChannelStatistics, AreTheSameFromTheStateOfAnotherWorker) {
  const Graph graph = uneven_net(Activation::Relu);
  const std::unique_ptr<ChannelStatistics> seen = observed(graph);
  ChannelStatistics other(std::make_shared<const Graph>(graph));
  const auto state_of = [](const ChannelStatistics& statistics) {
    Bytes state;
    statistics.append_to(state);
    return state;
  };
  other.restore(state_of(*seen));
  EXPECT_EQ(state_of(other), state_of(*seen));
  const Bytes damaged(7);
  EXPECT_THROW(other.restore(damaged), Error);
}

TEST(ChannelStatistics, TakeWhatIsNotFiniteAsNothing) {
  const Graph graph = uneven_net(Activation::Relu);
  const std::vector<float> sample(6 * 6 * 4, std::numeric_limits<float>::quiet_NaN());
  const auto statistics = test::observed(graph, {sample});
  for (const ChannelTotal& total : statistics->channels(graph.nodes[0].outputs[0])) {
    EXPECT_EQ(total.largest(), 0);
    EXPECT_EQ(total.mean_square, 0);
  }
}

}  // namespace
}  // namespace octet::quantize
