#include "quantize/precision/placement.h"

#include <gtest/gtest.h>

#include <memory>

#include "analyze/error_metrics.h"
#include "quantize/quantize.h"
#include "quantize/settings/node_settings.h"
#include "support/graph_builder.h"
#include "support/pipeline.h"

namespace octet::quantize {
namespace {

using test::GraphBuilder;
using test::Random;

/// Three convolutions, node_0 to node_2.
Graph chain() {
  Random random(3);
  GraphBuilder builder;
  TensorId value = builder.input("image", {1, 8, 8, 4});
  for (int i = 0; i < 3; ++i) {
    value = builder.node(OpKind::Conv2d, Conv2d{.padding = {1, 1, 1, 1}, .activation = Activation::Relu},
                         {value, builder.constant<float>({4, 3, 3, 4}, random.floats(144, -1, 1)),
                          builder.constant<float>({4}, random.floats(4, -1, 1))})[0];
  }
  builder.output(value);
  return builder.graph();
}

Precision precision_of(const Graph& graph, size_t node) { return graph.nodes[node].placement.precision; }

Graph placed(const QuantizationParams& params, std::string_view target = "gen2") {
  Graph graph = chain();
  place(graph, partition::target_by_key(target), params);
  return graph;
}

Error error_of(const QuantizationParams& params, std::string_view target) {
  try {
    placed(params, target);
  } catch (const Error& error) {
    return error;
  }
  return {ErrorCode::Internal, "no error"};
}

TEST(PrecisionPlan, TakesExactNamesBeforePatterns) {
  QuantizationParams params;
  params.custom_configs = {{"node_?", {.precision = NodePrecision::BFloat16}},
                           {"node_1", {.precision = NodePrecision::Float}}};
  const Graph graph = placed(params);
  EXPECT_EQ(precision_of(graph, 0), Precision::BFloat16);
  EXPECT_EQ(precision_of(graph, 1), Precision::Float32);
  EXPECT_EQ(graph.nodes[1].placement.unit, Unit::Apu);
  EXPECT_EQ(precision_of(graph, 2), Precision::BFloat16);
}

TEST(PrecisionPlan, MatchesStarsAnywhere) {
  for (const auto& [pattern, matched] :
       {std::pair{"*", true}, {"n*1", true}, {"*_1*", true}, {"**1", true}, {"node_1*?", false}}) {
    QuantizationParams params;
    params.custom_configs = {{pattern, {.precision = NodePrecision::Float}},
                             {"node_0", {.precision = NodePrecision::Int8}}};
    if (!matched) {
      EXPECT_EQ(error_of(params, "gen1").code(), ErrorCode::InvalidConfig) << pattern;
      continue;
    }
    EXPECT_EQ(precision_of(placed(params), 1), Precision::Float32) << pattern;
  }
}

TEST(PrecisionPlan, KeepsNodesInFloatByPattern) {
  QuantizationParams params;
  params.unquantized_nodes = {"node_[01]"};
  EXPECT_NE(error_of(params, "gen1").hint().find("node_0"), std::string::npos);
  params.unquantized_nodes = {"*_0", "node_2"};
  params.custom_configs = {{"node_2", {.precision = NodePrecision::Int8}}};
  const Graph graph = placed(params);
  EXPECT_EQ(precision_of(graph, 0), Precision::Float32);
  EXPECT_EQ(precision_of(graph, 1), Precision::Int8);
  EXPECT_EQ(precision_of(graph, 2), Precision::Float32);
}

TEST(PrecisionPlan, TakesThePrecisionOfSchemes) {
  QuantizationParams params;
  params.custom_configs = {{"node_0", {.activations = Scheme{.bits = 16}}},
                           {"node_1", {.weights = Scheme{.bits = 16, .bfloat16 = true}}},
                           {"node_2", {.weights = Scheme{.bits = 4}}}};
  const Graph graph = placed(params);
  EXPECT_EQ(precision_of(graph, 0), Precision::Int16);
  EXPECT_EQ(precision_of(graph, 1), Precision::BFloat16);
  EXPECT_EQ(precision_of(graph, 2), Precision::Int8);
}

/// Two SILU, x * logistic(x), behind each other; the second's factor is read by a convolution too.
Graph silus() {
  GraphBuilder builder;
  TensorId value = builder.input("x", {1, 4, 4, 4});
  TensorId gate = TensorId::None;
  for (int i = 0; i < 2; ++i) {
    gate = builder.node(OpKind::Logistic, NoAttributes{}, {value})[0];
    value = builder.node(OpKind::Mul, Elementwise{}, {value, gate})[0];
  }
  const TensorId weights = builder.constant<float>({4, 1, 1, 4}, Random(2).floats(16, -1, 1));
  builder.output(builder.node(OpKind::Conv2d, Conv2d{}, {gate, weights})[0]);
  builder.output(value);
  builder.output(builder.node(OpKind::Tanh, NoAttributes{}, {value})[0]);
  return builder.graph();
}

TEST(PrecisionPlan, WidensTablesWhoseReadersTakeIt) {
  using enum Precision;
  const auto precisions = [](const QuantizationParams& params, const char* target) {
    Graph graph = silus();
    place(graph, partition::target_by_key(target), params);
    std::vector<Precision> list;
    for (const Node& node : graph.nodes) list.push_back(node.placement.precision);
    return list;
  };
  QuantizationParams params;
  EXPECT_EQ(precisions(params, "gen1"), std::vector<Precision>(6, Int8));
  params.prefer_int8_udf = false;
  for (const char* target : {"gen1", "gen2", "tflite"}) {
    // The first SILU, and the output's TANH; the second LOGISTIC has a reader in INT8.
    EXPECT_EQ(precisions(params, target), (std::vector<Precision>{Int16, Int16, Int8, Int8, Int8, Int16}));
  }
  params.custom_configs = {{"node_1", {.precision = NodePrecision::Int8}}};
  EXPECT_EQ(precisions(params, "gen1"), (std::vector<Precision>{Int8, Int8, Int8, Int8, Int8, Int16}));
}

TEST(PrecisionPlan, NamesTheNearestNodes) {
  QuantizationParams params;
  params.custom_configs = {{"nod_1", {.precision = NodePrecision::Int8}}};
  const Error error = error_of(params, "gen1");
  EXPECT_EQ(error.code(), ErrorCode::InvalidConfig);
  EXPECT_NE(error.message().find("nod_1"), std::string::npos);
  EXPECT_NE(error.hint().find("node_1"), std::string::npos);
}

TEST(PrecisionPlan, SendsBfloat16ToGen2) {
  QuantizationParams params;
  params.activations = {.bits = 16, .bfloat16 = true};
  for (const char* target : {"gen1", "tflite"}) {
    const Error error = error_of(params, target);
    EXPECT_EQ(error.code(), ErrorCode::InvalidConfig) << target;
    EXPECT_NE(error.hint().find("gen2"), std::string::npos) << target;
  }
  EXPECT_EQ(precision_of(placed(params, "gen2"), 0), Precision::BFloat16);
}

TEST(PrecisionPlan, Bfloat16WeightsBringActivationsAndSaySo) {
  QuantizationParams params;
  params.weights = {.bits = 16, .bfloat16 = true};
  EXPECT_EQ(precision_of(placed(params), 0), Precision::BFloat16);
  EXPECT_EQ(precision_warnings(params).size(), 1u);
  params.activations = {.bits = 16, .bfloat16 = true};
  EXPECT_TRUE(precision_warnings(params).empty());
}

struct Quantized {
  std::shared_ptr<const Graph> source;
  Graph graph;
};

Quantized quantized(const QuantizationParams& params, const std::vector<std::vector<float>>& samples) {
  const auto model =
      test::quantize(*test::net_of(chain(), partition::target_by_key("gen2")), params, samples);
  return {std::make_shared<const Graph>(model->contents().float_graph), model->contents().quantized};
}

double sqnr_of(const QuantizationParams& params) {
  Random random(5);
  std::vector<std::vector<float>> samples;
  for (int i = 0; i < 8; ++i) samples.push_back(random.floats(256, -1, 1));
  const Quantized result = quantized(params, samples);
  analyze::ErrorSums sums;
  for (const std::vector<float>& sample : samples)
    sums.add(test::run<float>(*result.source, {sample}), test::run<float>(result.graph, {sample}));
  return sums.sqnr_db();
}

TEST(Quantize, Bfloat16IsCloserThanInt8) {
  QuantizationParams bfloat16;
  bfloat16.activations = {.bits = 16, .bfloat16 = true};
  bfloat16.weights = bfloat16.activations;
  QuantizationParams int8_weights = bfloat16;
  int8_weights.weights = QuantizationParams{}.weights;
  const double int8 = sqnr_of({});
  EXPECT_GT(sqnr_of(int8_weights), int8);
  EXPECT_GT(sqnr_of(bfloat16), sqnr_of(int8_weights));
  EXPECT_GT(sqnr_of(bfloat16), 45.0);  // Eight bits of mantissa, over three layers.
}

TEST(Quantize, InsertsConversionsWherePrecisionsMeet) {
  QuantizationParams params;
  params.custom_configs = {{"node_1", {.precision = NodePrecision::BFloat16Int8Weights}}};
  const Graph graph = quantized(params, {std::vector<float>(256, 0.5f)}).graph;
  std::vector<std::pair<OpKind, DType>> steps;
  for (const Node& node : graph.nodes) steps.emplace_back(node.op, graph.tensor(node.outputs[0]).dtype);
  const std::vector<std::pair<OpKind, DType>> expected = {
      {OpKind::Quantize, DType::Int8},       {OpKind::Conv2d, DType::Int8},
      {OpKind::Dequantize, DType::BFloat16}, {OpKind::Conv2d, DType::BFloat16},
      {OpKind::Quantize, DType::Int8},       {OpKind::Conv2d, DType::Int8},
      {OpKind::Dequantize, DType::Float32}};
  EXPECT_EQ(steps, expected);
  EXPECT_EQ(graph.tensor(graph.nodes[3].inputs[1]).dtype, DType::Int8);
  EXPECT_EQ(graph.tensor(graph.nodes[3].inputs[2]).dtype, DType::Float32);
}

TEST(Quantize, GivesNodesSchemesOfTheirOwn) {
  QuantizationParams params;
  params.requantization = RequantizationMode::Tflite;
  params.custom_configs = {{"node_0", {.activations = Scheme{.asymmetric = false}}},
                           {"node_1", {.weights = Scheme{.per_channel = false, .bits = 4}}}};
  const std::vector<float> sample = Random(8).floats(256, -1, 1);
  const Quantized result = quantized(params, {sample});
  const auto node = [&](const std::string& name) {
    for (const Node& each : result.graph.nodes) {
      if (each.name == name) return NodeView(result.graph, each);
    }
    throw Error(ErrorCode::Internal, "no node " + name);
  };
  EXPECT_EQ(node("node_0").output().quantization->zero_point[0], 0);
  EXPECT_NE(node("node_1").output().quantization->zero_point[0], 0);  // Behind a RELU.
  const QuantParams& weights = *node("node_1").input(1).quantization;
  EXPECT_EQ(weights.bits, 4);
  EXPECT_FALSE(weights.is_per_channel());
  EXPECT_EQ(node("node_0").input(1).quantization->bits, 0);
  EXPECT_TRUE(node("node_2").input(1).quantization->is_per_channel());
}

TEST(Quantize, ChoosesARangeByTheNodesOwnMethod) {
  const std::vector<float> sample = Random(8).floats(256, -1, 1);
  const auto largest = [&](const QuantizationParams& params) {
    const Quantized result = quantized(params, {sample});
    const Node& node = result.graph.nodes[1];
    EXPECT_EQ(node.name, "node_0");
    const QuantParams& output = *result.graph.tensor(node.outputs[0]).quantization;
    return output.scale[0] * static_cast<float>(127 - output.zero_point[0]);
  };
  QuantizationParams clipped;
  clipped.calibration = {.kind = calibrate::MethodKind::Percentile, .percentile = 90};
  QuantizationParams covered;
  covered.calibration.kind = calibrate::MethodKind::MinMax;
  EXPECT_LT(largest(clipped), largest(covered));
  QuantizationParams one = clipped;
  one.custom_configs["node_0"].calibration = covered.calibration;
  EXPECT_FLOAT_EQ(largest(one), largest(covered));
  // Only this one needs a histogram.
  one = covered;
  one.custom_configs["node_0"].calibration = clipped.calibration;
  EXPECT_FLOAT_EQ(largest(one), largest(clipped));
}

TEST(Quantize, OneSymmetricNodeMakesAGroupSymmetric) {
  GraphBuilder builder;
  const TensorId x = builder.input("x", {1, 2, 2, 4});
  const TensorId a = builder.node(OpKind::Relu, NoAttributes{}, {x})[0];
  const TensorId b = builder.node(OpKind::Relu6, NoAttributes{}, {x})[0];
  builder.output(builder.node(OpKind::Concatenation, Axis{3}, {a, b})[0]);
  Graph graph = builder.graph();
  QuantizationParams params;
  params.custom_configs = {{"node_0", {.activations = Scheme{.asymmetric = true}}},
                           {"node_1", {.activations = Scheme{.asymmetric = false}}}};
  place(graph, partition::target_by_key("tflite"), params);
  const auto source = std::make_shared<const Graph>(std::move(graph));
  calibrate::Calibrator calibrator(source, params.calibration);
  const std::vector<float> sample = Random(8).floats(16, -1, 3);
  const std::span<const std::byte> bytes = std::as_bytes(std::span<const float>(sample));
  calibrator.fold(calibrator.observe({&bytes, 1}));
  const Graph quantized = quantize(*source, calibrator, RelevantValues(*source, calibrator), params).graph;
  for (const Tensor& tensor : quantized.tensors) {
    if (tensor.dtype != DType::Int8) continue;
    EXPECT_EQ(tensor.quantization->zero_point[0] == 0, tensor.name != "x_int8") << tensor.name;
  }
}

TEST(Quantize, MeasuresConversionsByValue) {
  QuantizationParams params;
  params.custom_configs = {{"node_1", {.precision = NodePrecision::BFloat16}}};
  EXPECT_GT(sqnr_of(params), sqnr_of({}) - 1.0);
}

}  // namespace
}  // namespace octet::quantize
