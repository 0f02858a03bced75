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

/// x -> transpose -> split, as floats.
Graph float_graph() {
  test::GraphBuilder builder;
  const TensorId a = builder.node(OpKind::Transpose, Transpose{{1, 0}}, {builder.input("x", {2, 2})})[0];
  const auto halves = builder.node(OpKind::Split, Axis{0}, {a}, {std::nullopt, std::nullopt});
  builder.output(halves[0]).output(halves[1]);
  builder.graph().nodes[0].name = "transpose";
  builder.graph().nodes[1].name = "split";
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
  builder.graph().nodes[0].name = "transpose";
  builder.graph().nodes[2].name = "split";
  return builder.graph();
}

TEST(LayerError, ComparesNodesOfTheSameNameInReals) {
  LayerErrorAnalyzer analyzer(std::make_shared<const Graph>(float_graph()),
                              std::make_shared<const Graph>(quantized_graph()));
  const std::vector<float> x = {1, 0.3f, 0.5f, -1};  // 0.3 becomes 0.5, the rest is exact.
  const std::span<const std::byte> input = std::as_bytes(std::span<const float>(x));
  analyzer.add({&input, 1});
  analyzer.add({&input, 1});
  const std::vector<NodeError> errors = analyzer.errors();
  ASSERT_EQ(errors.size(), 2u);
  EXPECT_EQ(errors[0].node, "transpose");
  EXPECT_EQ(errors[0].op, OpKind::Transpose);
  EXPECT_EQ(errors[0].sums.accumulated.mse(), 0);
  EXPECT_EQ(errors[1].node, "split");
  EXPECT_EQ(errors[1].unit, Unit::Mla);
  EXPECT_EQ(errors[1].sums.accumulated.count(), 8u);
  EXPECT_NEAR(errors[1].sums.accumulated.max_error(), 0.2, 1e-6);
  EXPECT_NEAR(errors[1].sums.accumulated.mae(), 0.2 / 4, 1e-6);
}

/// A chain of transposes, each in its own type.
Graph chain(const std::vector<DType>& types, const std::vector<std::optional<QuantParams>>& params) {
  test::GraphBuilder builder;
  TensorId last = builder.input("x", {1, 3});
  for (size_t i = 0; i < types.size(); ++i) {
    const bool converts = types[i] != builder.tensor(last).dtype;
    const bool widens = types[i] == DType::Float32 || types[i] == DType::BFloat16;
    const OpKind op = widens ? OpKind::Dequantize : OpKind::Quantize;
    if (converts) {
      last = builder.node(op, NoAttributes{}, {last}, {params[i]}, types[i])[0];
      builder.graph().nodes.back().name = "convert_" + std::to_string(i);
    }
    last = builder.node(OpKind::Transpose, Transpose{{0, 1}}, {last}, {params[i]}, types[i])[0];
    builder.graph().nodes.back().name = "step_" + std::to_string(i);
  }
  builder.output(last);
  return builder.graph();
}

TEST(LayerError, LocalErrorsHaveOnlyTheNodesOwnInputsInThem) {
  const QuantParams coarse = QuantParams::per_tensor(1, 0);
  const QuantParams fine = QuantParams::per_tensor(1.0f / 1024, 0);
  using enum DType;
  const std::vector<DType> floats(4, Float32);
  LayerErrorAnalyzer analyzer(
      std::make_shared<const Graph>(chain(floats, {{}, {}, {}, {}})),
      std::make_shared<const Graph>(chain({Int8, Int16, BFloat16, Float32}, {coarse, fine, {}, {}})));
  const std::vector<float> x = {0.25f, 2.5f, -3};  // In whole steps: 0, 3, -3.
  const std::span<const std::byte> input = std::as_bytes(std::span<const float>(x));
  analyzer.add({&input, 1});
  const std::vector<NodeError> errors = analyzer.errors();
  ASSERT_EQ(errors.size(), 4u);
  const auto largest = [](const ErrorSums& sums) { return sums.max_error(); };
  // What rounding to whole numbers loses stays lost, and is the fault of who reads whole numbers alone.
  for (const NodeError& error : errors) EXPECT_EQ(largest(error.sums.accumulated), 0.5) << error.node;
  EXPECT_EQ(largest(errors[0].sums.local), 0.5);
  EXPECT_EQ(largest(errors[1].sums.local), 0.5);
  EXPECT_EQ(largest(errors[2].sums.local), 0);
  EXPECT_EQ(largest(errors[3].sums.local), 0);
}

TEST(LayerError, RejectsSumsAndSamplesOfAnotherModel) {
  LayerErrorAnalyzer analyzer(std::make_shared<const Graph>(float_graph()),
                              std::make_shared<const Graph>(quantized_graph()));
  EXPECT_THROW(analyzer.fold(SampleSums()), Error);
  EXPECT_THROW(analyzer.observe({}), Error);
}

}  // namespace
}  // namespace octet::analyze
