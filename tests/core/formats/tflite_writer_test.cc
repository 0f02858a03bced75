// Written .tflite files read back to the same graph, and hold what stock TFLite expects.
#include <gtest/gtest.h>

#include "formats/tflite/reader.h"
#include "formats/tflite/schema.h"
#include "formats/tflite/writer.h"
#include "support/graph_builder.h"
#include "support/graph_equality.h"
#include "support/models.h"
#include "support/vectors.h"

namespace octet::test {
namespace {

namespace tfl = formats::tflite::schema;
using formats::tflite::inexact_nodes;
using formats::tflite::IoType;
using formats::tflite::read;
using formats::tflite::write;

const QuantParams kScale = QuantParams::per_tensor(0.5f, 3);

/// The version that the file gives the operator `code`, or 0.
int version_of(const Bytes& file, tfl::BuiltinOperator code) {
  for (const tfl::OperatorCode* entry : *tfl::GetModel(file.data())->operator_codes()) {
    if (entry->builtin_code() == code) return entry->version();
  }
  return 0;
}

TEST(TfliteWriter, RecordedModelsSurvive) {
  for (const std::string& name : recorded_operators()) {
    for (const RecordedCase& recorded : load_vectors(name)) {
      SCOPED_TRACE(recorded.name);
      const Graph graph = read(recorded.model);
      EXPECT_EQ(difference(graph, read(write(graph))), "");
    }
  }
}

TEST(TfliteWriter, RealModelsSurvive) {
  if (real_models().empty()) GTEST_SKIP() << "No model is installed.";
  for (const auto& path : real_models()) {
    SCOPED_TRACE(path.filename().string());
    const Graph graph = read(read_file(path));
    const Bytes file = write(graph);
    EXPECT_EQ(difference(graph, read(file)), "");
    EXPECT_EQ(file, write(graph));
  }
}

TEST(TfliteWriter, AlignsBuffersAndNamesTheSignature) {
  GraphBuilder builder;
  const TensorId x = builder.input("x", {3});
  const TensorId w = builder.constant<float>({3}, {1, 2, 3});
  builder.output(builder.node(OpKind::Add, Elementwise{}, {x, w})[0]);
  const Bytes file = write(builder.graph());
  const tfl::Model& model = *tfl::GetModel(file.data());
  EXPECT_EQ(model.buffers()->Get(0)->data(), nullptr);
  const auto* data = reinterpret_cast<const std::byte*>(model.buffers()->Get(1)->data()->data());
  EXPECT_EQ((data - file.data()) % 16, 0);
  const tfl::SignatureDef& signature = *model.signature_defs()->Get(0);
  EXPECT_EQ(signature.signature_key()->str(), "serving_default");
  EXPECT_EQ(signature.inputs()->Get(0)->name()->str(), "x");
  EXPECT_EQ(signature.outputs()->Get(0)->name()->str(), builder.tensor(builder.graph().outputs[0]).name);
}

TEST(TfliteWriter, StoresEqualConstantsOnce) {
  GraphBuilder builder;
  const TensorId x = builder.input("x", {3});
  const TensorId a =
      builder.node(OpKind::Add, Elementwise{}, {x, builder.constant<float>({3}, {1, 2, 3})})[0];
  builder.output(builder.node(OpKind::Add, Elementwise{}, {a, builder.constant<float>({3}, {1, 2, 3})})[0]);
  EXPECT_EQ(tfl::GetModel(write(builder.graph()).data())->buffers()->size(), 2u);
}

TEST(TfliteWriter, MovesOtherPaddingIntoPad) {
  for (const bool integer : {false, true}) {
    GraphBuilder builder;
    const DType dtype = integer ? DType::Int8 : DType::Float32;
    const std::optional<QuantParams> quantization = integer ? std::optional(kScale) : std::nullopt;
    const TensorId x = builder.input("x", {1, 5, 4, 1}, dtype, quantization);
    const TensorId w =
        integer ? builder.constant<int8_t>({1, 2, 2, 1}, {1, -2, 3, 4}, QuantParams::per_tensor(1, 0))
                : builder.constant<float>({1, 2, 2, 1}, {1, -2, 3, 4});
    const Conv2d conv{{1, 1}, {1, 1}, {2, 0, 0, 3}, Activation::None};
    builder.output(builder.node(OpKind::Conv2d, conv, {x, w}, {quantization}, dtype)[0]);
    const Graph written = read(write(builder.graph()));
    ASSERT_EQ(written.nodes.size(), 2u);
    EXPECT_EQ(written.nodes[0].op, OpKind::Pad);
    EXPECT_EQ(std::get<Pad>(written.nodes[0].attributes).paddings,
              (std::vector<std::array<int32_t, 2>>{{0, 0}, {2, 0}, {0, 3}, {0, 0}}));
    EXPECT_EQ(std::get<Conv2d>(written.nodes[1].attributes).padding, Padding2d{});
    EXPECT_EQ(written.tensor(written.outputs[0]).shape, builder.tensor(builder.graph().outputs[0]).shape);
    if (integer) {
      const auto values = Random(1).integers<int8_t>(20, -128, 127);
      EXPECT_EQ((run<int8_t>(builder.graph(), {values})), (run<int8_t>(written, {values})));
    } else {
      const auto values = Random(1).floats(20, -1, 1);
      EXPECT_EQ((run<float>(builder.graph(), {values})), (run<float>(written, {values})));
    }
  }
}

TEST(TfliteWriter, NamesAPoolWhosePaddingTfliteLacks) {
  GraphBuilder builder;
  const TensorId x = builder.input("x", {1, 5, 5, 1});
  const Pool2d pool{{2, 2}, {1, 1}, {1, 1, 0, 0}, Activation::None};
  builder.output(builder.node(OpKind::MaxPool2d, pool, {x})[0]);
  try {
    write(builder.graph());
    FAIL() << "written";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::UnsupportedModel);
    EXPECT_EQ(error.where().node, builder.graph().nodes[0].name);
  }
}

TEST(TfliteWriter, ChoosesTheTransposedPaddingThatGivesTheInputsSize) {
  // With nothing cropped in front both paddings put values in the same place; TFLite accepts only the one
  // whose convolution from the output back to the input has the input's size.
  struct Case {
    int32_t input, output;
    Padding2d padding;
    tfl::Padding expected;
  };
  const Case cases[] = {
      {5, 10, {0, 1, 0, 1}, tfl::Padding::SAME},
      {5, 11, {0, 0, 0, 0}, tfl::Padding::VALID},
      {5, 9, {1, 1, 1, 1}, tfl::Padding::SAME},
  };
  for (const Case& c : cases) {
    GraphBuilder builder;
    const TensorId x = builder.input("x", {1, c.input, c.input, 1});
    const TensorId w = builder.constant<float>({1, 3, 3, 1}, std::vector<float>(9, 1.0f));
    const TransposeConv conv{{2, 2}, c.padding, {c.output, c.output}, Activation::None};
    builder.output(builder.node(OpKind::TransposeConv, conv, {x, w})[0]);
    const Bytes file = write(builder.graph());
    const auto* op = tfl::GetModel(file.data())->subgraphs()->Get(0)->operators()->Get(0);
    EXPECT_EQ(op->builtin_options_as_TransposeConvOptions()->padding(), c.expected) << c.output;
    EXPECT_EQ(std::get<TransposeConv>(read(file).nodes[0].attributes), conv) << c.output;
  }
}

TEST(TfliteWriter, ChoosesTheLowestVersions) {
  const auto unary = [](OpKind op, Attributes attributes, DType dtype) {
    GraphBuilder builder;
    const std::optional<QuantParams> quantization =
        dtype == DType::Int8 ? std::optional(kScale) : std::nullopt;
    const TensorId x = builder.input("x", {1, 4, 4, 2}, dtype, quantization);
    builder.output(builder.node(op, std::move(attributes), {x}, {quantization}, dtype)[0]);
    return write(builder.graph());
  };
  const Resize plain{{8, 8}, false, false};
  const Resize centers{{8, 8}, false, true};
  using Code = tfl::BuiltinOperator;
  EXPECT_EQ(version_of(unary(OpKind::ResizeBilinear, plain, DType::Float32), Code::RESIZE_BILINEAR), 1);
  EXPECT_EQ(version_of(unary(OpKind::ResizeBilinear, plain, DType::Int8), Code::RESIZE_BILINEAR), 2);
  EXPECT_EQ(version_of(unary(OpKind::ResizeBilinear, centers, DType::Int8), Code::RESIZE_BILINEAR), 3);
  EXPECT_EQ(version_of(unary(OpKind::Relu, NoAttributes{}, DType::Int8), Code::RELU), 2);
  const Pad zero{{{0, 0}, {1, 1}, {1, 1}, {0, 0}}, 0.0f};
  const Pad half{{{0, 0}, {1, 1}, {1, 1}, {0, 0}}, 0.5f};
  EXPECT_EQ(version_of(unary(OpKind::Pad, zero, DType::Int8), Code::PAD), 2);
  EXPECT_EQ(version_of(unary(OpKind::Pad, half, DType::Float32), Code::PADV2), 1);
}

/// float x -> QUANTIZE -> int8 RELU -> DEQUANTIZE -> float y.
Graph quantized_relu(RequantizationMode mode) {
  GraphBuilder builder;
  const TensorId x = builder.input("x", {1, 4});
  const TensorId q = builder.node(OpKind::Quantize, NoAttributes{}, {x}, {kScale}, DType::Int8)[0];
  const TensorId r = builder.node(OpKind::LeakyRelu, LeakyRelu{0.1f}, {q}, {kScale}, DType::Int8, mode)[0];
  builder.output(builder.node(OpKind::Dequantize, NoAttributes{}, {r})[0]);
  return builder.graph();
}

TEST(TfliteWriter, DropsConversionsAtInt8Edges) {
  const Graph graph = quantized_relu(RequantizationMode::Tflite);
  EXPECT_EQ(read(write(graph)).nodes.size(), 3u);
  const Graph integer = read(write(graph, {.io = IoType::Int8}));
  ASSERT_EQ(integer.nodes.size(), 1u);
  const Tensor& input = integer.tensor(integer.inputs[0]);
  const Tensor& output = integer.tensor(integer.outputs[0]);
  EXPECT_EQ(input.name, "x");
  EXPECT_EQ(input.dtype, DType::Int8);
  EXPECT_EQ(input.quantization, kScale);
  EXPECT_EQ(output.name, graph.tensor(graph.outputs[0]).name);
  EXPECT_EQ(output.dtype, DType::Int8);
}

TEST(TfliteWriter, NamesFloatEdgesThatCannotBeInt8) {
  GraphBuilder builder;
  const TensorId x = builder.input("x", {1, 4});
  builder.output(builder.node(OpKind::Relu, NoAttributes{}, {x})[0]);
  try {
    write(builder.graph(), {.io = IoType::Int8});
    FAIL() << "written";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::UnsupportedModel);
    EXPECT_EQ(error.where().tensor, "x");
    EXPECT_FALSE(error.hint().empty());
  }
}

TEST(TfliteWriter, NamesWhatTfliteRoundsDifferently) {
  EXPECT_TRUE(inexact_nodes(quantized_relu(RequantizationMode::Tflite)).empty());
  const Graph graph = quantized_relu(RequantizationMode::Sima);
  EXPECT_EQ(inexact_nodes(graph), std::vector<std::string>{graph.nodes[1].name});
}

TEST(TfliteWriter, RefusesIntegerDivision) {
  GraphBuilder builder;
  const TensorId x = builder.input("x", {4}, DType::Int8, kScale);
  const TensorId y = builder.input("y", {4}, DType::Int8, kScale);
  builder.output(builder.node(OpKind::Div, Elementwise{}, {x, y}, {kScale}, DType::Int8)[0]);
  try {
    write(builder.graph());
    FAIL() << "written";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::UnsupportedModel);
    EXPECT_NE(error.message().find("DIV"), std::string::npos);
  }
}

}  // namespace
}  // namespace octet::test
