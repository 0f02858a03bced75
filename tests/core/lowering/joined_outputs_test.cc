// Files with integers for outputs, of graphs whose outputs join parts of different scales.
#include "lowering/joined_outputs.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "formats/tflite/export_notes.h"
#include "formats/tflite/reader.h"
#include "formats/tflite/writer.h"
#include "support/graph_builder.h"

namespace octet::test {
namespace {

using formats::tflite::export_notes;
using formats::tflite::IoType;
using lowering::with_joined_integers;

const QuantParams kBoxes = QuantParams::per_tensor(2.5f, -128);
const QuantParams kScores = QuantParams::per_tensor(1.0f / 256, -128);

/// int8 boxes and scores, each dequantized, joined in float and moved to the only output.
struct Joined {
  explicit Joined(QuantParams scores_params = kScores) {
    const TensorId boxes = builder.input("boxes", {1, 3, 4}, DType::Int8, kBoxes);
    const TensorId scores = builder.input("scores", {1, 3, 2}, DType::Int8, std::move(scores_params));
    const TensorId both =
        builder.node(OpKind::Concatenation, Axis{2}, {dequantized(boxes), dequantized(scores)})[0];
    answer = builder.node(OpKind::Reshape, Reshape{{3, 6}}, {both})[0];
    builder.graph().tensor(answer).name = "answer";
    builder.output(answer);
  }

  TensorId dequantized(TensorId id) { return builder.node(OpKind::Dequantize, NoAttributes{}, {id})[0]; }

  GraphBuilder builder;
  TensorId answer;
};

size_t count(const Graph& graph, OpKind op) {
  return static_cast<size_t>(
      std::count_if(graph.nodes.begin(), graph.nodes.end(), [&](const Node& node) { return node.op == op; }));
}

TEST(JoinedOutputs, AreComputedInIntegersOfOneScale) {
  Joined joined;
  const Graph graph =
      formats::tflite::read(formats::tflite::write(joined.builder.graph(), {.io = IoType::Int8}));
  EXPECT_EQ(count(graph, OpKind::Dequantize), 0u);
  EXPECT_EQ(count(graph, OpKind::Quantize), 1u);  // Of the scores; the boxes' scale is that of all.
  const Tensor& answer = graph.tensor(graph.outputs[0]);
  EXPECT_EQ(answer.name, "answer");
  EXPECT_EQ(answer.dtype, DType::Int8);
  EXPECT_EQ(answer.quantization, kBoxes);
}

TEST(JoinedOutputs, HoldTheSameRealsUpToOneStep) {
  Joined joined;
  const Graph integer = with_joined_integers(joined.builder.graph(), DType::Int8);
  Random random(3);
  const std::vector<std::vector<int8_t>> inputs = {random.integers<int8_t>(12, -128, 127),
                                                   random.integers<int8_t>(6, -128, 127)};
  const std::vector<float> expected = run<float, int8_t>(joined.builder.graph(), inputs);
  const std::vector<float> actual = run<float, int8_t>(integer, inputs);
  for (size_t i = 0; i < expected.size(); ++i) EXPECT_NEAR(actual[i], expected[i], 1.26f) << i;
}

TEST(JoinedOutputs, StayAsTheyAreInFloat) {
  Joined joined;
  const Graph graph = formats::tflite::read(formats::tflite::write(joined.builder.graph()));
  EXPECT_EQ(count(graph, OpKind::Dequantize), 2u);
}

TEST(JoinedOutputs, AreNamedWithTheirChannelsAndTheRemedy) {
  Joined joined;
  const std::vector<std::string> notes = export_notes(joined.builder.graph(), IoType::Int8);
  ASSERT_EQ(notes.size(), 1u);
  for (const char* part :
       {"As int8, output 'answer'", "channels 4 to 5 of 'node_2'", "`--io float32`", "cut the model"})
    EXPECT_NE(notes[0].find(part), std::string::npos) << part << " in: " << notes[0];
  EXPECT_EQ(export_notes(joined.builder.graph()), notes);  // Of any type.
  EXPECT_TRUE(export_notes(joined.builder.graph(), IoType::Float32).empty());
}

TEST(JoinedOutputs, AreNotNamedWhereOneScaleHoldsAll) {
  Joined joined(QuantParams::per_tensor(0.5f, 0));
  EXPECT_TRUE(export_notes(joined.builder.graph(), IoType::Int8).empty());
}

TEST(JoinedOutputs, OfInt16BecomeInt8) {
  GraphBuilder builder;
  const QuantParams wide = QuantParams::per_tensor(0.01f, 0);
  const TensorId x = builder.input("x", {1, 4}, DType::Int16, wide);
  const TensorId y = builder.node(OpKind::LeakyRelu, LeakyRelu{0.1f}, {x}, {wide}, DType::Int16)[0];
  const TensorId answer = builder.node(OpKind::Dequantize, NoAttributes{}, {y})[0];
  builder.output(answer);
  const Graph graph = formats::tflite::read(formats::tflite::write(builder.graph(), {.io = IoType::Int8}));
  EXPECT_EQ(graph.tensor(graph.outputs[0]).dtype, DType::Int8);
  const std::vector<std::string> notes = export_notes(builder.graph(), IoType::Int8);
  ASSERT_EQ(notes.size(), 1u);
  EXPECT_NE(notes[0].find("computed in int16"), std::string::npos) << notes[0];
  EXPECT_TRUE(export_notes(builder.graph(), IoType::Int16).empty());
}

}  // namespace
}  // namespace octet::test
