// Saving and loading .octet files is the identity, and damaged files are refused.
#include "formats/octet/octet_file.h"

#include <gtest/gtest.h>

#include <limits>

#include "formats/tflite/reader.h"
#include "octet_generated.h"
#include "support/graph_builder.h"
#include "support/graph_equality.h"
#include "support/models.h"
#include "support/transforms_graph.h"
#include "support/vectors.h"

namespace octet::test {
namespace {

namespace octet_file = formats::octet_file;
namespace stored = formats::octet_file::schema;

octet_file::Contents sample() {
  GraphBuilder builder;
  const TensorId x = builder.input("x", {1, 4, 4, 2});
  const TensorId w = builder.constant<float>({3, 1, 1, 2}, {1, 2, 3, 4, 5, 6});
  builder.output(builder.node(OpKind::Conv2d, Conv2d{}, {x, w})[0]);
  octet_file::Contents contents;
  contents.quantized = builder.graph();
  contents.quantized.name = "quantized";
  contents.quantized.nodes[0].placement = {Unit::Cvu, 2, {"Because.", "And because."}};
  contents.quantized.nodes[0].source_nodes = {"a", "b"};
  contents.quantized.nodes[0].requantization = RequantizationMode::Sima;
  contents.float_graph = builder.graph();
  contents.target = ops::TargetId::Tflite;
  contents.settings_json = "{\"a\":1}";
  contents.preprocessing_json = "{\"b\":2}";
  contents.report_json = "{\"c\":3}";
  contents.any_shape_on_mla = true;
  contents.input_ranges = {{0, -1.5, 0.1}};
  contents.partition_notes = {"Some nodes belong together.", "Others, too."};
  contents.transforms_json = "[4]";
  contents.source_bytes = 5'000'000'000;
  contents.calibration_samples = 6;
  return contents;
}

void expect_invalid(const Bytes& file, const std::string& word = "") {
  try {
    octet_file::read(file);
    FAIL() << "read";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::InvalidFile) << error.message();
    EXPECT_NE(error.message().find(word), std::string::npos) << error.message();
  }
}

TEST(OctetFile, KeepsEverything) {
  const octet_file::Contents contents = sample();
  const Bytes file = octet_file::write(contents);
  const octet_file::Contents loaded = octet_file::read(file);
  EXPECT_EQ(difference(contents.quantized, loaded.quantized), "");
  EXPECT_EQ(difference(contents.float_graph, loaded.float_graph), "");
  EXPECT_EQ(loaded.target, ops::TargetId::Tflite);
  EXPECT_EQ(loaded.settings_json, contents.settings_json);
  EXPECT_EQ(loaded.preprocessing_json, contents.preprocessing_json);
  EXPECT_EQ(loaded.report_json, contents.report_json);
  EXPECT_TRUE(loaded.any_shape_on_mla);
  EXPECT_EQ(loaded.input_ranges, contents.input_ranges);
  EXPECT_EQ(loaded.partition_notes, contents.partition_notes);
  EXPECT_EQ(loaded.transforms_json, contents.transforms_json);
  EXPECT_EQ(loaded.source_bytes, contents.source_bytes);
  EXPECT_EQ(loaded.calibration_samples, contents.calibration_samples);
  EXPECT_EQ(octet_file::write(loaded), file);
  // Both graphs' filter is one constant in the file and in memory.
  EXPECT_EQ(stored::GetModel(file.data())->constants()->size(), 1u);
  EXPECT_EQ(loaded.quantized.tensors[1].constant, loaded.float_graph.tensors[1].constant);
}

TEST(OctetFile, OfBeforeTheyWereKeptSaysNothingOfSomeFacts) {
  octet_file::Contents contents;
  contents.quantized = sample().quantized;
  const Bytes file = octet_file::write(contents);
  // As a writer that did not know them: the fields are not there.
  const auto* model = reinterpret_cast<const flatbuffers::Table*>(stored::GetModel(file.data()));
  for (const auto field : {stored::Model::VT_ANY_SHAPE_ON_MLA, stored::Model::VT_INPUT_RANGES,
                           stored::Model::VT_PARTITION_NOTES, stored::Model::VT_TRANSFORMS_JSON,
                           stored::Model::VT_SOURCE_BYTES, stored::Model::VT_CALIBRATION_SAMPLES})
    EXPECT_EQ(model->GetOptionalFieldOffset(field), 0);
  const octet_file::Contents loaded = octet_file::read(file);
  EXPECT_FALSE(loaded.any_shape_on_mla);
  EXPECT_TRUE(loaded.input_ranges.empty());
  EXPECT_TRUE(loaded.partition_notes.empty());
  EXPECT_EQ(loaded.transforms_json, "");
  EXPECT_EQ(loaded.calibration_samples, 0u);
}

TEST(OctetFile, RefusesRangesOfInputsThatAreNone) {
  const auto with_range = [](octet_file::InputRange range) {
    octet_file::Contents contents = sample();
    contents.input_ranges = {range};
    return octet_file::write(contents);
  };
  expect_invalid(with_range({1, 0, 1}), "an input that does not exist");
  expect_invalid(with_range({0, 1, 0}), "a range of an input that is none");
  expect_invalid(with_range({0, std::numeric_limits<double>::quiet_NaN(), 0}), "that is none");
  expect_invalid(with_range({0, 0, std::numeric_limits<double>::infinity()}), "that is none");
}

/// `sample()` with a filter of 4 bits.
octet_file::Contents int4_sample(const std::vector<int8_t>& values) {
  GraphBuilder builder;
  const QuantParams scale = QuantParams::per_tensor(0.5f, 0);
  const TensorId x = builder.input("x", {1, 4, 4, 3}, DType::Int8, scale);
  const TensorId w = builder.constant<int8_t>({static_cast<int32_t>(values.size()) / 3, 1, 1, 3}, values);
  builder.graph().tensor(w).quantization = QuantParams{.scale = {0.1f}, .zero_point = {0}, .bits = 4};
  builder.output(builder.node(OpKind::Conv2d, Conv2d{}, {x, w}, {scale}, DType::Int8)[0]);
  octet_file::Contents contents;
  contents.quantized = builder.graph();
  return contents;
}

TEST(OctetFile, HoldsFourBitsInHalfAByte) {
  const octet_file::Contents contents = int4_sample({1, -8, 7, -1, 0, 5, 6, -7, 2});
  const Bytes file = octet_file::write(contents);
  EXPECT_EQ(stored::GetModel(file.data())->constants()->Get(0)->data()->size(), 5u);
  EXPECT_EQ(stored::GetModel(file.data())->format_version(), 2u);
  EXPECT_EQ(stored::GetModel(octet_file::write(sample()).data())->format_version(), 1u);
  const Graph loaded = octet_file::read(file).quantized;
  EXPECT_EQ(difference(contents.quantized, loaded), "");
  EXPECT_EQ(loaded.tensors[1].quantization->bits, 4);
}

TEST(OctetFile, RefusesFourBitsThatDoNotFit) {
  const auto damaged = [](const auto& change) {
    Bytes file = octet_file::write(int4_sample({1, 2, 3, 4, 5, 6}));
    auto* model = flatbuffers::GetMutableRoot<stored::Model>(file.data());
    change(*const_cast<stored::Graph*>(model->quantized()));
    return file;
  };
  const auto tensor = [](stored::Graph& graph, uint32_t i) {
    return const_cast<stored::Tensor*>(graph.tensors()->Get(i));
  };
  expect_invalid(damaged([&](stored::Graph& graph) {
                   auto* shape = const_cast<flatbuffers::Vector<int32_t>*>(tensor(graph, 1)->shape());
                   shape->Mutate(0, 200);
                 }),
                 "half a byte");
}

TEST(OctetFile, KeepsTransforms) {
  octet_file::Contents contents;
  contents.quantized = transforms_graph();
  EXPECT_EQ(difference(contents.quantized, octet_file::read(octet_file::write(contents)).quantized), "");
}

TEST(OctetFile, KeepsOperatorsThatNoOtherFormatHas) {
  GraphBuilder builder;
  const TensorId x = builder.input("x", {1, 2, 2, 2});
  builder.output(builder.node(OpKind::HardSigmoid, HardSigmoid{.alpha = 0.25f, .beta = 0.75f}, {x})[0]);
  octet_file::Contents contents;
  contents.quantized = builder.graph();
  EXPECT_EQ(difference(contents.quantized, octet_file::read(octet_file::write(contents)).quantized), "");
}

TEST(OctetFile, RefusesTransformsWithUnknownChoices) {
  octet_file::Contents contents;
  contents.quantized = transforms_graph();
  Bytes file = octet_file::write(contents);
  const auto* graph = flatbuffers::GetRoot<stored::Model>(file.data())->quantized();
  auto* resize = const_cast<stored::ImageResize*>(graph->nodes()->Get(2)->attributes_as_ImageResize());
  auto* method = const_cast<uint8_t*>(
      reinterpret_cast<const flatbuffers::Table*>(resize)->GetAddressOf(stored::ImageResize::VT_METHOD));
  ASSERT_NE(method, nullptr);
  *method = 200;
  expect_invalid(file, "unknown 'method'");
}

TEST(OctetFile, RecordedModelsSurvive) {
  for (const std::string& name : recorded_operators()) {
    for (const RecordedCase& recorded : load_vectors(name)) {
      SCOPED_TRACE(recorded.name);
      octet_file::Contents contents;
      contents.quantized = formats::tflite::read(recorded.model);
      const octet_file::Contents loaded = octet_file::read(octet_file::write(contents));
      EXPECT_EQ(difference(contents.quantized, loaded.quantized), "");
      EXPECT_TRUE(loaded.float_graph.nodes.empty());
    }
  }
}

TEST(OctetFile, RealModelsSurvive) {
  if (real_models().empty()) GTEST_SKIP() << "No model is installed.";
  for (const auto& path : real_models()) {
    SCOPED_TRACE(path.filename().string());
    octet_file::Contents contents;
    contents.quantized = formats::tflite::read(read_file(path));
    EXPECT_EQ(difference(contents.quantized, octet_file::read(octet_file::write(contents)).quantized), "");
  }
}

TEST(OctetFile, RejectsOtherAndTruncatedFiles) {
  expect_invalid({}, "not an .octet file");
  expect_invalid(Bytes(64, std::byte{1}), "not an .octet file");
  const Bytes file = octet_file::write(sample());
  for (size_t length = 0; length + 16 < file.size(); length += 16) {
    SCOPED_TRACE(length);
    expect_invalid(Bytes(file.begin(), file.begin() + static_cast<long>(length)));
  }
}

TEST(OctetFile, RejectsGraphsThatContradictThemselves) {
  octet_file::Contents contents = sample();
  contents.quantized.tensor(contents.quantized.outputs[0]).shape = {1, 4, 4, 2};
  expect_invalid(octet_file::write(contents), "is declared other than");

  contents = sample();
  contents.quantized.nodes[0].attributes = Softmax{};
  expect_invalid(octet_file::write(contents), "attributes");

  contents = sample();
  contents.quantized.nodes[0].inputs[0] = contents.quantized.outputs[0];
  expect_invalid(octet_file::write(contents), "before it is computed");

  contents = sample();
  contents.quantized.tensors[0].dtype = DType::Int8;
  expect_invalid(octet_file::write(contents), "no quantization parameters");

  contents = sample();
  contents.quantized.nodes[0].inputs[0] = static_cast<TensorId>(99);
  expect_invalid(octet_file::write(contents), "a tensor it lacks");
}

TEST(OctetFile, RejectsNewerFormats) {
  Bytes file = octet_file::write(sample());
  // No mutable accessors are generated: find the one field that holds the version.
  const uint8_t* model = reinterpret_cast<const uint8_t*>(stored::GetModel(file.data()));
  const auto* table = reinterpret_cast<const flatbuffers::Table*>(model);
  const uint8_t* field = table->GetAddressOf(stored::Model::VT_FORMAT_VERSION);
  file[static_cast<size_t>(field - reinterpret_cast<const uint8_t*>(file.data()))] =
      static_cast<std::byte>(octet_file::kFormatVersion + 1);
  try {
    octet_file::read(file);
    FAIL() << "read";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::UnsupportedModel);
    EXPECT_FALSE(error.hint().empty());
  }
}

}  // namespace
}  // namespace octet::test
