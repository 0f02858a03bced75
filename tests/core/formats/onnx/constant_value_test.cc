// Constants of .onnx files: every type, in bytes, in lists and in other files.
#include "formats/onnx/constant_value.h"

#include <gtest/gtest.h>

#include <array>

#include "ir/error.h"
#include "support/onnx_builder.h"

namespace octet::formats::onnx {
namespace {

using test::onnx::message;

const ExternalData kNoOtherFiles = [](const ExternalPart&) -> Constant {
  ADD_FAILURE() << "No other file is needed.";
  return nullptr;
};

/// A file whose one initializer is the message.
struct File {
  explicit File(const std::string& tensor)
      : bytes(std::make_shared<const Bytes>(test::onnx::model({.initializers = {tensor}}))),
        model(parse_model(*bytes)) {}
  ConstantValue value(const ExternalData& external = kNoOtherFiles) const {
    return constant_value_of(model.graph.initializers[0], bytes, external);
  }
  std::shared_ptr<const Bytes> bytes;
  ModelMessage model;
};

/// A TensorProto whose numbers are in a list: of varints, of floats or of doubles.
std::string list_tensor(int32_t type, const std::vector<int64_t>& dims, uint32_t field,
                        const std::vector<uint64_t>& numbers) {
  return message([&](auto& w) {
    for (const int64_t dim : dims) w.add_int64(1, dim);
    w.add_int32(2, type);
    if (field == 4) {
      std::vector<float> reals;
      for (const uint64_t n : numbers) reals.push_back(static_cast<float>(n));
      w.add_packed_float(4, reals.begin(), reals.end());
    } else if (field == 10) {
      std::vector<double> reals;
      for (const uint64_t n : numbers) reals.push_back(static_cast<double>(n));
      w.add_packed_double(10, reals.begin(), reals.end());
    } else {
      w.add_packed_uint64(field, numbers.begin(), numbers.end());
    }
  });
}

template <class T>
std::vector<T> values_of(const ConstantValue& value) {
  const auto values = as<T>(*value.contents);
  return {values.begin(), values.end()};
}

ErrorCode code_of(const std::string& tensor) {
  try {
    File(tensor).value();
  } catch (const Error& error) {
    return error.code();
  }
  ADD_FAILURE() << "It was read.";
  return ErrorCode::Internal;
}

TEST(OnnxConstants, AreReadFromListsOfNumbers) {
  EXPECT_EQ(values_of<float>(File(list_tensor(1, {3}, 4, {1, 2, 3})).value()), (std::vector<float>{1, 2, 3}));
  EXPECT_EQ(values_of<int8_t>(File(list_tensor(3, {2}, 5, {0xFFFFFFFFFFFFFFFF, 7})).value()),
            (std::vector<int8_t>{-1, 7}));
  EXPECT_EQ(values_of<int64_t>(File(list_tensor(7, {1, 2}, 7, {5, uint64_t{1} << 40})).value()),
            (std::vector<int64_t>{5, int64_t{1} << 40}));
  EXPECT_EQ(values_of<uint8_t>(File(list_tensor(9, {2}, 5, {1, 0})).value()), (std::vector<uint8_t>{1, 0}));
  EXPECT_EQ(values_of<int64_t>(File(list_tensor(12, {1}, 11, {4000000000u})).value()),
            (std::vector<int64_t>{4000000000}));
}

TEST(OnnxConstants, OfOtherFloatsBecomeFloat32) {
  const ConstantValue doubles = File(list_tensor(11, {2}, 10, {1, 3})).value();
  EXPECT_EQ(doubles.dtype, DType::Float32);
  EXPECT_EQ(doubles.stored_as, ElementType::Double);
  EXPECT_EQ(values_of<float>(doubles), (std::vector<float>{1, 3}));
  // 1 and -2 as halves, of both kinds.
  EXPECT_EQ(values_of<float>(File(list_tensor(10, {2}, 5, {0x3C00, 0xC000})).value()),
            (std::vector<float>{1, -2}));
  EXPECT_EQ(values_of<float>(File(test::onnx::raw_tensor<uint16_t>("w", 16, {2}, {0x3F80, 0xC000})).value()),
            (std::vector<float>{1, -2}));
}

TEST(OnnxConstants, OfFourBitsGetAByteEach) {
  EXPECT_EQ(values_of<int8_t>(File(test::onnx::raw_tensor<uint8_t>("w", 22, {3}, {0x8F, 0x07})).value()),
            (std::vector<int8_t>{-1, -8, 7}));
  EXPECT_EQ(values_of<uint8_t>(File(test::onnx::raw_tensor<uint8_t>("w", 21, {3}, {0x8F, 0x07})).value()),
            (std::vector<uint8_t>{15, 8, 7}));
}

TEST(OnnxConstants, MayHaveNoElements) {
  const ConstantValue roi = File(test::onnx::raw_tensor<float>("roi", 1, {0}, {})).value();
  EXPECT_EQ(roi.elements(), 0);
  EXPECT_EQ(roi.contents->size(), 0u);
  // However large the other extents are.
  EXPECT_EQ(File(test::onnx::raw_tensor<float>("w", 1, {int64_t{1} << 62, 0}, {})).value().elements(), 0);
}

TEST(OnnxConstants, NeedAsManyNumbersAsTheirShape) {
  EXPECT_EQ(code_of(test::onnx::raw_tensor<float>("w", 1, {3}, {1, 2})), ErrorCode::InvalidFile);
  EXPECT_EQ(code_of(list_tensor(1, {3}, 4, {1, 2})), ErrorCode::InvalidFile);
  EXPECT_EQ(code_of(list_tensor(1, {1}, 4, {1, 2})), ErrorCode::InvalidFile);
  EXPECT_EQ(code_of(test::onnx::raw_tensor<float>("w", 1, {-1}, {1})), ErrorCode::InvalidFile);
  // Twenty bytes cannot claim a terabyte.
  EXPECT_EQ(code_of(test::onnx::raw_tensor<float>("w", 1, {int64_t{1} << 40}, {1})), ErrorCode::InvalidShape);
  EXPECT_EQ(code_of(test::onnx::raw_tensor<float>("w", 1, {int64_t{1} << 33, int64_t{1} << 33}, {1})),
            ErrorCode::InvalidShape);
  EXPECT_EQ(code_of(test::onnx::raw_tensor<float>("w", 1, {1 << 28}, {1})), ErrorCode::InvalidFile);
  EXPECT_EQ(code_of(list_tensor(7, {1 << 28}, 7, {1})), ErrorCode::InvalidFile);
}

TEST(OnnxConstants, OfStringsAreRefused) {
  EXPECT_EQ(code_of(test::onnx::raw_tensor<uint8_t>("w", 8, {1}, {1})), ErrorCode::UnsupportedModel);
}

std::string external_tensor(const std::string& location, const std::string& offset = "4") {
  return message([&](auto& w) {
    w.add_int64(1, 2);
    w.add_int32(2, 1);
    w.add_string(8, "w");
    for (const auto& [key, value] : {std::pair("location", location), std::pair("offset", offset)})
      w.add_message(13, message([&, k = std::string(key), v = value](auto& entry) {
                      entry.add_string(1, k);
                      entry.add_string(2, v);
                    }));
    w.add_int32(14, 1);
  });
}

TEST(OnnxConstants, MayLieInOtherFiles) {
  const File file(external_tensor("data/weights.bin"));
  std::optional<ExternalPart> asked;
  const ConstantValue value = file.value([&](const ExternalPart& part) {
    asked = part;
    constexpr std::array<float, 2> kValues = {1.5f, -2.0f};
    return make_constant(std::span<const float>(kValues));
  });
  EXPECT_EQ(asked->location, "data/weights.bin");
  EXPECT_EQ(asked->offset, 4u);
  EXPECT_EQ(asked->length, 8u);
  EXPECT_EQ(values_of<float>(value), (std::vector<float>{1.5f, -2.0f}));
}

TEST(OnnxConstants, NeverLieOutsideTheModelsFolder) {
  for (const char* const location :
       {"/etc/passwd", "../w", "data/../../w", "..\\w", "C:\\w", "\\\\host\\w", "a/..", ""})
    EXPECT_EQ(code_of(external_tensor(location)), ErrorCode::InvalidFile) << location;
  EXPECT_EQ(code_of(external_tensor("w", "many")), ErrorCode::InvalidFile);
}

}  // namespace
}  // namespace octet::formats::onnx
