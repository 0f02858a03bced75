// What the .tflite reader accepts, how it resolves it, and what it says about the rest.
#include "formats/tflite/reader.h"

#include <gtest/gtest.h>

#include <optional>

#include "support/graph_builder.h"
#include "support/read_errors.h"
#include "support/tflite_builder.h"

namespace octet::test {
namespace {

using formats::ImportOptions;
using formats::tflite::read;
using Code = tfl::BuiltinOperator;

/// A model of one RELU over an input of `shape`, with `signature` if not empty.
Bytes relu_model(const std::vector<int32_t>& shape, const std::vector<int32_t>& signature = {},
                 const TfliteBuilder::TensorSpec& output = {.name = "y", .shape = {1}}) {
  TfliteBuilder builder;
  const int32_t x = builder.tensor({.name = "x", .shape = shape, .signature = signature});
  const int32_t y = builder.tensor(output);
  builder.op(Code::RELU, {x}, {y});
  return builder.build({x}, {y});
}

TEST(TfliteReader, RejectsOtherFiles) {
  expect_error({}, ErrorCode::InvalidFile, {"not a TensorFlow Lite model"});
  expect_error(Bytes(64, std::byte{0}), ErrorCode::InvalidFile, {"not a TensorFlow Lite model"});
}

TEST(TfliteReader, RejectsEveryTruncation) {
  const Bytes file = relu_model({1, 4});
  ASSERT_FALSE(error_of(file));
  for (size_t length = 0; length + 4 < file.size(); length += 4) {
    const std::optional<Error> error =
        error_of(Bytes(file.begin(), file.begin() + static_cast<long>(length)));
    ASSERT_TRUE(error) << length;
    EXPECT_EQ(error->code(), ErrorCode::InvalidFile) << length;
  }
}

/// y = x + w, where `w` is what the file holds from `offset` on, behind the FlatBuffer.
Bytes model_of_outside_constant(const std::vector<float>& w, size_t misalignment) {
  const int32_t elements = static_cast<int32_t>(w.size());
  const auto build = [&](size_t offset) {
    TfliteBuilder builder;
    const int32_t x = builder.tensor({.name = "x", .shape = {1, elements}});
    const int32_t constant = builder.tensor(
        {.name = "w", .shape = {1, elements}, .buffer = builder.outside_buffer(offset, w.size() * 4)});
    const int32_t y = builder.tensor({.name = "y", .shape = {1, elements}});
    builder.op(Code::ADD, {x, constant}, {y});
    return builder.build({x}, {y});
  };
  const size_t offset = (build(1 << 20).size() + 15) / 16 * 16 + misalignment;
  Bytes file = build(offset);
  file.resize(offset);
  const std::span<const std::byte> contents = std::as_bytes(std::span(w));
  file.insert(file.end(), contents.begin(), contents.end());
  return file;
}

TEST(TfliteReader, LeavesLargeConstantsInTheFile) {
  for (const int elements : {100, 5000}) {
    for (const size_t misalignment : {0u, 1u, 4u}) {
      const std::vector<float> w = Random(9).floats(elements, -1, 1);
      Bytes file = model_of_outside_constant(w, misalignment);
      const std::span<const std::byte> bytes(file);
      const Graph graph = read(std::move(file));
      const Tensor& constant = NodeView(graph, graph.nodes[0]).input(1);
      const std::span<const float> values = constant.values<float>();
      EXPECT_EQ(std::vector<float>(values.begin(), values.end()), w);
      // Copies are for small ones, lest they keep the file, and for those that cannot be read in place.
      const std::byte* const data = constant.constant->data();
      const bool in_file = data >= bytes.data() && data < bytes.data() + bytes.size();
      EXPECT_EQ(in_file, elements > 1000 && misalignment != 1) << elements << " at " << misalignment;
    }
  }
}

TEST(TfliteReader, BindsADynamicBatchToOne) {
  const Graph graph = read(relu_model({7, 4}, {-1, 4}));
  EXPECT_EQ(graph.tensor(graph.inputs[0]).shape, (Shape{1, 4}));
  // The declared output shape is stale; what the operator computes wins.
  EXPECT_EQ(graph.tensor(graph.outputs[0]).shape, (Shape{1, 4}));
}

TEST(TfliteReader, AsksForOtherDynamicDimensions) {
  const Bytes file = relu_model({1, 1, 3}, {-1, -1, 3});
  expect_error(file, ErrorCode::InvalidShape, {"[1, ?, 3]", "'x'"});
  EXPECT_EQ(error_of(file)->where().input, "x");
  EXPECT_EQ(read(file, {.input_shapes = {{"x", {1, 5, 3}}}}).tensors[0].shape, (Shape{1, 5, 3}));
  expect_error(file, ErrorCode::InvalidShape, {"'x'"}, {.input_shapes = {{"x", {1, 5, 4}}}});
  expect_error(file, ErrorCode::InvalidInput, {"'z'"}, {.input_shapes = {{"z", {1, 5, 3}}}});
}

TEST(TfliteReader, ListsEveryUnsupportedNodeAtOnce) {
  TfliteBuilder builder;
  const int32_t x = builder.tensor({.name = "x", .shape = {1, 4}});
  const int32_t a = builder.tensor({.name = "a", .shape = {1, 4}});
  const int32_t b = builder.tensor({.name = "b", .shape = {1, 4}});
  const int32_t c = builder.tensor({.name = "c", .shape = {1, 4}});
  const int32_t d = builder.tensor({.name = "d", .shape = {1, 4}});
  builder.op(Code::SEGMENT_SUM, {x}, {a});
  builder.custom_op("Wobble", {a}, {b});
  builder.op(Code::ADD, {a, b}, {c}, tfl::CreateAddOptions(builder.fbb(), tfl::ActivationFunctionType::TANH));
  builder.op(Code::RELU, {c}, {d}, flatbuffers::Offset<tfl::PadOptions>(), 99);
  const Bytes file = builder.build({x}, {d});
  expect_error(file, ErrorCode::UnsupportedOperator,
               {"4 nodes", "SEGMENT_SUM 'a'", "CUSTOM Wobble 'b'", "ADD 'c' (with the fused activation TANH)",
                "RELU 'd' (version 99)"});
  EXPECT_EQ(error_of(file)->where().node, "a");
}

TEST(TfliteReader, RejectsWhatGraphsDoNotHave) {
  TfliteBuilder builder;
  const auto uint8 = tfl::TensorType::UINT8;
  const int32_t x = builder.tensor({.name = "x", .shape = {4}, .type = uint8});
  const int32_t y = builder.tensor({.name = "y", .shape = {4}, .type = uint8});
  builder.op(Code::RELU, {x}, {y});
  const Bytes file = builder.build({x}, {y});
  expect_error(file, ErrorCode::UnsupportedModel, {"'x'", "uint8"});
  EXPECT_FALSE(error_of(file)->hint().empty());
}

/// A FULLY_CONNECTED of uint8 whose weights have this zero point.
Bytes uint8_model(int64_t weight_zero_point) {
  TfliteBuilder builder;
  const auto uint8 = tfl::TensorType::UINT8;
  const int32_t x =
      builder.tensor({.name = "x", .shape = {1, 3}, .type = uint8, .scale = {0.5f}, .zero_point = {130}});
  const int32_t w = builder.tensor({.name = "w",
                                    .shape = {2, 3},
                                    .type = uint8,
                                    .buffer = builder.buffer<uint8_t>({0, 128, 255, 1, 100, 200}),
                                    .scale = {0.25f},
                                    .zero_point = {weight_zero_point}});
  const int32_t y =
      builder.tensor({.name = "y", .shape = {1, 2}, .type = uint8, .scale = {4}, .zero_point = {0}});
  builder.op(Code::FULLY_CONNECTED, {x, w}, {y}, tfl::CreateFullyConnectedOptions(builder.fbb()));
  return builder.build({x}, {y});
}

TEST(TfliteReader, ReadsUint8AsInt8) {
  const formats::Imported imported = formats::tflite::read_with_warnings(uint8_model(128));
  const Graph& graph = imported.graph;
  ASSERT_EQ(imported.warnings.size(), 1u);
  EXPECT_NE(imported.warnings[0].find("uint8"), std::string::npos);
  EXPECT_EQ(graph.tensor(graph.inputs[0]).dtype, DType::Int8);
  EXPECT_EQ(graph.tensor(graph.inputs[0]).quantization, QuantParams::per_tensor(0.5f, 2));
  EXPECT_EQ(graph.tensor(graph.outputs[0]).quantization, QuantParams::per_tensor(4, -128));
  const Tensor& weights = graph.tensor(graph.nodes[0].inputs[1]);
  EXPECT_EQ(weights.quantization, QuantParams::per_tensor(0.25f, 0));
  const std::span<const int8_t> values = weights.values<int8_t>();
  EXPECT_EQ(std::vector<int8_t>(values.begin(), values.end()),
            (std::vector<int8_t>{-128, 0, 127, -127, -28, 72}));
  // 0.5 * (100, 0, -100) by 0.25 * (-127, -28, 72), in steps of 4 from -128.
  EXPECT_EQ(run<int8_t>(graph, {{102, 2, -98}}), (std::vector<int8_t>{-128, -128}));
  EXPECT_EQ(run<int8_t>(graph, {{-98, 2, 102}}), (std::vector<int8_t>{127, 127}));
  EXPECT_EQ(run<int8_t>(graph, {{2, 2, 22}}), (std::vector<int8_t>{-49, -83}));
}

TEST(TfliteReader, WantsSymmetricWeights) {
  expect_error(uint8_model(121), ErrorCode::UnsupportedModel, {"weights 'w' of 'y'", "symmetric"});
}

TEST(TfliteReader, TakesTheFirstSubgraph) {
  TfliteBuilder builder;
  const int32_t x = builder.tensor({.name = "x", .shape = {1, 4}});
  const int32_t y = builder.tensor({.name = "y", .shape = {1, 4}});
  builder.op(Code::RELU, {x}, {y});
  const formats::Imported imported = formats::tflite::read_with_warnings(builder.build({x}, {y}, 2));
  EXPECT_EQ(imported.graph.nodes.size(), 1u);
  ASSERT_EQ(imported.warnings.size(), 1u);
  EXPECT_NE(imported.warnings[0].find("2 subgraphs"), std::string::npos);
}

TEST(TfliteReader, DequantizesWeightsBesideFloatActivations) {
  // In TFLite the activations are quantized while the model runs.
  TfliteBuilder builder;
  const int32_t x = builder.tensor({.name = "x", .shape = {1, 2}});
  const int32_t w = builder.tensor({.name = "w",
                                    .shape = {2, 2},
                                    .type = tfl::TensorType::INT8,
                                    .buffer = builder.buffer<int8_t>({1, -2, 3, 127}),
                                    .scale = {0.5f, 2.0f},
                                    .zero_point = {0, 0}});
  const int32_t y = builder.tensor({.name = "y", .shape = {1, 2}});
  builder.op(Code::FULLY_CONNECTED, {x, w}, {y}, tfl::CreateFullyConnectedOptions(builder.fbb()));
  const formats::Imported imported = formats::tflite::read_with_warnings(builder.build({x}, {y}));
  const std::span<const float> weights =
      imported.graph.tensor(imported.graph.nodes[0].inputs[1]).values<float>();
  EXPECT_EQ(std::vector<float>(weights.begin(), weights.end()), (std::vector<float>{0.5f, -1, 6, 254}));
  ASSERT_EQ(imported.warnings.size(), 1u);
  EXPECT_NE(imported.warnings[0].find("weights of 1 nodes"), std::string::npos);
}

TEST(TfliteReader, DequantizesAMatrixBesideFloatActivations) {
  TfliteBuilder builder;
  const int32_t x = builder.tensor({.name = "x", .shape = {3, 2}});
  const int32_t w = builder.tensor({.name = "w",
                                    .shape = {2, 1},
                                    .type = tfl::TensorType::INT8,
                                    .buffer = builder.buffer<int8_t>({3, -8}),
                                    .scale = {0.5f},
                                    .zero_point = {1}});
  const int32_t y = builder.tensor({.name = "y", .shape = {3, 1}});
  builder.op(Code::BATCH_MATMUL, {x, w}, {y}, tfl::CreateBatchMatMulOptions(builder.fbb()));
  const formats::Imported imported = formats::tflite::read_with_warnings(builder.build({x}, {y}));
  const std::span<const float> matrix =
      imported.graph.tensor(imported.graph.nodes[0].inputs[1]).values<float>();
  EXPECT_EQ(std::vector<float>(matrix.begin(), matrix.end()), (std::vector<float>{1, -4.5f}));
  EXPECT_EQ(imported.warnings.size(), 1u);
}

TEST(TfliteReader, UnpacksInt4Weights) {
  const auto file_of = [](std::vector<uint8_t> packed) {
    TfliteBuilder builder;
    const auto int8 = [&](const char* name, std::vector<int32_t> shape) {
      return builder.tensor({.name = name,
                             .shape = std::move(shape),
                             .type = tfl::TensorType::INT8,
                             .scale = {1},
                             .zero_point = {0}});
    };
    const int32_t x = int8("x", {1, 3});
    const int32_t w = builder.tensor({.name = "w",
                                      .shape = {1, 3},
                                      .type = tfl::TensorType::INT4,
                                      .buffer = builder.buffer<uint8_t>(packed),
                                      .scale = {0.5f},
                                      .zero_point = {0}});
    const int32_t y = int8("y", {1, 1});
    builder.op(Code::FULLY_CONNECTED, {x, w}, {y}, tfl::CreateFullyConnectedOptions(builder.fbb()));
    return builder.build({x}, {y});
  };
  const Graph graph = read(file_of({0x8f, 0x07}));
  const std::span<const int8_t> weights = graph.tensor(graph.nodes[0].inputs[1]).values<int8_t>();
  EXPECT_EQ(std::vector<int8_t>(weights.begin(), weights.end()), (std::vector<int8_t>{-1, -8, 7}));
  expect_error(file_of({0x8f}), ErrorCode::InvalidFile, {"'w'", "half a byte"});
}

TEST(TfliteReader, ChecksReferences) {
  {
    TfliteBuilder builder;
    const int32_t x = builder.tensor({.name = "x", .shape = {4}});
    const int32_t y = builder.tensor({.name = "y", .shape = {4}});
    builder.op(Code::RELU, {99}, {y});
    expect_error(builder.build({x}, {y}), ErrorCode::InvalidFile, {"tensor 99"});
  }
  {
    TfliteBuilder builder;
    const int32_t x = builder.tensor({.name = "x", .shape = {4}, .buffer = 7});
    expect_error(builder.build({x}, {x}), ErrorCode::InvalidFile, {"'x'", "buffer"});
  }
  {
    TfliteBuilder builder;
    const int32_t x = builder.tensor({.name = "x", .shape = {4}});
    const int32_t a = builder.tensor({.name = "a", .shape = {4}});
    const int32_t y = builder.tensor({.name = "y", .shape = {4}});
    builder.op(Code::RELU, {a}, {y});
    builder.op(Code::RELU, {x}, {a});
    expect_error(builder.build({x}, {y}), ErrorCode::InvalidFile, {"'y'", "'a'", "before it is computed"});
  }
  {
    TfliteBuilder builder;
    const int32_t x = builder.tensor({.name = "x", .shape = {4}});
    const int32_t y = builder.tensor({.name = "y", .shape = {4}});
    builder.op(Code::ADD, {x, y}, {y});
    expect_error(builder.build({x}, {y}), ErrorCode::InvalidFile, {"'y'", "before it is computed"});
  }
  {
    TfliteBuilder builder;
    const int32_t x = builder.tensor({.name = "x", .shape = {4}});
    const int32_t w = builder.floats("w", {4}, {1, 2, 3});
    const int32_t y = builder.tensor({.name = "y", .shape = {4}});
    builder.op(Code::ADD, {x, w}, {y});
    expect_error(builder.build({x}, {y}), ErrorCode::InvalidFile, {"'w'", "12 bytes", "16"});
  }
}

TEST(TfliteReader, ChecksQuantization) {
  struct Case {
    std::vector<float> scale;
    std::vector<int64_t> zero_point;
    int32_t dimension;
    const char* problem;
  };
  const Case cases[] = {
      {{0.0f}, {0}, 0, "not positive"},
      {{1.0f}, {128}, 0, "zero point outside"},
      {{1.0f, 1.0f}, {0, 0}, 0, "not as many as channels"},
      {{1.0f, 1.0f, 1.0f, 1.0f}, {0, 0, 0, 0}, 5, "not as many as channels"},
      {{1.0f}, {0, 0}, 0, "another number"},
      {{1.0f, 1.0f, 1.0f, 1.0f}, {0, 0}, 0, "another number"},
  };
  for (const Case& c : cases) {
    TfliteBuilder builder;
    const int32_t x = builder.tensor({.name = "x",
                                      .shape = {4},
                                      .type = tfl::TensorType::INT8,
                                      .scale = c.scale,
                                      .zero_point = c.zero_point,
                                      .quantized_dimension = c.dimension});
    expect_error(builder.build({x}, {x}), ErrorCode::InvalidFile, {"'x'", c.problem});
  }
}

TEST(TfliteReader, MakesNamesUnique) {
  TfliteBuilder builder;
  const int32_t x = builder.tensor({.name = "t", .shape = {4}});
  const int32_t y = builder.tensor({.name = "t", .shape = {4}});
  const int32_t z = builder.tensor({.name = "", .shape = {4}});
  builder.op(Code::RELU, {x}, {y});
  builder.op(Code::RELU, {y}, {z});
  const Graph graph = read(builder.build({x}, {z}));
  EXPECT_EQ(graph.tensors[0].name, "t");
  EXPECT_EQ(graph.nodes[0].name, "t_1");
  EXPECT_EQ(graph.nodes[1].name, "tensor_2");
}

TEST(TfliteReader, ReadsConstantsBehindTheFlatBuffer) {
  const auto build = [](uint64_t offset, uint64_t size) {
    TfliteBuilder builder;
    const int32_t x = builder.tensor({.name = "x", .shape = {2}});
    const int32_t w =
        builder.tensor({.name = "w", .shape = {2}, .buffer = builder.outside_buffer(offset, size)});
    const int32_t y = builder.tensor({.name = "y", .shape = {2}});
    builder.op(Code::ADD, {x, w}, {y});
    return builder.build({x}, {y});
  };
  Bytes file = build(1000, 8);
  ASSERT_LT(file.size(), 1000u);
  expect_error(file, ErrorCode::InvalidFile, {"'w'", "outside the file"});
  file.resize(1008);
  const float values[] = {3.5f, -1.0f};
  std::memcpy(file.data() + 1000, values, sizeof(values));
  const Graph graph = read(file);
  EXPECT_EQ(graph.tensor(graph.nodes[0].inputs[1]).values<float>()[0], 3.5f);
  expect_error(build(UINT64_MAX - 3, 8), ErrorCode::InvalidFile, {"'w'", "outside the file"});
}

/// A 4x4 matrix stored as CSR over 2x2 blocks: blocks (0,0) and (1,1) are there.
flatbuffers::Offset<tfl::SparsityParameters> block_sparsity(TfliteBuilder& builder,
                                                            std::vector<uint8_t> indices) {
  auto& fbb = builder.fbb();
  const std::vector<uint8_t> segments = {0, 1, 2};
  const auto segment_table = tfl::CreateUint8VectorDirect(fbb, &segments).Union();
  const auto index_table = tfl::CreateUint8VectorDirect(fbb, &indices).Union();
  const auto dense = [&](int32_t size) {
    return tfl::CreateDimensionMetadata(fbb, tfl::DimensionType::DENSE, size);
  };
  const std::vector<flatbuffers::Offset<tfl::DimensionMetadata>> metadata = {
      dense(2),
      tfl::CreateDimensionMetadata(fbb, tfl::DimensionType::SPARSE_CSR, 0,
                                   tfl::SparseIndexVector::Uint8Vector, segment_table,
                                   tfl::SparseIndexVector::Uint8Vector, index_table),
      dense(2), dense(2)};
  const std::vector<int32_t> order = {0, 1, 2, 3};
  const std::vector<int32_t> blocks = {0, 1};
  return tfl::CreateSparsityParametersDirect(fbb, &order, &blocks, &metadata);
}

Bytes sparse_model(std::vector<uint8_t> indices, const std::vector<float>& values) {
  TfliteBuilder builder;
  const auto sparsity = block_sparsity(builder, std::move(indices));
  const int32_t x = builder.tensor({.name = "x", .shape = {4, 4}});
  const int32_t sparse = builder.tensor(
      {.name = "sparse", .shape = {4, 4}, .buffer = builder.buffer(values), .sparsity = sparsity});
  const int32_t dense = builder.tensor({.name = "dense", .shape = {4, 4}});
  const int32_t y = builder.tensor({.name = "y", .shape = {4, 4}});
  builder.op(Code::DENSIFY, {sparse}, {dense});
  builder.op(Code::ADD, {x, dense}, {y});
  return builder.build({x}, {y});
}

TEST(TfliteReader, ExpandsSparseConstantsAndFoldsDensify) {
  const Graph graph = read(sparse_model({0, 1}, {1, 2, 3, 4, 5, 6, 7, 8}));
  ASSERT_EQ(graph.nodes.size(), 1u);
  const Tensor& dense = graph.tensor(graph.nodes[0].inputs[1]);
  EXPECT_EQ(dense.name, "dense");
  const auto values = dense.values<float>();
  EXPECT_EQ(std::vector<float>(values.begin(), values.end()),
            (std::vector<float>{1, 2, 0, 0, 3, 4, 0, 0, 0, 0, 5, 6, 0, 0, 7, 8}));
}

TEST(TfliteReader, ChecksSparseConstants) {
  expect_error(sparse_model({0, 2}, {1, 2, 3, 4, 5, 6, 7, 8}), ErrorCode::InvalidFile,
               {"'sparse'", "outside"});
  expect_error(sparse_model({0, 1}, {1, 2, 3, 4}), ErrorCode::InvalidFile, {"'sparse'", "fewer values"});
  expect_error(sparse_model({0, 1, 1}, {1, 2, 3, 4, 5, 6, 7, 8}), ErrorCode::InvalidFile,
               {"'sparse'", "segments"});
}

}  // namespace
}  // namespace octet::test
