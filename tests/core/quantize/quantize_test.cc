#include "quantize/quantize.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>

#include "analyze/error_metrics.h"
#include "partition/partition.h"
#include "prepare/prepare.h"
#include "support/graph_builder.h"

namespace octet::quantize {
namespace {

using test::GraphBuilder;
using test::Random;

/// conv -> logistic gate -> concatenation of the gate (fixed scale) with the conv's output -> conv -> output.
Graph gated_graph() {
  Random random(7);
  GraphBuilder builder;
  const TensorId image = builder.input("image", {1, 8, 8, 3});
  const TensorId first =
      builder.node(OpKind::Conv2d, Conv2d{.padding = {1, 1, 1, 1}},
                   {image, builder.constant<float>({6, 3, 3, 3}, random.floats(162, -1, 1)),
                    builder.constant<float>({6}, random.floats(6, -1, 1))})[0];
  const TensorId gate = builder.node(OpKind::Logistic, NoAttributes{}, {first})[0];
  const TensorId both = builder.node(OpKind::Concatenation, Axis{3}, {gate, first})[0];
  const TensorId last = builder.node(OpKind::Conv2d, Conv2d{.activation = Activation::Relu},
                                     {both, builder.constant<float>({5, 1, 1, 12}, random.floats(60, -1, 1)),
                                      builder.constant<float>({5}, random.floats(5, 0, 1))})[0];
  builder.output(last);
  builder.graph().tensor(last).name = "answer";
  return builder.graph();
}

std::vector<std::vector<float>> samples_of(size_t count) {
  Random random(11);
  std::vector<std::vector<float>> samples;
  for (size_t i = 0; i < count; ++i) samples.push_back(random.floats(192, -1, 1));
  return samples;
}

struct Quantized {
  std::shared_ptr<const Graph> source;
  Result result;
};

Quantized quantize_graph(Graph graph, const QuantizationParams& params,
                         const std::vector<std::vector<float>>& samples) {
  partition::partition(graph, partition::target_by_key("tflite"),
                       {.unquantized_nodes = params.unquantized_nodes});
  const auto shared = std::make_shared<const Graph>(std::move(graph));
  calibrate::Calibrator calibrator(shared, params.calibration);
  for (const std::vector<float>& sample : samples) {
    const std::span<const std::byte> bytes = std::as_bytes(std::span<const float>(sample));
    calibrator.fold(calibrator.observe({&bytes, 1}));
  }
  return {shared, quantize(*shared, calibrator, RelevantValues(*shared, calibrator), params)};
}

double sqnr_of(const Quantized& quantized, const std::vector<std::vector<float>>& samples) {
  analyze::ErrorSums sums;
  for (const std::vector<float>& sample : samples) {
    sums.add(test::run<float>(*quantized.source, {sample}),
             test::run<float>(quantized.result.graph, {sample}));
  }
  return sums.sqnr_db();
}

size_t count(const Graph& graph, OpKind op) {
  return static_cast<size_t>(
      std::count_if(graph.nodes.begin(), graph.nodes.end(), [&](const Node& node) { return node.op == op; }));
}

const Tensor& tensor_named(const Graph& graph, const std::string& name) {
  const auto found = std::find_if(graph.tensors.begin(), graph.tensors.end(),
                                  [&](const Tensor& tensor) { return tensor.name == name; });
  if (found == graph.tensors.end()) throw std::runtime_error("no tensor " + name);
  return *found;
}

TEST(Quantize, StaysCloseToFloatInEveryScheme) {
  const auto samples = samples_of(16);
  for (const RequantizationMode mode : {RequantizationMode::Tflite, RequantizationMode::Sima}) {
    for (const bool asymmetric : {true, false}) {
      for (const bool per_channel : {true, false}) {
        QuantizationParams params;
        params.requantization = mode;
        params.activations.asymmetric = asymmetric;
        params.weights.per_channel = per_channel;
        EXPECT_GT(sqnr_of(quantize_graph(gated_graph(), params, samples), samples), 28.0);
      }
    }
  }
}

TEST(Quantize, RequantizesAFixedScaleWhereItMeetsAGroup) {
  const Quantized quantized = quantize_graph(gated_graph(), {}, samples_of(4));
  const Graph& graph = quantized.result.graph;
  EXPECT_EQ(count(graph, OpKind::Quantize), 2u);  // The input, and the gate before the concatenation.
  EXPECT_EQ(count(graph, OpKind::Dequantize), 1u);
  const QuantParams gate = *tensor_named(graph, "node_1:0").quantization;
  EXPECT_EQ(gate, QuantParams::per_tensor(1.0f / 256, -128));
  EXPECT_EQ(*tensor_named(graph, "node_2:0").quantization, *tensor_named(graph, "node_0:0").quantization);
}

TEST(Quantize, KeepsTheModelsNames) {
  const Graph graph = quantize_graph(gated_graph(), {}, samples_of(2)).result.graph;
  EXPECT_EQ(graph.tensor(graph.inputs[0]).name, "image");
  EXPECT_EQ(graph.tensor(graph.outputs[0]).name, "answer");
  EXPECT_EQ(graph.tensor(graph.outputs[0]).dtype, DType::Float32);
  EXPECT_EQ(tensor_named(graph, "answer_int8").dtype, DType::Int8);
  EXPECT_EQ(tensor_named(graph, "image_int8").dtype, DType::Int8);
  EXPECT_EQ(tensor_named(graph, "node_0:0").dtype, DType::Int8);
}

TEST(Quantize, LeavesANodeInFloatWhenAsked) {
  QuantizationParams params;
  params.unquantized_nodes = {"node_1"};
  const auto samples = samples_of(4);
  const Quantized quantized = quantize_graph(gated_graph(), params, samples);
  EXPECT_EQ(tensor_named(quantized.result.graph, "node_1:0").dtype, DType::Float32);
  EXPECT_EQ(count(quantized.result.graph, OpKind::Dequantize), 2u);
  EXPECT_GT(sqnr_of(quantized, samples), 28.0);
}

TEST(Quantize, EverythingInFloatIsTheFloatGraph) {
  QuantizationParams params;
  params.unquantized_nodes = {"node_0", "node_1", "node_2", "node_3"};
  const auto samples = samples_of(1);
  const Quantized quantized = quantize_graph(gated_graph(), params, samples);
  EXPECT_EQ(quantized.result.graph.nodes.size(), quantized.source->nodes.size());
  EXPECT_EQ(test::run<float>(*quantized.source, {samples[0]}),
            test::run<float>(quantized.result.graph, {samples[0]}));
}

TEST(Quantize, WantsSamples) {
  try {
    quantize_graph(gated_graph(), {}, {});
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::EmptyCalibration);
  }
}

TEST(Quantize, WarnsOfATensorThatIsAlwaysZero) {
  const Result result = quantize_graph(gated_graph(), {}, {std::vector<float>(192, 0.0f)}).result;
  EXPECT_TRUE(std::any_of(result.warnings.begin(), result.warnings.end(), [](const std::string& warning) {
    return warning.find("'image' was zero in every calibration sample") != std::string::npos;
  }));
}

TEST(Quantize, HardSigmoidsPartsAreIntegersForTflite) {
  GraphBuilder builder;
  const TensorId image = builder.input("image", {1, 8, 8, 3});
  const TensorId gate =
      builder.node(OpKind::HardSigmoid, HardSigmoid{.alpha = 0.75f, .beta = 0.5f}, {image})[0];
  builder.output(builder.node(OpKind::Mul, Elementwise{}, {image, gate})[0]);
  const Graph prepared = prepare::prepare(builder.graph(), {.for_tflite = true});
  const auto samples = samples_of(4);
  const Graph quantized = quantize_graph(prepared, {}, samples).result.graph;
  int parts = 0;
  for (const Node& node : quantized.nodes) {
    const auto& sources = node.source_nodes;
    if (std::find(sources.begin(), sources.end(), "node_0") == sources.end()) continue;
    ++parts;
    EXPECT_EQ(node.placement.unit, Unit::Mla) << node.name;
    EXPECT_EQ(quantized.tensor(node.outputs[0]).dtype, DType::Int8) << node.name;
  }
  EXPECT_EQ(parts, 3);
  const std::vector<float> expected = test::run<float>(builder.graph(), {samples[0]});
  const std::vector<float> actual = test::run<float>(quantized, {samples[0]});
  for (size_t i = 0; i < expected.size(); ++i) EXPECT_NEAR(actual[i], expected[i], 0.03) << samples[0][i];
}

TEST(Quantize, PartsOfFunctionsKeepTheFunctionForTflite) {
  struct Case {
    OpKind op;
    double sqnr_db;
  };
  Random random(12);
  std::vector<std::vector<float>> samples;
  for (int i = 0; i < 4; ++i) samples.push_back(random.floats(192, -6, 6));
  for (const auto& [op, sqnr_db] :
       {Case{OpKind::Silu, 43}, Case{OpKind::Softplus, 44}, Case{OpKind::Mish, 37}}) {
    SCOPED_TRACE(to_string(op));
    GraphBuilder builder;
    const TensorId image = builder.input("image", {1, 8, 8, 3});
    builder.output(builder.node(op, NoAttributes{}, {image})[0]);
    const Graph prepared = prepare::prepare(builder.graph(), {.for_tflite = true});
    const Quantized quantized = quantize_graph(prepared, {}, samples);
    for (const Node& node : quantized.result.graph.nodes) {
      if (node.op == OpKind::Quantize || node.op == OpKind::Dequantize) continue;
      EXPECT_EQ(node.placement.unit, Unit::Mla) << node.name;
    }
    EXPECT_GE(sqnr_of(quantized, samples), sqnr_db);
  }
}

}  // namespace
}  // namespace octet::quantize
