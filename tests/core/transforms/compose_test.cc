#include "transforms/compose.h"

#include <gtest/gtest.h>

#include <vector>

#include "ir/error.h"
#include "partition/partition.h"
#include "support/graph_builder.h"
#include "transforms/auxiliary.h"

namespace octet::transforms {
namespace {

const partition::Target& gen1() { return partition::target_of(ops::TargetId::Gen1); }

/// A network of transforms that is called `name`, on one float input "x".
Graph network(const std::string& name, const std::string& transforms, const Shape& shape) {
  Tensor input;
  input.name = "x";
  input.shape = shape;
  return auxiliary_graph(name, transforms, {input}, gen1());
}

Composition composed(const std::vector<const Graph*>& graphs) {
  std::vector<Part> parts;
  for (const Graph* graph : graphs) parts.push_back({graph, graph});
  return compose("whole", parts);
}

std::string message_of(const std::vector<const Graph*>& graphs, ErrorCode code) {
  try {
    composed(graphs);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), code);
    return error.message();
  }
  ADD_FAILURE() << "An error was expected.";
  return {};
}

const char* const kSoftmax = R"([{"transform":"softmax"}])";
const char* const kFlat = R"([{"transform":"reshape","newshape":[-1]}])";

TEST(Compose, ComputesWhatThePartsComputeInTurn) {
  const Graph first =
      network("first", R"([{"transform":"layout","srcLayout":"AB","dstLayout":"BA"}])", {2, 3});
  const Graph second = network("second", kSoftmax, {3, 2});
  const Composition whole = composed({&first, &second});
  test::Random random(1);
  const std::vector<float> input = random.floats(6, -2, 2);
  EXPECT_EQ(test::run<float>(whole.quantized, {input}),
            test::run<float>(second, {test::run<float>(first, {input})}));
  EXPECT_EQ(whole.quantized.name, "whole");
}

TEST(Compose, MakesNamesUniqueAndKeepsSources) {
  const Graph softmax = network("softmax", kSoftmax, {1, 4});
  const Composition whole = composed({&softmax, &softmax, &softmax});
  const std::vector<Node>& nodes = whole.float_graph.nodes;
  ASSERT_EQ(nodes.size(), 3u);
  EXPECT_EQ(nodes[0].name, "x/softmax");
  EXPECT_EQ(nodes[1].name, "x/softmax_2");
  EXPECT_EQ(nodes[2].name, "x/softmax_3");
  EXPECT_EQ(nodes[2].source_nodes, std::vector<std::string>{"x/softmax"});
  EXPECT_EQ(whole.parts[1].nodes.at("x/softmax"), "x/softmax_2");
  // Where parts meet, there is one tensor.
  EXPECT_EQ(whole.parts[1].tensors.at("x"), "x/softmax");
  EXPECT_EQ(whole.float_graph.tensor(whole.float_graph.outputs[0]).name, "x/softmax_3");
  EXPECT_EQ(whole.float_graph.tensors.size(), 4u);
}

TEST(Compose, DividesTheWholeIntoSegments) {
  test::GraphBuilder convolution;
  const TensorId input = convolution.input("x", {1, 4, 4, 2});
  const TensorId weights = convolution.constant<float>({2, 1, 1, 2}, {1, 2, 3, 4});
  convolution.output(convolution.node(OpKind::Conv2d, Conv2d{}, {input, weights})[0]);
  partition::partition(convolution.graph(), gen1());
  const Graph before =
      network("before", R"([{"transform":"crop","boundingBox":[[0,0],[4,4]]}])", {1, 5, 5, 2});
  const Graph after = network("after", kSoftmax, {1, 4, 4, 2});
  Composition whole = composed({&before, &convolution.graph(), &after});
  const partition::Report report = partition::report_on(whole.float_graph, gen1());
  ASSERT_EQ(report.segments.size(), 3u);
  EXPECT_EQ(report.segments[0].name, "CVU_0");
  EXPECT_EQ(report.segments[1].name, "MLA_1");
  EXPECT_EQ(report.segments[2].name, "CVU_2");
  // 4 x 4 x 2 floats in, and as many INT8 out.
  EXPECT_EQ(report.boundary_bytes, 32 * 4 + 32);
  partition::copy_segments(whole.float_graph, whole.quantized);
  EXPECT_EQ(whole.quantized.nodes[1].placement.segment, 1);
}

TEST(Compose, NamesBothEndsOfAMismatch) {
  const Graph softmax = network("soft", kSoftmax, {1, 4});
  const Graph flat = network("flat", kFlat, {2, 2});
  EXPECT_EQ(message_of({&softmax, &flat}, ErrorCode::InvalidShape),
            "Output 'x/softmax' of 'soft' is float32 1x4; input 'x' of 'flat' takes float32 2x2.");
  const Graph integers = network("ints", R"([{"transform":"quantization","channelParams":[[1,0]]}])", {1, 4});
  EXPECT_EQ(
      message_of({&integers, &softmax}, ErrorCode::InvalidInput),
      "Output 'x/quantization' of 'ints' is int8 1x4 with scale 1.000000 and zero point 0; input 'x' of "
      "'soft' takes float32 1x4.");
  Tensor a;
  a.name = "a";
  a.shape = {1, 4};
  Tensor b = a;
  b.name = "b";
  const Graph two =
      auxiliary_graph("two", R"([{"transform":"softmax"},{"transform":"softmax"}])", {a, b}, gen1());
  EXPECT_EQ(message_of({&softmax, &two}, ErrorCode::InvalidInput),
            "'soft' has 1 outputs, and 'two' behind it takes 2 inputs.");
}

TEST(Compose, RefusesNothingAndModelsWithoutFloatGraph) {
  EXPECT_THROW(composed({}), Error);
  const Graph softmax = network("soft", kSoftmax, {1, 4});
  const Graph none;
  const Part parts[] = {{&softmax, &none}};
  EXPECT_THROW(compose("whole", parts), Error);
}

}  // namespace
}  // namespace octet::transforms
