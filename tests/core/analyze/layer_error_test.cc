#include "analyze/layer_error.h"

#include <gtest/gtest.h>

#include <cmath>

#include "analyze/error_metrics.h"
#include "support/graph_builder.h"

namespace octet::analyze {
namespace {

TEST(ErrorSums, MetricsOfAKnownDifference) {
  ErrorSums sums;
  sums.add(std::vector<float>{3, 0}, std::vector<float>{3, 0});
  sums.add(std::vector<float>{0, -4}, std::vector<float>{1, -2});
  EXPECT_EQ(sums.count(), 4u);
  EXPECT_DOUBLE_EQ(sums.mse(), 5.0 / 4);
  EXPECT_DOUBLE_EQ(sums.mae(), 3.0 / 4);
  EXPECT_DOUBLE_EQ(sums.max_error(), 2);
  EXPECT_NEAR(sums.sqnr_db(), 10 * std::log10(25.0 / 5), 1e-12);
  EXPECT_NEAR(sums.cosine(), 17 / std::sqrt(25.0 * 14), 1e-12);
}

TEST(ErrorSums, Extremes) {
  ErrorSums nothing;
  EXPECT_EQ(nothing.mse(), 0);
  EXPECT_EQ(nothing.cosine(), 1);
  EXPECT_TRUE(std::isinf(nothing.sqnr_db()));
  ErrorSums equal;
  equal.add(std::vector<float>{1, 2}, std::vector<float>{1, 2});
  EXPECT_TRUE(std::isinf(equal.sqnr_db()));
  EXPECT_DOUBLE_EQ(equal.cosine(), 1);
  ErrorSums from_zero;
  from_zero.add(std::vector<float>{0}, std::vector<float>{1});
  EXPECT_EQ(from_zero.sqnr_db(), 0);
  EXPECT_EQ(from_zero.cosine(), 0);
}

TEST(ErrorSums, MergingIsAdding) {
  const std::vector<float> a = {1, 2, 3}, b = {1.5f, 2, 2};
  ErrorSums whole, first, second;
  whole.add(a, b);
  whole.add(b, a);
  first.add(a, b);
  second.add(b, a);
  first.merge(second);
  EXPECT_EQ(first.count(), whole.count());
  EXPECT_EQ(first.sqnr_db(), whole.sqnr_db());
  EXPECT_EQ(first.max_error(), whole.max_error());
}

/// x -> transpose "a" -> split "b", as floats.
Graph float_graph() {
  test::GraphBuilder builder;
  const TensorId a = builder.node(OpKind::Transpose, Transpose{{1, 0}}, {builder.input("x", {2, 2})})[0];
  const auto halves = builder.node(OpKind::Split, Axis{0}, {a}, {std::nullopt, std::nullopt});
  builder.output(halves[0]).output(halves[1]);
  builder.graph().nodes[1].placement.unit = Unit::Mla;
  return builder.graph();
}

/// The same with the split's outputs in INT8 of scale 0.5: QUANTIZE in front, DEQUANTIZE behind the first
/// half.
Graph quantized_graph() {
  const QuantParams half = QuantParams::per_tensor(0.5f, 3);
  test::GraphBuilder builder;
  const TensorId a = builder.node(OpKind::Transpose, Transpose{{1, 0}}, {builder.input("x", {2, 2})})[0];
  const TensorId a_int8 = builder.node(OpKind::Quantize, NoAttributes{}, {a}, {half}, DType::Int8)[0];
  const auto halves = builder.node(OpKind::Split, Axis{0}, {a_int8}, {half, half}, DType::Int8);
  const TensorId first = builder.node(OpKind::Dequantize, NoAttributes{}, {halves[0]})[0];
  builder.output(first).output(halves[1]);
  Graph& graph = builder.graph();
  graph.tensor(a_int8).name = "a_int8";
  graph.tensor(halves[0]).name = "first_int8";
  graph.tensor(first).name = "node_1:0";
  graph.tensor(halves[1]).name = "node_1:1";
  return graph;
}

TEST(LayerError, ComparesTensorsOfTheSameNameInReals) {
  LayerErrorAnalyzer analyzer(std::make_shared<const Graph>(float_graph()),
                              std::make_shared<const Graph>(quantized_graph()));
  const std::vector<float> x = {1, 0.3f, 0.5f, -1};  // 0.3 becomes 0.5, the rest is exact.
  const std::span<const std::byte> input = std::as_bytes(std::span<const float>(x));
  analyzer.add({&input, 1});
  analyzer.add({&input, 1});
  const std::vector<NodeError> errors = analyzer.errors();
  ASSERT_EQ(errors.size(), 2u);
  EXPECT_EQ(errors[0].node, "node_0");
  EXPECT_EQ(errors[0].op, OpKind::Transpose);
  EXPECT_EQ(errors[0].sums.mse(), 0);
  EXPECT_EQ(errors[1].node, "node_1");
  EXPECT_EQ(errors[1].unit, Unit::Mla);
  EXPECT_EQ(errors[1].sums.count(), 8u);
  EXPECT_NEAR(errors[1].sums.max_error(), 0.2, 1e-6);
  EXPECT_NEAR(errors[1].sums.mae(), 0.2 / 4, 1e-6);
}

TEST(LayerError, RejectsSumsAndSamplesOfAnotherModel) {
  LayerErrorAnalyzer analyzer(std::make_shared<const Graph>(float_graph()),
                              std::make_shared<const Graph>(quantized_graph()));
  EXPECT_THROW(analyzer.fold(std::vector<ErrorSums>(3)), Error);
  EXPECT_THROW(analyzer.observe({}), Error);
}

}  // namespace
}  // namespace octet::analyze
