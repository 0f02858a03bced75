#include "calibrate/edge_channels.h"

#include <gtest/gtest.h>

#include <limits>

#include "ir/error.h"
#include "support/graph_builder.h"

namespace octet::calibrate {
namespace {

using test::GraphBuilder;

/// x -> 1x1 convolution to three channels -> a MUL by a constant -> output.
struct Net {
  explicit Net(Activation activation = Activation::None) {
    const TensorId x = builder.input("x", {1, 2, 2, 1});
    const TensorId weights = builder.constant<float>({3, 1, 1, 1}, {1, 2, 3});
    convolved = builder.node(OpKind::Conv2d, Conv2d{.activation = activation}, {x, weights})[0];
    scaled = builder.node(OpKind::Mul, Elementwise{}, {convolved, builder.constant<float>({1}, {2})})[0];
    builder.output(scaled);
  }

  GraphBuilder builder;
  TensorId convolved;
  TensorId scaled;
};

const std::vector<float> kValues = {0, 10, -100, 1, 20, -200, 2, 30, -300, 3, 40, -400};

TEST(EdgeChannels, SeeTheExtremesAlongEachAxis) {
  Net net;
  EdgeChannels channels(net.builder.graph());
  channels.observe(net.scaled, kValues);
  const AxisExtremes& axes = *channels.of(net.scaled);
  ASSERT_EQ(axes.size(), 4u);
  EXPECT_TRUE(axes[0].empty());  // One element tells nothing.
  ASSERT_EQ(axes[1].size(), 2u);
  EXPECT_EQ(axes[1][0].low, -200);
  EXPECT_EQ(axes[1][1].high, 40);
  ASSERT_EQ(axes[3].size(), 3u);
  EXPECT_EQ(axes[3][0].high, 3);
  EXPECT_EQ(axes[3][1].low, 10);
  EXPECT_EQ(axes[3][2].low, -400);
}

TEST(EdgeChannels, LeaveOutWhatIsNotFinite) {
  Net net;
  EdgeChannels channels(net.builder.graph());
  std::vector<float> values = kValues;
  values[0] = std::numeric_limits<float>::infinity();
  values[3] = std::numeric_limits<float>::quiet_NaN();
  channels.observe(net.scaled, values);
  EXPECT_EQ((*channels.of(net.scaled))[3][0].low, 2);
  EXPECT_EQ((*channels.of(net.scaled))[3][0].high, 3);
}

TEST(EdgeChannels, AreThoseOfTheLastLayersAlone) {
  Net linear;
  const EdgeChannels channels(linear.builder.graph());
  EXPECT_NE(channels.of(linear.convolved), nullptr);
  EXPECT_EQ(channels.of(linear.builder.graph().inputs[0]), nullptr);
  Net clamped(Activation::Relu);
  EXPECT_EQ(EdgeChannels(clamped.builder.graph()).of(clamped.convolved), nullptr);
  // A layer behind makes all before it inner ones.
  const TensorId weights = linear.builder.constant<float>({1, 1, 1, 3}, {1, 1, 1});
  const TensorId last = linear.builder.node(OpKind::Conv2d, Conv2d{}, {linear.scaled, weights})[0];
  const EdgeChannels behind(linear.builder.graph());
  EXPECT_EQ(behind.of(linear.scaled), nullptr);
  EXPECT_NE(behind.of(last), nullptr);
}

TEST(EdgeChannels, MergeWhatWorkersSaw) {
  Net net;
  EdgeChannels all(net.builder.graph());
  EdgeChannels other(net.builder.graph());
  std::vector<float> negated = kValues;
  for (float& value : negated) value = -value;
  all.observe(net.scaled, kValues);
  other.observe(net.scaled, negated);
  Bytes state;
  other.append_to(state);
  std::span<const std::byte> rest = state;
  all.merge_from(rest);
  EXPECT_TRUE(rest.empty());
  EXPECT_EQ((*all.of(net.scaled))[3][2].low, -400);
  EXPECT_EQ((*all.of(net.scaled))[3][2].high, 400);
  std::span<const std::byte> half = std::span(state).first(state.size() / 2);
  EXPECT_THROW(all.merge_from(half), Error);
}

}  // namespace
}  // namespace octet::calibrate
