// Already quantized graphs: what they stand for in float, and what becomes of them on a target.
#include "quantize/prequantized/given_scales.h"

#include <gtest/gtest.h>

#include <cmath>

#include "analyze/layer_error.h"
#include "partition/target.h"
#include "prepare/prepare.h"
#include "support/graph_builder.h"

namespace octet::quantize {
namespace {

using test::GraphBuilder;

const QuantParams kInput = QuantParams::per_tensor(0.02f, -3);
const QuantParams kHidden = QuantParams::per_tensor(0.2f, 5);
const QuantParams kOther = QuantParams::per_tensor(0.05f, -20);
const Shape kImage = {1, 5, 4, 3};

/// INT8 input, a convolution with weights per channel, RELU6 of another scale (which must not be fused), a
/// MEAN without its dimensions (off the accelerator), and an INT8 output.
Graph quantized_graph() {
  GraphBuilder builder;
  test::Random random(7);
  const TensorId x = builder.input("x", kImage, DType::Int8, kInput);
  const QuantParams weights{{0.0025f, 0.005f, 0.00125f, 0.01f}, {0, 0, 0, 0}, 0};
  const TensorId w = builder.constant<int8_t>({4, 3, 3, 3}, random.integers<int8_t>(108, -127, 127), weights);
  const TensorId b = builder.constant<int32_t>({4}, {100, -4000, 7, 900});
  const TensorId conv =
      builder.node(OpKind::Conv2d, Conv2d{.stride = {}, .dilation = {}, .padding = {1, 1, 1, 1}}, {x, w, b},
                   {kHidden}, DType::Int8)[0];
  const TensorId clipped = builder.node(OpKind::Relu6, NoAttributes{}, {conv}, {kOther}, DType::Int8)[0];
  const TensorId mean =
      builder.node(OpKind::Mean, Reduce{{1, 2}, false}, {clipped}, {kOther}, DType::Int8)[0];
  builder.output(mean);
  return builder.graph();
}

std::vector<int8_t> sample() { return test::Random(3).integers<int8_t>(kImage.elements(), -128, 127); }

std::vector<float> reals(const std::vector<int8_t>& integers, const QuantParams& params) {
  std::vector<float> values;
  for (const int8_t q : integers)
    values.push_back(params.scale[0] * static_cast<float>(q - params.zero_point[0]));
  return values;
}

double largest_difference(const std::vector<float>& a, const std::vector<float>& b) {
  double largest = 0;
  for (size_t i = 0; i < a.size(); ++i) largest = std::max(largest, std::fabs(double{a[i]} - double{b[i]}));
  return largest;
}

TEST(Stored, PreparingChangesNoInteger) {
  const Graph graph = quantized_graph();
  const Graph prepared = prepare::prepare(graph);
  EXPECT_EQ(prepared.nodes.size(), 3u);  // RELU6 rescales: it is no clamp.
  EXPECT_EQ((test::run<int8_t>(prepared, {sample()})), (test::run<int8_t>(graph, {sample()})));
}

TEST(Stored, TwinComputesTheRealsOfTheIntegers) {
  const Graph graph = quantized_graph();
  ASSERT_TRUE(is_quantized(graph));
  const FloatTwin twin = float_twin(graph);
  EXPECT_FALSE(is_quantized(twin.graph));
  const std::vector<float> expected = reals(test::run<int8_t>(graph, {sample()}), kOther);
  const std::vector<float> actual = test::run<float>(twin.graph, {reals(sample(), kInput)});
  ASSERT_EQ(actual.size(), expected.size());
  // Two roundings of activations, averaged; half a step of the output.
  EXPECT_LE(largest_difference(actual, expected), 0.2 / 2 + 0.05);
  EXPECT_EQ(twin.stored.size(), 4u);
}

TEST(Stored, TfliteKeepsEveryInteger) {
  Graph graph = quantized_graph();
  FloatTwin twin = float_twin(graph);
  place(graph, twin, partition::target_by_key("tflite"));
  const Graph kept = from_stored(graph, twin, {.requantization = RequantizationMode::Tflite}).graph;
  EXPECT_EQ(kept.tensor(kept.inputs[0]).dtype, DType::Float32);
  EXPECT_EQ(kept.tensor(kept.inputs[0]).name, "x");
  EXPECT_EQ(kept.tensor(kept.outputs[0]).name, graph.tensor(graph.outputs[0]).name);
  EXPECT_EQ((test::run<float>(kept, {reals(sample(), kInput)})),
            reals(test::run<int8_t>(graph, {sample()}), kOther));
}

TEST(Stored, NodesOffTheTargetBecomeFloat) {
  Graph graph = quantized_graph();
  FloatTwin twin = float_twin(graph);
  place(graph, twin, partition::target_by_key("gen1"));
  EXPECT_EQ(graph.nodes.back().placement.unit, Unit::Apu);
  for (const RequantizationMode mode : {RequantizationMode::Tflite, RequantizationMode::Sima}) {
    const Graph result = from_stored(graph, twin, {.requantization = mode}).graph;
    const Node* mean = nullptr;
    for (const Node& node : result.nodes) {
      if (node.op == OpKind::Mean) mean = &node;
    }
    ASSERT_NE(mean, nullptr);
    EXPECT_EQ(result.tensor(mean->inputs[0]).dtype, DType::Float32);
    EXPECT_EQ(result.tensor(mean->outputs[0]).dtype, DType::Float32);
    EXPECT_LE(largest_difference(test::run<float>(result, {reals(sample(), kInput)}),
                                 reals(test::run<int8_t>(graph, {sample()}), kOther)),
              0.2);
  }
}

TEST(Stored, SimaRescalesByPowersOfTwo) {
  Graph graph = quantized_graph();
  FloatTwin twin = float_twin(graph);
  place(graph, twin, partition::target_by_key("gen1"));
  const Graph result = from_stored(graph, twin, {.requantization = RequantizationMode::Sima}).graph;
  for (const Node& node : result.nodes) {
    if (node.op != OpKind::Conv2d) continue;
    const float input = result.tensor(node.inputs[0]).quantization->scale[0];
    EXPECT_EQ(input, kInput.scale[0]);
    for (const float weight : result.tensor(node.inputs[1]).quantization->scale) {
      const double shift =
          std::log2(double{input} * weight / result.tensor(node.outputs[0]).quantization->scale[0]);
      EXPECT_NEAR(shift, std::round(shift), 1e-5);
    }
  }
}

TEST(Stored, ErrorIsMeasuredAgainstTheTwin) {
  Graph graph = quantized_graph();
  FloatTwin twin = float_twin(graph);
  place(graph, twin, partition::target_by_key("tflite"));
  const Graph kept = from_stored(graph, twin, {.requantization = RequantizationMode::Tflite}).graph;
  analyze::LayerErrorAnalyzer analyzer(std::make_shared<const Graph>(twin.graph),
                                       std::make_shared<const Graph>(kept));
  const std::vector<float> input = reals(sample(), kInput);
  const std::span<const std::byte> bytes = std::as_bytes(std::span(input));
  analyzer.add({&bytes, 1});
  ASSERT_EQ(analyzer.errors().size(), 3u);
  for (const analyze::NodeError& error : analyzer.errors())
    EXPECT_GT(error.sums.accumulated.sqnr_db(), 20) << error.node;
}

}  // namespace
}  // namespace octet::quantize
