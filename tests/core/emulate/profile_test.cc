#include "emulate/profile.h"

#include <gtest/gtest.h>

#include "support/graph_builder.h"

namespace octet::emulate {
namespace {

std::shared_ptr<const Graph> two_transposes() {
  test::GraphBuilder builder;
  const TensorId a = builder.node(OpKind::Transpose, Transpose{{1, 0}}, {builder.input("x", {64, 64})})[0];
  builder.output(builder.node(OpKind::Transpose, Transpose{{1, 0}}, {a})[0]);
  return std::make_shared<const Graph>(builder.graph());
}

TEST(Profile, TimesEachNode) {
  Executor executor(two_transposes());
  const std::vector<float> values(64 * 64, 1.0f);
  const std::vector<std::span<const std::byte>> inputs = {std::as_bytes(std::span(values))};
  const std::vector<double> milliseconds = profile(executor, inputs, 50);
  ASSERT_EQ(milliseconds.size(), 2u);
  EXPECT_GT(milliseconds[0], 0);
  EXPECT_GT(milliseconds[1], 0);
}

TEST(Profile, ChecksItsInputs) {
  Executor executor(two_transposes());
  const std::vector<float> values(3);
  const std::vector<std::span<const std::byte>> inputs = {std::as_bytes(std::span(values))};
  EXPECT_THROW(profile(executor, inputs, 1), Error);
}

}  // namespace
}  // namespace octet::emulate
