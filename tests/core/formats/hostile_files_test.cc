// Files made to end the program: tests/fuzz/hostile, and recorded models with one field less.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "emulate/prepare_kernels.h"
#include "formats/tflite/reader.h"
#include "prepare/prepare.h"
#include "support/graph_builder.h"
#include "support/read_errors.h"
#include "support/vectors.h"

namespace octet::test {
namespace {

Bytes hostile_file(const std::string& name) {
  std::ifstream stream(std::filesystem::path(OCTET_SOURCE) / "tests/fuzz/hostile" / name, std::ios::binary);
  const std::vector<char> chars((std::istreambuf_iterator<char>(stream)), std::istreambuf_iterator<char>());
  EXPECT_FALSE(chars.empty()) << name;
  const auto* data = reinterpret_cast<const std::byte*>(chars.data());
  return {data, data + chars.size()};
}

TEST(HostileFiles, AnOperatorWithoutAListOfInputsIsRefused) {
  const std::optional<Error> error = error_of(hostile_file("absent-inputs.tflite"));
  ASSERT_TRUE(error.has_value());
  EXPECT_EQ(error->code(), ErrorCode::InvalidFile) << error->message();
  EXPECT_FALSE(error->where().node.empty()) << error->message();
}

TEST(HostileFiles, MatricesThatDoNotFitIntoMemoryAreRefused) {
  const Graph graph = prepare::prepare(formats::tflite::read(hostile_file("matmul-of-4-gib-scratch.tflite")));
  try {
    emulate::prepare_kernels(graph);
    FAIL() << "Nothing was refused.";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::OutOfMemory) << error.message();
    EXPECT_FALSE(error.where().node.empty());
  }
}

TEST(HostileFiles, ScalesPastTheLargestShiftSaturate) {
  const Graph graph = formats::tflite::read(hostile_file("int16-matmul-of-huge-scales.tflite"));
  std::vector<std::vector<int16_t>> inputs;
  for (const TensorId input : graph.inputs)
    inputs.emplace_back(static_cast<size_t>(graph.tensor(input).shape.elements()), int16_t{1});
  for (const int16_t value : run<int16_t>(graph, inputs)) EXPECT_EQ(value, 32767);
}

TEST(HostileFiles, AnAbsentFieldEndsInAnErrorOrNowhere) {
  // A zero in a table's list of offsets stands for an absent field. Which words of a file are such offsets is
  // not looked at: each word that is not zero takes its turn.
  size_t refused = 0;
  for (const std::string& name : recorded_operators()) {
    const Bytes whole = load_vectors(name).front().model;
    for (size_t at = 0; at + sizeof(uint16_t) <= whole.size(); at += sizeof(uint16_t)) {
      if (whole[at] == std::byte{0} && whole[at + 1] == std::byte{0}) continue;
      Bytes file = whole;
      file[at] = file[at + 1] = std::byte{0};
      if (const std::optional<Error> error = error_of(file)) {
        ++refused;
        EXPECT_NE(error->code(), ErrorCode::Internal) << name << " at " << at << ": " << error->message();
      }
    }
  }
  EXPECT_GT(refused, 1000u);
}

}  // namespace
}  // namespace octet::test
