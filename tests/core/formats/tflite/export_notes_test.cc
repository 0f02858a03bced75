// What is said before a .tflite file is written that cannot hold the graph.
#include "formats/tflite/export_notes.h"

#include <gtest/gtest.h>

#include "support/graph_builder.h"

namespace octet::test {
namespace {

using formats::tflite::export_notes;

const QuantParams kScale = QuantParams::per_tensor(0.5f, 3);

/// int8 x -> `count` LEAKY_RELU in a row.
Graph leaky_relus(int count, RequantizationMode mode) {
  GraphBuilder builder;
  TensorId last = builder.input("x", {1, 4}, DType::Int8, kScale);
  for (int i = 0; i < count; ++i)
    last = builder.node(OpKind::LeakyRelu, LeakyRelu{0.1f}, {last}, {kScale}, DType::Int8, mode)[0];
  return builder.output(last).graph();
}

TEST(ExportNotes, SayNothingOfWhatTfliteComputesAlike) {
  EXPECT_TRUE(export_notes(leaky_relus(2, RequantizationMode::Tflite)).empty());
  GraphBuilder builder;
  const TensorId x = builder.input("x", {1, 4, 4, 1}, DType::Int8, kScale);
  // Moves and comparisons do not rescale.
  const TensorId pooled =
      builder.node(OpKind::MaxPool2d, Pool2d{}, {x}, {kScale}, DType::Int8, RequantizationMode::Sima)[0];
  builder.output(builder.node(OpKind::Dequantize, NoAttributes{}, {pooled})[0]);
  EXPECT_TRUE(export_notes(builder.graph()).empty());
}

TEST(ExportNotes, NameWhatTakesNoWeightsOfFourBits) {
  const auto notes = [](OpKind op, const Attributes& attributes, DType type) {
    GraphBuilder builder;
    const QuantParams scale = QuantParams::per_tensor(0.5f, 0);
    const TensorId x = builder.input("x", {1, 4, 4, 1}, type, scale);
    const TensorId w = builder.constant<int8_t>({1, 1, 1, 1}, {5});
    builder.graph().tensor(w).quantization = QuantParams{.scale = {0.1f}, .zero_point = {0}, .bits = 4};
    return export_notes(builder.output(builder.node(op, attributes, {x, w}, {scale}, type)[0]).graph());
  };
  const std::string lacks =
      "TFLite lacks the kernels of some operators on weights of 4 bits: 1 node "
      "('node_0') is written with the same weights in 8.";
  EXPECT_TRUE(notes(OpKind::Conv2d, Conv2d{}, DType::Int8).empty());
  EXPECT_TRUE(notes(OpKind::Conv2d, Conv2d{}, DType::Int16).empty());
  EXPECT_TRUE(notes(OpKind::DepthwiseConv2d, Conv2d{}, DType::Int8).empty());
  EXPECT_EQ(notes(OpKind::DepthwiseConv2d, Conv2d{}, DType::Int16), std::vector<std::string>{lacks});
  EXPECT_EQ(notes(OpKind::TransposeConv, TransposeConv{.output = {4, 4}}, DType::Int8),
            std::vector<std::string>{lacks});
}

TEST(ExportNotes, NameTheFirstNodesThatShift) {
  const auto note = [](int count) { return export_notes(leaky_relus(count, RequantizationMode::Sima)); };
  const std::string begin = "TFLite has no requantization by shifts (sima): ";
  const std::string end = " written for its fixed-point multipliers, so results may be a step off.";
  EXPECT_EQ(note(1), std::vector<std::string>{begin + "1 node ('node_0') is" + end});
  EXPECT_EQ(note(3), std::vector<std::string>{begin + "3 nodes ('node_0', 'node_1' and 'node_2') are" + end});
  EXPECT_EQ(note(5),
            std::vector<std::string>{begin + "5 nodes ('node_0', 'node_1', 'node_2' and 2 more) are" + end});
}

TEST(ExportNotes, NameWhatIsWrittenInFloat) {
  GraphBuilder builder;
  const auto sima = RequantizationMode::Sima;
  const TensorId x = builder.input("x", {1, 4}, DType::Int8, kScale);
  const TensorId wide =
      builder.node(OpKind::Dequantize, NoAttributes{}, {x}, {std::nullopt}, DType::BFloat16)[0];
  const TensorId tanh =
      builder.node(OpKind::Tanh, NoAttributes{}, {wide}, {std::nullopt}, DType::BFloat16)[0];
  builder.graph().nodes.back().name = "net/block/Tanh;net/block/fused";
  const TensorId narrow =
      builder.node(OpKind::Quantize, NoAttributes{}, {tanh}, {kScale}, DType::Int8, sima)[0];
  builder.output(builder.node(OpKind::Div, Elementwise{}, {x, narrow}, {kScale}, DType::Int8, sima)[0]);
  EXPECT_EQ(
      export_notes(builder.graph()),
      (std::vector<std::string>{
          "TFLite has no BF16 kernels: 1 node ('block/Tanh') is written in float32, with weights as BF16 "
          "holds them.",
          "TFLite lacks the integer kernels of some operators: 1 node ('node_3') is written in float32 "
          "between DEQUANTIZE and QUANTIZE, so results may be a step off."}));
}

}  // namespace
}  // namespace octet::test
