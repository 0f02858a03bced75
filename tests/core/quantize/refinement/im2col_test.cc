// Patches times weights is the convolution: the float kernels say whether every feature is where it belongs.
#include "quantize/refinement/im2col.h"

#include <gtest/gtest.h>

#include "support/graph_builder.h"

namespace octet::quantize {
namespace {

using test::GraphBuilder;
using test::Random;

struct Case {
  const char* what;
  OpKind op;
  Attributes attributes;
  Shape input;
  Shape filter;
};

const Case kCases[] = {
    {"conv", OpKind::Conv2d, Conv2d{.padding = {1, 1, 1, 1}}, {1, 5, 6, 3}, {4, 3, 3, 3}},
    {"conv, strided, dilated, uneven",
     OpKind::Conv2d,
     Conv2d{.stride = {2, 1}, .dilation = {1, 2}, .padding = {0, 1, 2, 1}},
     {2, 7, 6, 2},
     {3, 3, 2, 2}},
    {"grouped conv", OpKind::Conv2d, Conv2d{}, {1, 3, 4, 6}, {4, 2, 1, 3}},
    {"depthwise", OpKind::DepthwiseConv2d, Conv2d{.padding = {1, 1, 1, 1}}, {1, 4, 5, 3}, {1, 3, 3, 3}},
    {"depthwise with a multiplier", OpKind::DepthwiseConv2d, Conv2d{}, {1, 4, 4, 2}, {1, 2, 3, 4}},
    {"fully connected", OpKind::FullyConnected, FullyConnected{}, {6, 5}, {3, 5}},
    {"transposed",
     OpKind::TransposeConv,
     TransposeConv{.stride = {2, 3}, .padding = {0, 1, 1, 0}, .output = {6, 8}},
     {1, 3, 3, 2},
     {3, 3, 4, 2}},
};

TEST(Patches, TimesWeightsAreTheConvolution) {
  for (const Case& c : kCases) {
    SCOPED_TRACE(c.what);
    Random random(9);
    GraphBuilder builder;
    const TensorId input = builder.input("x", c.input);
    const std::vector<float> weights = random.floats(c.filter.elements(), -1, 1);
    builder.output(builder.node(c.op, c.attributes, {input, builder.constant<float>(c.filter, weights)})[0]);
    const std::vector<float> x = random.floats(c.input.elements(), -1, 1);
    const std::vector<float> expected = test::run<float>(builder.graph(), {x});

    const Graph& graph = builder.graph();
    const Patches patches(NodeView(graph, graph.nodes[0]), 1 << 20);
    std::vector<float> rows(patches.features() * patches.count());
    patches.gather(
        x.data(), [](float value) { return value; }, patches.count(), rows.data());
    ASSERT_EQ(patches.count() * patches.output_channels(), expected.size());
    for (size_t p = 0; p < patches.count(); ++p) {
      for (size_t channel = 0; channel < patches.output_channels(); ++channel) {
        float sum = 0;
        for (size_t f = 0; f < patches.features_per_group(); ++f) {
          const size_t feature = patches.group_of(channel) * patches.features_per_group() + f;
          sum += rows[feature * patches.count() + p] * weights[patches.weight_index(channel, f)];
        }
        EXPECT_NEAR(sum, expected[p * patches.output_channels() + channel], 1e-5f);
      }
    }
  }
}

TEST(Patches, AreSpreadOverTheImageWhereThereAreTooMany) {
  GraphBuilder builder;
  const TensorId input = builder.input("x", {1, 40, 30, 1});
  builder.node(OpKind::Conv2d, Conv2d{}, {input, builder.constant<float>({1, 1, 1, 1}, {1})});
  const Graph& graph = builder.graph();
  const Patches patches(NodeView(graph, graph.nodes[0]), 100);
  ASSERT_EQ(patches.count(), 100u);
  std::vector<int32_t> places(1200);
  for (int32_t i = 0; i < 1200; ++i) places[static_cast<size_t>(i)] = i;
  std::vector<int32_t> chosen(100);
  patches.gather(
      places.data(), [](int32_t value) { return value; }, 100, chosen.data());
  // Every quarter of the image has about its share.
  int counts[2][2] = {};
  for (const int32_t place : chosen) ++counts[place / 30 / 20][place % 30 / 15];
  for (const auto& row : counts) {
    for (const int count : row) EXPECT_NEAR(count, 25, 5);
  }
}

}  // namespace
}  // namespace octet::quantize
