#include "quantize/precision/int16_decomposition.h"

#include <gtest/gtest.h>

#include <cmath>

#include "quantize/precision/placement.h"
#include "support/graph_builder.h"

namespace octet::quantize {
namespace {

using test::GraphBuilder;

const partition::Target& kTflite = partition::target_by_key("tflite");

Graph two_functions() {
  GraphBuilder builder;
  TensorId value = builder.input("x", {1, 4, 4, 2});
  for (int i = 0; i < 2; ++i) value = builder.node(OpKind::HardSwish, NoAttributes{}, {value})[0];
  builder.output(value);
  return builder.graph();
}

TEST(Int16Decomposition, ComputeTheSameInFloat) {
  QuantizationParams params;
  params.custom_configs["node_*"].precision = NodePrecision::Int16;
  const Graph whole = two_functions();
  Graph decomposed = whole;
  decompose_for_int16(decomposed, kTflite, params);
  check(decomposed);
  EXPECT_EQ(decomposed.nodes.size(), 6u);
  const std::vector<float> x = test::Random(1).floats(32, -6, 6);
  const std::vector<float> expected = test::run<float>(whole, {x});
  const std::vector<float> actual = test::run<float>(decomposed, {x});
  for (size_t i = 0; i < x.size(); ++i) EXPECT_NEAR(actual[i], expected[i], 1e-5);
}

TEST(Int16Decomposition, AreInt16WhereTheNodeIsToBe) {
  QuantizationParams params;
  params.custom_configs["node_1"].precision = NodePrecision::Int16;
  Graph graph = two_functions();
  EXPECT_FALSE(wants_int16_decomposition(graph.nodes[0], kTflite, params));
  EXPECT_TRUE(wants_int16_decomposition(graph.nodes[1], kTflite, params));
  decompose_for_int16(graph, kTflite, params);
  place(graph, kTflite, params);
  ASSERT_EQ(graph.nodes.size(), 4u);
  EXPECT_EQ(graph.nodes[0].op, OpKind::HardSwish);
  EXPECT_EQ(graph.nodes[0].placement.precision, Precision::Int8);
  EXPECT_EQ(graph.nodes[3].name, "node_1");
  for (size_t n = 1; n < 4; ++n) {
    EXPECT_EQ(graph.nodes[n].placement.unit, Unit::Mla);
    EXPECT_EQ(graph.nodes[n].placement.precision, Precision::Int16);
  }
}

TEST(Int16Decomposition, AreNotNeededWhereTheTargetHasTheWhole) {
  QuantizationParams params;
  params.custom_configs["node_0"].precision = NodePrecision::Int16;
  Graph graph = two_functions();
  decompose_for_int16(graph, partition::target_by_key("gen1"), params);
  EXPECT_EQ(graph.nodes.size(), 2u);
  // Without a precision of its own it stays whole, and in float.
  params.custom_configs.clear();
  params.activations = {.asymmetric = false, .per_channel = false, .bits = 16};
  decompose_for_int16(graph, kTflite, params);
  EXPECT_EQ(graph.nodes.size(), 2u);
}

}  // namespace
}  // namespace octet::quantize
