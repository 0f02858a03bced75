// Integer kernels against what TFLite's reference kernels computed: every element of every recorded case,
// through the reader and the executor as a user's model would go.
#include "support/vectors.h"

#include <gtest/gtest.h>

#include <memory>

#include "emulate/executor.h"
#include "formats/tflite/reader.h"

namespace octet::test {
namespace {

class Vectors : public testing::TestWithParam<std::string> {};

/// Says how many elements differ, and the first that does, as integers or reals of the recorded type.
template <class T>
std::string difference(std::span<const std::byte> actual, std::span<const std::byte> expected) {
  const auto a = as<T>(actual);
  const auto e = as<T>(expected);
  size_t count = 0;
  std::string first;
  for (size_t i = 0; i < e.size(); ++i) {
    if (a[i] == e[i]) continue;
    if (count++ == 0) {
      first = "element " + std::to_string(i) + " is " + std::to_string(a[i]) + ", recorded " +
              std::to_string(e[i]);
    }
  }
  if (count == 0) return {};
  return std::to_string(count) + " of " + std::to_string(e.size()) + " elements differ; " + first;
}

std::string difference(const Tensor& tensor, std::span<const std::byte> actual,
                       const RecordedTensor& expected) {
  if (to_string(tensor.dtype) != expected.dtype) return "its type is " + std::string(to_string(tensor.dtype));
  if (tensor.shape != Shape(expected.shape)) return "its shape is " + to_string(tensor.shape);
  switch (tensor.dtype) {
    case DType::Int8:
      return difference<int8_t>(actual, expected.data);
    case DType::Int16:
      return difference<int16_t>(actual, expected.data);
    case DType::Int32:
      return difference<int32_t>(actual, expected.data);
    case DType::Int64:
      return difference<int64_t>(actual, expected.data);
    case DType::Bool:
      return difference<uint8_t>(actual, expected.data);
    case DType::Float32:
      return difference<float>(actual, expected.data);
    default:
      return "its type is not one that was recorded";
  }
}

TEST_P(Vectors, EqualElementForElement) {
  const std::vector<RecordedCase> cases = load_vectors(GetParam());
  ASSERT_FALSE(cases.empty());
  for (const RecordedCase& recorded : cases) {
    SCOPED_TRACE(recorded.name);
    try {
      emulate::Executor executor(std::make_shared<const Graph>(formats::tflite::read(recorded.model)));
      const Graph& graph = executor.graph();
      ASSERT_EQ(graph.inputs.size(), recorded.inputs.size());
      ASSERT_EQ(graph.outputs.size(), recorded.outputs.size());
      for (size_t i = 0; i < recorded.inputs.size(); ++i) executor.set_input(i, recorded.inputs[i].data);
      executor.run();
      for (size_t i = 0; i < recorded.outputs.size(); ++i) {
        EXPECT_EQ(difference(graph.tensor(graph.outputs[i]), executor.output(i), recorded.outputs[i]), "")
            << "output " << i;
      }
    } catch (const Error& error) {
      ADD_FAILURE() << error.message();
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Recorded, Vectors, testing::ValuesIn(recorded_operators()),
                         [](const auto& parameter) { return parameter.param; });

}  // namespace
}  // namespace octet::test
