#include "quantize/channels/equalization.h"

#include <gtest/gtest.h>

#include <cmath>

#include "formats/tflite/reader.h"
#include "prepare/prepare.h"
#include "support/graph_builder.h"
#include "support/models.h"

namespace octet::quantize {
namespace {

using test::GraphBuilder;
using test::Random;

/// Weights whose channels along `axis` have magnitudes from 1/16 to 16.
TensorId spread_weights(GraphBuilder& builder, Random& random, Shape shape, int axis) {
  std::vector<float> values = random.floats(shape.elements(), -1, 1);
  const auto inner = static_cast<size_t>(shape.elements(axis + 1, shape.rank()));
  const auto channels = static_cast<size_t>(shape[axis]);
  for (size_t i = 0; i < values.size(); ++i)
    values[i] *= std::exp2(static_cast<float>(i / inner % channels % 9) - 4.0f);
  return builder.constant<float>(shape, values);
}

/// Largest relative difference of the outputs before and after, of their largest value.
double change_of(const Graph& before, const Graph& after, const std::vector<std::vector<float>>& inputs) {
  double change = 0;
  for (size_t o = 0; o < before.outputs.size(); ++o) {
    const std::vector<float> expected = test::run<float>(before, inputs, o);
    const std::vector<float> actual = test::run<float>(after, inputs, o);
    double largest = 0;
    double difference = 0;
    for (size_t i = 0; i < expected.size(); ++i) {
      largest = std::max(largest, std::fabs(static_cast<double>(expected[i])));
      difference = std::max(difference, std::fabs(static_cast<double>(expected[i] - actual[i])));
    }
    if (difference > 0) change = std::max(change, difference / largest);
  }
  return change;
}

double largest_of(const Tensor& weights, int axis, int channel) {
  const std::span<const float> values = weights.values<float>();
  const auto inner = static_cast<size_t>(weights.shape.elements(axis + 1, weights.shape.rank()));
  double largest = 0;
  for (size_t i = 0; i < values.size(); ++i) {
    if (static_cast<int>(i / inner % static_cast<size_t>(weights.shape[axis])) == channel)
      largest = std::max(largest, std::fabs(static_cast<double>(values[i])));
  }
  return largest;
}

TEST(Equalization, MakesBothSidesAlikeAndKeepsTheOutput) {
  Random random(1);
  GraphBuilder builder;
  const TensorId image = builder.input("image", {1, 6, 6, 3});
  const TensorId first = builder.node(OpKind::Conv2d, Conv2d{.activation = Activation::Relu},
                                      {image, spread_weights(builder, random, {8, 3, 3, 3}, 0),
                                       builder.constant<float>({8}, random.floats(8, -1, 1))})[0];
  const TensorId padded =
      builder.node(OpKind::Pad, Pad{.paddings = {{0, 0}, {1, 1}, {1, 1}, {0, 0}}}, {first})[0];
  const TensorId pooled = builder.node(OpKind::MaxPool2d, Pool2d{.window = {2, 2}}, {padded})[0];
  const TensorId second = builder.node(OpKind::DepthwiseConv2d, Conv2d{.padding = {1, 1, 1, 1}},
                                       {pooled, spread_weights(builder, random, {1, 3, 3, 16}, 3)})[0];
  const TensorId leaky = builder.node(OpKind::LeakyRelu, LeakyRelu{0.2f}, {second})[0];
  const TensorId last = builder.node(OpKind::Conv2d, Conv2d{.activation = Activation::Relu6},
                                     {leaky, spread_weights(builder, random, {5, 1, 1, 16}, 0)})[0];
  const TensorId mean = builder.node(OpKind::Mean, Reduce{.axes = {1, 2}}, {last})[0];
  builder.output(builder.node(OpKind::FullyConnected, FullyConnected{},
                              {mean, spread_weights(builder, random, {4, 5}, 1)})[0]);
  Graph after = builder.graph();
  EXPECT_EQ(equalize_channels(after), 8 + 16);
  check(after);
  EXPECT_LT(change_of(builder.graph(), after, {random.floats(108, -1, 1)}), 1e-5);
  const auto weights = [&](size_t node) -> const Tensor& {
    return after.tensor(after.nodes[node].inputs[1]);
  };
  for (int c = 0; c < 8; ++c) {
    const double read = std::max(largest_of(weights(3), 3, 2 * c), largest_of(weights(3), 3, 2 * c + 1));
    EXPECT_NEAR(largest_of(weights(0), 0, c) / read, 1, 1e-3) << c;
  }
  for (int c = 0; c < 16; ++c)
    EXPECT_NEAR(largest_of(weights(3), 3, c) / largest_of(weights(5), 3, c), 1, 1e-3) << c;
}

TEST(Equalization, ScalesLayersJoinedByAddTogether) {
  Random random(2);
  GraphBuilder builder;
  const TensorId image = builder.input("image", {1, 4, 4, 4});
  const auto conv = [&](TensorId input, Shape shape) {
    return builder.node(OpKind::Conv2d, Conv2d{}, {input, spread_weights(builder, random, shape, 0)})[0];
  };
  const TensorId trunk = conv(image, {9, 1, 1, 4});
  const TensorId branch = conv(trunk, {9, 1, 1, 9});
  const TensorId sum =
      builder.node(OpKind::Add, Elementwise{.activation = Activation::Relu}, {trunk, branch})[0];
  builder.output(conv(sum, {3, 1, 1, 9}));
  Graph after = builder.graph();
  EXPECT_EQ(equalize_channels(after), 9);
  EXPECT_LT(change_of(builder.graph(), after, {random.floats(64, -1, 1)}), 1e-5);
}

TEST(Equalization, LeavesAloneWhatItCannotScaleExactly) {
  Random random(3);
  const auto scaled = [&](auto between) {
    GraphBuilder builder;
    const TensorId image = builder.input("image", {1, 4, 4, 4});
    const auto conv = [&](TensorId input) {
      return builder.node(OpKind::Conv2d, Conv2d{},
                          {input, spread_weights(builder, random, {4, 1, 1, 4}, 0)})[0];
    };
    const TensorId first = conv(image);
    builder.output(conv(between(builder, first)));
    Graph after = builder.graph();
    return equalize_channels(after);
  };
  EXPECT_EQ(scaled([](GraphBuilder&, TensorId id) { return id; }), 4);
  for (const OpKind op : {OpKind::Relu6, OpKind::HardSwish, OpKind::Logistic}) {
    EXPECT_EQ(scaled([&](GraphBuilder& b, TensorId id) { return b.node(op, NoAttributes{}, {id})[0]; }), 0);
  }
  const auto is_an_output = [](GraphBuilder& b, TensorId id) {
    b.output(id);
    return id;
  };
  EXPECT_EQ(scaled(is_an_output), 0);
  EXPECT_EQ(scaled([](GraphBuilder& b, TensorId id) {
              return b.node(OpKind::Add, Elementwise{}, {id, b.constant<float>({4}, {1, 2, 3, 4})})[0];
            }),
            0);
  EXPECT_EQ(
      scaled([](GraphBuilder& b, TensorId id) {
        return b.node(OpKind::Pad, Pad{.paddings = {{0, 0}, {1, 1}, {0, 0}, {0, 0}}, .value = 1}, {id})[0];
      }),
      0);
}

TEST(Equalization, LeavesAZeroChannelAndStaysFinite) {
  GraphBuilder builder;
  const TensorId image = builder.input("image", {1, 1, 1, 1});
  const TensorId hidden = builder.node(OpKind::Conv2d, Conv2d{},
                                       {image, builder.constant<float>({3, 1, 1, 1}, {0, 1e-30f, 4})})[0];
  builder.output(builder.node(OpKind::Conv2d, Conv2d{},
                              {hidden, builder.constant<float>({1, 1, 1, 3}, {5, 1e30f, 1})})[0]);
  Graph after = builder.graph();
  EXPECT_EQ(equalize_channels(after), 2);
  const std::span<const float> weights = after.tensor(after.nodes[0].inputs[1]).values<float>();
  EXPECT_EQ(weights[0], 0);
  EXPECT_FLOAT_EQ(weights[2], 2);
  EXPECT_LT(change_of(builder.graph(), after, {{0.5f}}), 1e-5);
}

TEST(Equalization, KeepsTheOutputsOfRealModels) {
  for (const std::filesystem::path& path : test::real_models()) {
    Graph before;
    try {
      before = prepare::prepare(formats::tflite::read(test::read_file(path)));
    } catch (const Error& error) {
      ASSERT_EQ(error.code(), ErrorCode::UnsupportedOperator) << path << ": " << error.what();
      continue;
    }
    Graph after = before;
    EXPECT_GT(equalize_channels(after), 0) << path;
    check(after);
    Random random(4);
    const int64_t elements = before.tensor(before.inputs[0]).shape.elements();
    EXPECT_LT(change_of(before, after, {random.floats(elements, 0, 1)}), 1e-4) << path;
  }
}

}  // namespace
}  // namespace octet::quantize
