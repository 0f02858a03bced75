// Scales that TFLite's kernels do not take: raised, or the node is written in float.
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <memory>

#include "formats/tflite/export_notes.h"
#include "formats/tflite/reader.h"
#include "formats/tflite/writer.h"
#include "lowering/float_nodes.h"
#include "partition/partition.h"
#include "quantize/quantize.h"
#include "support/graph_builder.h"

namespace octet::quantize {
namespace {

using test::GraphBuilder;
using test::Random;

/// A node on x of shape [1, 8], which is from 0.25 to 1.
using Build = std::function<TensorId(GraphBuilder&, TensorId x)>;

TensorId scaled(GraphBuilder& b, TensorId x, float factor) {
  return b.node(OpKind::Mul, Elementwise{}, {x, b.constant<float>({1}, {factor})})[0];
}

TensorId nearly_cancelling(GraphBuilder& b, TensorId x) {
  return b.node(OpKind::Add, Elementwise{}, {scaled(b, x, 1e6f), scaled(b, x, -999999.9f)})[0];
}

TensorId nearly_equal(GraphBuilder& b, TensorId x) {
  return b.node(OpKind::SquaredDifference, NoAttributes{}, {x, scaled(b, x, 1.0001f)})[0];
}

TensorId hardly_positive(GraphBuilder& b, TensorId x) {
  const TensorId below = b.node(OpKind::Sub, Elementwise{}, {x, b.constant<float>({1}, {1.0f})})[0];
  return b.node(OpKind::HardSwish, NoAttributes{}, {scaled(b, below, 1e5f)})[0];
}

TensorId alike(GraphBuilder& b, TensorId x) {
  return b.node(OpKind::Softmax, Softmax{1.0f}, {scaled(b, x, 1e-9f)})[0];
}

TensorId cancelling_weights(GraphBuilder& b, TensorId x) {
  return b.node(OpKind::FullyConnected, FullyConnected{},
                {x, b.constant<float>({1, 8}, {1e7f, -1e7f, 1e7f, -1e7f, 1e7f, -1e7f, 1e7f, -1e7f})})[0];
}

TensorId denormal_weights(GraphBuilder& b, TensorId x) {
  return b.node(
      OpKind::FullyConnected, FullyConnected{},
      {x, b.constant<float>({1, 8}, std::vector<float>(8, 1e-44f)), b.constant<float>({1}, {0.0f})})[0];
}

TensorId coarse_comparison(GraphBuilder& b, TensorId x) {
  const TensorId condition =
      b.node(OpKind::Greater, NoAttributes{}, {scaled(b, x, 1000), b.constant<float>({1}, {300.0f})}, {{}},
             DType::Bool)[0];
  return b.node(OpKind::SelectV2, NoAttributes{}, {condition, x, b.constant<float>({1}, {0.0f})})[0];
}

Result result_of(const Build& build) {
  GraphBuilder builder;
  const TensorId x = builder.input("x", {1, 8});
  builder.output(build(builder, x));
  Graph graph = builder.graph();
  partition::partition(graph, partition::target_by_key("tflite"));
  const auto shared = std::make_shared<const Graph>(std::move(graph));
  calibrate::Calibrator calibrator(shared, {});
  for (const float value : {0.25f, 0.5f, 1.0f}) {
    const std::vector<float> sample(8, value);
    const std::span<const std::byte> bytes = std::as_bytes(std::span<const float>(sample));
    calibrator.fold(calibrator.observe({&bytes, 1}));
  }
  QuantizationParams params;
  params.requantization = RequantizationMode::Tflite;
  return quantize(*shared, calibrator, RelevantValues(*shared, calibrator), params);
}

bool every_kernel_takes_its_scales(const Graph& graph) {
  return std::all_of(graph.nodes.begin(), graph.nodes.end(),
                     [&](const Node& node) { return lowering::takes_scales(NodeView(graph, node)); });
}

TEST(KernelScales, AreRaisedAndSaidToBe) {
  for (const Build& build : {nearly_cancelling, nearly_equal, hardly_positive, alike, cancelling_weights}) {
    const Result result = result_of(build);
    EXPECT_TRUE(every_kernel_takes_its_scales(result.graph));
    ASSERT_FALSE(result.warnings.empty()) << result.graph.nodes.back().name;
    EXPECT_NE(result.warnings.back().find("was raised"), std::string::npos) << result.warnings.back();
    formats::tflite::read(formats::tflite::write(result.graph));
  }
}

TEST(KernelScales, OfWeightsAreNormalNumbers) {
  const Result result = result_of(denormal_weights);
  ASSERT_EQ(result.warnings.size(), 1u);
  EXPECT_NE(result.warnings[0].find("The weight scales of 1 channels"), std::string::npos);
  for (const Tensor& tensor : result.graph.tensors) {
    if (!tensor.quantization) continue;
    for (const float scale : tensor.quantization->scale) EXPECT_GE(scale, std::numeric_limits<float>::min());
  }
  formats::tflite::read(formats::tflite::write(result.graph));
}

TEST(KernelScales, ThatCannotBeRaisedAreWrittenInFloat) {
  const Result result = result_of(coarse_comparison);
  EXPECT_FALSE(every_kernel_takes_its_scales(result.graph));
  const std::vector<std::string> notes = formats::tflite::export_notes(result.graph);
  ASSERT_EQ(notes.size(), 1u);
  EXPECT_NE(notes[0].find("do not take all scales"), std::string::npos) << notes[0];
  EXPECT_TRUE(every_kernel_takes_its_scales(formats::tflite::read(formats::tflite::write(result.graph))));
}

TEST(KernelScales, AreLeftAloneWhereKernelsTakeThem) {
  const auto usual = [](GraphBuilder& b, TensorId x) {
    return b.node(OpKind::Softmax, Softmax{1.0f},
                  {b.node(OpKind::Add, Elementwise{}, {x, scaled(b, x, 3)})[0]})[0];
  };
  const Result result = result_of(usual);
  EXPECT_TRUE(result.warnings.empty());
  EXPECT_TRUE(formats::tflite::export_notes(result.graph).empty());
}

}  // namespace
}  // namespace octet::quantize
