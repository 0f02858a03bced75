// Shapes whose kernels would need more memory than there is are refused in the node's name, before anything
// is allocated.
#include "emulate/prepare_kernels.h"

#include <gtest/gtest.h>

#include "support/graph_builder.h"

namespace octet::emulate {
namespace {

/// That preparing the graph's only node is refused, and that the message says what it would take.
void expect_too_much(const Graph& graph, const std::string& size) {
  try {
    prepare_kernels(graph);
    FAIL() << "Nothing was refused.";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::OutOfMemory) << error.message();
    EXPECT_EQ(error.where().node, "node_0");
    EXPECT_NE(error.message().find(size), std::string::npos) << error.message();
  }
}

TEST(PrepareKernels, RefusesPackedMatricesBeyondMemory) {
  // One column is packed as eight: 2^27 floats as 4 GiB, which 32 bits count as none. The row takes 0.5.
  test::GraphBuilder builder;
  const TensorId row = builder.input("row", {1, 1 << 27});
  const TensorId column = builder.input("column", {1 << 27, 1});
  builder.output(builder.node(OpKind::BatchMatmul, BatchMatmul{}, {row, column})[0]);
  expect_too_much(builder.graph(), "4.5 GiB");
}

TEST(PrepareKernels, RefusesResizedRowsBeyondMemory) {
  test::GraphBuilder builder;
  const TensorId picture = builder.input("picture", {1, 2, 1, 4});
  builder.output(builder.node(OpKind::ImageResize, ImageResize{.output = {1, 1 << 26}}, {picture})[0]);
  expect_too_much(builder.graph(), "5.1 GiB");
}

TEST(PrepareKernels, RefusesDepthwiseRowsBeyondMemory) {
  // Two rows of the filter lie 65535 apart; what is between them is packed too, one channel as eight.
  test::GraphBuilder builder;
  const TensorId image = builder.input("image", {1, 1 << 16, 1 << 12, 1});
  const TensorId filter = builder.constant<float>({1, 2, 3, 1}, std::vector<float>(6, 1.0f));
  builder.output(builder.node(OpKind::DepthwiseConv2d, Conv2d{.dilation = {65535, 1}}, {image, filter})[0]);
  expect_too_much(builder.graph(), "8.");
}

}  // namespace
}  // namespace octet::emulate
