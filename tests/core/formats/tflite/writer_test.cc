// Written .tflite files read back to the same graph, and hold what stock TFLite expects.
#include "formats/tflite/writer.h"

#include <gtest/gtest.h>

#include <cmath>
#include <optional>
#include <span>
#include <vector>

#include "formats/tflite/reader.h"
#include "formats/tflite/schema.h"
#include "support/graph_builder.h"
#include "support/graph_equality.h"
#include "support/models.h"
#include "support/vectors.h"

namespace octet::test {
namespace {

namespace tfl = formats::tflite::schema;
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

/// What a CONV_2D or DEPTHWISE_CONV_2D without bias is written with, or nothing.
std::optional<Tensor> written_bias(OpKind op, DType activations) {
  GraphBuilder builder;
  const bool integer = activations != DType::Float32;
  const std::optional<QuantParams> quantization =
      integer ? std::optional(QuantParams::per_tensor(0.5f, 0)) : std::nullopt;
  const int axis = op == OpKind::Conv2d ? 0 : 3;
  const Shape shape = op == OpKind::Conv2d ? Shape{2, 1, 1, 2} : Shape{1, 1, 2, 2};
  const TensorId x = builder.input("x", {1, 3, 3, 2}, activations, quantization);
  const TensorId w =
      integer ? builder.constant<int8_t>(shape, {1, -2, 3, 4}, QuantParams{{0.25f, 2.0f}, {0, 0}, axis})
              : builder.constant<float>(shape, {1, -2, 3, 4});
  builder.output(builder.node(op, Conv2d{}, {x, w}, {quantization}, activations)[0]);
  const Graph written = read(write(builder.graph()));
  const NodeView node(written, written.nodes[0]);
  if (integer) {
    EXPECT_TRUE(node.input(1).quantization->is_per_channel());
  }
  return node.has_input(2) ? std::optional(node.input(2)) : std::nullopt;
}

template <class T>
std::vector<T> all_values(const Tensor& constant) {
  const std::span<const T> values = constant.values<T>();
  return {values.begin(), values.end()};
}

TEST(TfliteWriter, AddsABiasOfZerosWhereTfliteDemandsOne) {
  const std::optional<Tensor> real = written_bias(OpKind::Conv2d, DType::Float32);
  ASSERT_TRUE(real);
  EXPECT_FALSE(real->quantization);
  EXPECT_EQ(all_values<float>(*real), (std::vector<float>{0, 0}));

  const std::optional<Tensor> int8 = written_bias(OpKind::Conv2d, DType::Int8);
  ASSERT_TRUE(int8);
  EXPECT_EQ(int8->quantization, (QuantParams{{0.125f, 1.0f}, {0, 0}, 0}));
  EXPECT_EQ(all_values<int32_t>(*int8), (std::vector<int32_t>{0, 0}));

  for (const OpKind op : {OpKind::Conv2d, OpKind::DepthwiseConv2d}) {
    const std::optional<Tensor> int16 = written_bias(op, DType::Int16);
    ASSERT_TRUE(int16);
    EXPECT_EQ(int16->quantization, (QuantParams{{0.125f, 1.0f}, {0, 0}, 0}));
    EXPECT_EQ(all_values<int64_t>(*int16), (std::vector<int64_t>{0, 0}));
  }
  EXPECT_FALSE(written_bias(OpKind::DepthwiseConv2d, DType::Float32));
  EXPECT_FALSE(written_bias(OpKind::DepthwiseConv2d, DType::Int8));
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

/// float x -> QUANTIZE -> int8 LEAKY_RELU -> DEQUANTIZE -> float y.
Graph quantized_relu() {
  GraphBuilder builder;
  const TensorId x = builder.input("x", {1, 4});
  const TensorId q = builder.node(OpKind::Quantize, NoAttributes{}, {x}, {kScale}, DType::Int8)[0];
  const TensorId r = builder.node(OpKind::LeakyRelu, LeakyRelu{0.1f}, {q}, {kScale}, DType::Int8)[0];
  builder.output(builder.node(OpKind::Dequantize, NoAttributes{}, {r})[0]);
  return builder.graph();
}

TEST(TfliteWriter, DropsConversionsAtInt8Edges) {
  const Graph graph = quantized_relu();
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

TEST(TfliteWriter, KeepsTheNameOfAnIntegerOutputThatIsListedTwice) {
  Graph graph = quantized_relu();
  const std::string name = graph.tensor(graph.outputs[0]).name;
  graph.outputs.push_back(graph.outputs[0]);
  const Graph integer = read(write(graph, {.io = IoType::Int8}));
  ASSERT_EQ(integer.outputs.size(), 2u);
  EXPECT_EQ(integer.outputs[0], integer.outputs[1]);
  EXPECT_EQ(integer.tensor(integer.outputs[0]).name, name);
}

TEST(TfliteWriter, MakesAnOutputThatIsAnInputAnInteger) {
  Graph graph = quantized_relu();
  graph.outputs.push_back(graph.inputs[0]);
  const Graph integer = read(write(graph, {.io = IoType::Int8}));
  ASSERT_EQ(integer.outputs.size(), 2u);
  EXPECT_EQ(integer.outputs[1], integer.inputs[0]);
  EXPECT_EQ(integer.tensor(integer.inputs[0]).dtype, DType::Int8);
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

TEST(TfliteWriter, WritesThePartsOfOperatorsThatTfliteLacks) {
  const std::vector<float> values = Random(3).floats(64, -6, 6);
  for (const bool integer : {false, true}) {
    GraphBuilder builder;
    const TensorId x = builder.input("x", {1, 4, 4, 4});
    const HardSigmoid attributes = {.alpha = 1.0f / 6, .beta = 0.5f};
    if (integer) {
      const QuantParams input = QuantParams::per_tensor(6.0f / 128, 0);
      const QuantParams output = QuantParams::per_tensor(1.0f / 255, -128);
      const TensorId q = builder.node(OpKind::Quantize, NoAttributes{}, {x}, {input}, DType::Int8)[0];
      const TensorId y = builder.node(OpKind::HardSigmoid, attributes, {q}, {output}, DType::Int8)[0];
      builder.output(builder.node(OpKind::Dequantize, NoAttributes{}, {y})[0]);
    } else {
      builder.output(builder.node(OpKind::HardSigmoid, attributes, {x})[0]);
    }
    const Graph written = read(write(builder.graph()));
    std::vector<OpKind> kinds;
    for (const Node& node : written.nodes) kinds.push_back(node.op);
    std::vector<OpKind> expected = {OpKind::Mul, OpKind::Add, OpKind::Minimum};
    if (integer) {
      expected.insert(expected.begin(), {OpKind::Quantize, OpKind::Dequantize});
      expected.insert(expected.end(), {OpKind::Quantize, OpKind::Dequantize});
    }
    EXPECT_EQ(kinds, expected);
    EXPECT_EQ(test::run<float>(written, {values}), test::run<float>(builder.graph(), {values}));
  }
}

/// A net of one operator without attributes.
Graph net_of(OpKind op) {
  GraphBuilder builder;
  const TensorId x = builder.input("x", {1, 4, 4, 4});
  builder.output(builder.node(op, NoAttributes{}, {x})[0]);
  return builder.graph();
}

TEST(TfliteWriter, WritesFunctionsThatTfliteLacksInPartsAlone) {
  std::vector<float> values = Random(4).floats(64, -6, 6);
  for (const OpKind op :
       {OpKind::Erf, OpKind::Mish, OpKind::Reciprocal, OpKind::Silu, OpKind::Softplus, OpKind::Softsign}) {
    SCOPED_TRACE(to_string(op));
    const Graph graph = net_of(op);
    const Graph written = read(write(graph));
    EXPECT_GE(written.nodes.size(), 1u);
    const std::vector<float> expected = run<float>(graph, {values});
    const std::vector<float> actual = run<float>(written, {values});
    for (size_t i = 0; i < values.size(); ++i)
      EXPECT_NEAR(actual[i], expected[i], 1e-6 * std::max(1.0f, std::fabs(expected[i]))) << values[i];
  }
}

TEST(TfliteWriter, SinesAndCosinesSurvive) {
  for (const OpKind op : {OpKind::Sin, OpKind::Cos}) {
    const Graph written = read(write(net_of(op)));
    ASSERT_EQ(written.nodes.size(), 1u);
    EXPECT_EQ(written.nodes[0].op, op);
  }
}

TEST(TfliteWriter, RefusesTransformsByName) {
  GraphBuilder builder;
  const TensorId x = builder.input("x", {1, 4, 4, 3}, DType::UInt8);
  builder.output(builder.node(OpKind::ImageResize, ImageResize{.output = {2, 2}}, {x})[0]);
  try {
    write(builder.graph());
    FAIL() << "written";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::UnsupportedModel);
    EXPECT_EQ(
        error.message(),
        "IMAGE_RESIZE 'node_0' cannot be written to a .tflite file: TensorFlow Lite has no such operator.");
    EXPECT_EQ(error.where().node, "node_0");
    EXPECT_FALSE(error.hint().empty());
  }
}

Graph detector(const DetectionPostProcess& attributes) {
  GraphBuilder builder;
  const TensorId boxes = builder.input("boxes", {1, 3, 4});
  const TensorId scores = builder.input("scores", {1, 3, 3});
  const TensorId anchors = builder.constant<float>({3, 4}, std::vector<float>(12, 0.5f));
  const std::vector<TensorId> found =
      builder.node(OpKind::DetectionPostProcess, attributes, {boxes, scores, anchors},
                   std::vector<std::optional<QuantParams>>(4));
  for (const TensorId id : found) builder.output(id);
  return builder.graph();
}

TEST(TfliteWriter, WritesDetectionsAsTflitesCustomOperator) {
  const DetectionPostProcess attributes{.classes = 2,
                                        .max_detections = 5,
                                        .classes_per_detection = 2,
                                        .detections_per_class = 9,
                                        .score_threshold = 0.25f,
                                        .overlap_threshold = 0.75f,
                                        .y_scale = 10,
                                        .x_scale = 11,
                                        .h_scale = 5,
                                        .w_scale = 6,
                                        .per_class = true};
  const Graph graph = detector(attributes);
  const Bytes file = write(graph);
  EXPECT_EQ(tfl::GetModel(file.data())->operator_codes()->Get(0)->custom_code()->str(),
            "TFLite_Detection_PostProcess");
  const Graph back = read(file);
  EXPECT_EQ(std::get<DetectionPostProcess>(back.nodes[0].attributes), attributes);
  EXPECT_EQ(back.tensor(back.outputs[0]).shape, (Shape{1, 10, 4}));
  // MediaPipe's variants are none that TFLite has.
  EXPECT_THROW(write(detector({.classes = 2, .logits = true})), Error);
}

/// float x -> QUANTIZE -> BF16 CONV_2D of one filter -> DEQUANTIZE -> float y.
Graph bfloat16_convolution(Tensor filter) {
  GraphBuilder builder;
  const TensorId x = builder.input("x", {1, 4, 4, 2});
  const TensorId q = builder.node(OpKind::Quantize, NoAttributes{}, {x}, {std::nullopt}, DType::BFloat16)[0];
  const TensorId w = builder.graph().add_tensor(std::move(filter));
  const TensorId y = builder.node(OpKind::Conv2d, Conv2d{}, {q, w}, {std::nullopt}, DType::BFloat16)[0];
  const TensorId real = builder.node(OpKind::Dequantize, NoAttributes{}, {y})[0];
  builder.graph().tensor(real).name = "y";
  return builder.output(real).graph();
}

TEST(TfliteWriter, WritesBfloat16AsFloatWithTheSameWeights) {
  const std::vector<uint16_t> bits = {0x3f80, 0xc000, 0x3eab, 0x4049};  // 1, -2, 0.333984375, 3.140625
  const std::vector<int8_t> integers = {100, -7, 33, -128};
  const Tensor filters[] = {{.name = "w",
                             .dtype = DType::BFloat16,
                             .shape = {2, 1, 1, 2},
                             .constant = make_constant(std::span<const uint16_t>(bits))},
                            {.name = "w",
                             .dtype = DType::Int8,
                             .shape = {2, 1, 1, 2},
                             .constant = make_constant(std::span<const int8_t>(integers)),
                             .quantization = QuantParams{{0.01f, 0.03f}, {0, 0}, 0}}};
  // 0.01f * 100 rounds to 1, 0.01f * -7 to -0.06982421875 and so on: eight bits of significand.
  const std::vector<float> expected[] = {{1, -2, 0.333984375f, 3.140625f},
                                         {1, -0.06982421875f, 0.98828125f, -3.84375f}};
  for (size_t i = 0; i < 2; ++i) {
    const Graph graph = bfloat16_convolution(filters[i]);
    const Graph written = read(write(graph));
    ASSERT_EQ(written.nodes.size(), 1u);
    EXPECT_EQ(written.nodes[0].op, OpKind::Conv2d);
    EXPECT_EQ(written.tensor(written.inputs[0]).name, "x");
    EXPECT_EQ(written.tensor(written.outputs[0]).name, "y");
    const std::span<const float> weights = written.tensor(written.nodes[0].inputs[1]).values<float>();
    EXPECT_EQ(std::vector<float>(weights.begin(), weights.end()), expected[i]);
    // On inputs that BF16 holds, the two differ by the rounding of the outputs only.
    const auto values = Random(3).integers<int8_t>(32, -8, 8);
    const std::vector<float> inputs(values.begin(), values.end());
    const std::vector<float> rounded = run<float>(graph, {inputs});
    const std::vector<float> real = run<float>(written, {inputs});
    for (size_t k = 0; k < real.size(); ++k) EXPECT_NEAR(rounded[k], real[k], std::abs(real[k]) * 0x1p-8f);
  }
}

/// x -> a node with weights of 4 bits.
Graph int4_weights(OpKind op, const Attributes& attributes, DType type) {
  GraphBuilder builder;
  const QuantParams scale = QuantParams::per_tensor(0.5f, 0);
  const TensorId x = builder.input("x", {1, 4, 4, 3}, type, scale);
  const TensorId w = builder.constant<int8_t>({1, 3, 3, 3}, Random(5).integers<int8_t>(27, -8, 7));
  builder.graph().tensor(w).quantization = QuantParams{.scale = {0.1f}, .zero_point = {0}, .bits = 4};
  return builder.output(builder.node(op, attributes, {x, w}, {scale}, type)[0]).graph();
}

TEST(TfliteWriter, PacksWeightsOfFourBitsWhereTheKernelReadsThem) {
  const Conv2d conv = {.padding = {1, 1, 1, 1}};
  const auto weights = [](const Graph& graph) { return graph.tensor(graph.nodes[0].inputs[1]); };
  const auto check = [&](const Graph& graph, bool packed) {
    const Bytes file = write(graph);
    const auto& tensor = *tfl::GetModel(file.data())->subgraphs()->Get(0)->tensors()->Get(1);
    EXPECT_EQ(tensor.type(), packed ? tfl::TensorType::INT4 : tfl::TensorType::INT8);
    const Graph written = read(file);
    EXPECT_TRUE(std::ranges::equal(*weights(written).constant, *weights(graph).constant));
    EXPECT_EQ(weights(written).quantization->bits, packed ? 4 : 0);
  };
  check(int4_weights(OpKind::Conv2d, conv, DType::Int8), true);
  check(int4_weights(OpKind::Conv2d, conv, DType::Int16), true);
  check(int4_weights(OpKind::DepthwiseConv2d, conv, DType::Int8), true);
  check(int4_weights(OpKind::DepthwiseConv2d, conv, DType::Int16), false);
  check(int4_weights(OpKind::TransposeConv, TransposeConv{.output = {6, 6}}, DType::Int8), false);
}

TEST(TfliteWriter, KeepsOutputsThatOnlyConversionsCompute) {
  GraphBuilder builder;
  const TensorId x = builder.input("x", {2, 3});
  const TensorId q = builder.node(OpKind::Quantize, NoAttributes{}, {x}, {std::nullopt}, DType::BFloat16)[0];
  const TensorId y = builder.node(OpKind::Dequantize, NoAttributes{}, {q})[0];
  builder.output(y);
  const Graph written = read(write(builder.graph()));
  EXPECT_EQ(written.tensor(written.outputs[0]).name, builder.tensor(y).name);
  EXPECT_EQ((run<float>(written, {{1, 2, 3, 4, 5, 6}})), (std::vector<float>{1, 2, 3, 4, 5, 6}));
}

TEST(TfliteWriter, DividesIntegersInFloat) {
  GraphBuilder builder;
  const QuantParams scale = QuantParams::per_tensor(0.25f, -3);
  const TensorId x = builder.input("x", {6}, DType::Int8, kScale);
  const TensorId y = builder.constant<int8_t>({6}, {10, 20, 30, -40, 50, -60}, scale);
  builder.output(builder.node(OpKind::Div, Elementwise{}, {x, y}, {scale}, DType::Int8)[0]);
  const Graph written = read(write(builder.graph()));
  ASSERT_EQ(written.nodes.size(), 3u);
  EXPECT_EQ(written.nodes[0].op, OpKind::Dequantize);
  EXPECT_EQ(written.nodes[1].op, OpKind::Div);
  EXPECT_EQ(written.tensor(written.nodes[1].inputs[1]).dtype, DType::Float32);
  EXPECT_EQ(written.nodes[2].op, OpKind::Quantize);
  EXPECT_EQ(written.tensor(written.outputs[0]).name, builder.tensor(builder.graph().outputs[0]).name);
  const std::vector<int8_t> values = {-128, 127, 3, 50, -60, 100};
  const std::vector<int8_t> expected = run<int8_t>(builder.graph(), {values});
  const std::vector<int8_t> actual = run<int8_t>(written, {values});
  for (size_t i = 0; i < values.size(); ++i) EXPECT_NEAR(actual[i], expected[i], 1) << i;
}

}  // namespace
}  // namespace octet::test
