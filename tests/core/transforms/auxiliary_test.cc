#include "transforms/auxiliary.h"

#include <gtest/gtest.h>

#include <vector>

#include "ir/error.h"
#include "support/graph_builder.h"

namespace octet::transforms {
namespace {

const partition::Target& gen1() { return partition::target_of(ops::TargetId::Gen1); }

Graph network(const std::string& transforms, const std::string& inputs,
              const partition::Target& target = gen1()) {
  return auxiliary_graph("aux", transforms, tensor_types(inputs), target);
}

std::string floats(const std::string& name, const std::string& shape) {
  return R"({"name": ")" + name + R"(", "dtype": "float32", "shape": )" + shape + "}";
}

Graph on_floats(const std::string& transform, const std::string& shape) {
  return network("[" + transform + "]", "[" + floats("x", shape) + "]");
}

/// The error of a call; fails when there is none.
template <class Call>
Error error_of(const Call& call) {
  try {
    call();
  } catch (const Error& error) {
    return error;
  }
  ADD_FAILURE() << "An error was expected.";
  return Error(ErrorCode::Internal, "");
}

void expect_error(const std::string& transform, const std::string& shape, ErrorCode code,
                  const std::string& part) {
  const Error error = error_of([&] { on_floats(transform, shape); });
  EXPECT_EQ(error.code(), code) << error.message();
  EXPECT_NE(error.message().find(part), std::string::npos) << error.message();
}

std::vector<float> result(const Graph& graph, const std::vector<float>& values) {
  return test::run<float>(graph, {values});
}

TEST(Auxiliary, MovesAndSelects) {
  const std::vector<float> six = {0, 1, 2, 3, 4, 5};
  const auto of = [&](const std::string& transform) {
    return result(on_floats(transform, "[1,2,3,1]"), six);
  };
  EXPECT_EQ(of(R"({"transform":"layout","srcLayout":"NHWC","dstLayout":"NWHC"})"),
            (std::vector<float>{0, 3, 1, 4, 2, 5}));
  EXPECT_EQ(of(R"({"transform":"crop","boundingBox":[[1,0],[3,1]]})"), (std::vector<float>{1, 2}));
  EXPECT_EQ(of(R"({"transform":"slice","begin":[0,-1,0,0],"end":[1,2,-1,1]})"), (std::vector<float>{3, 4}));
  EXPECT_EQ(of(R"({"transform":"identity"})"), six);
  const Graph reshaped = on_floats(R"({"transform":"reshape","newshape":[3,-1]})", "[1,2,3,1]");
  EXPECT_EQ(reshaped.tensor(reshaped.outputs[0]).shape, (Shape{3, 2}));
}

TEST(Auxiliary, TakesSoftmaxAlongAnyAxis) {
  const std::vector<float> values = {0, 200, 200, 0, 0, 0};
  EXPECT_EQ(result(on_floats(R"({"transform":"softmax"})", "[3,2]"), values),
            (std::vector<float>{0, 1, 1, 0, 0.5f, 0.5f}));
  EXPECT_EQ(result(on_floats(R"({"transform":"softmax","axis":0})", "[2,3]"), {0, 200, 5, 200, 0, 5}),
            (std::vector<float>{0, 1, 0.5f, 1, 0, 0.5f}));
}

TEST(Auxiliary, TakesTheLargestIndex) {
  const Graph graph = on_floats(R"({"transform":"argmax","axis":-1})", "[2,3]");
  EXPECT_EQ((test::run<int32_t, float>(graph, {{0, 2, 1, 5, 2, 1}})), (std::vector<int32_t>{1, 0}));
}

TEST(Auxiliary, QuantizesAndBack) {
  const std::string quantize = R"({"transform":"quantization","channelParams":[[0.5,-1]]})";
  const Graph graph = on_floats(quantize, "[1,4]");
  EXPECT_EQ(graph.tensor(graph.outputs[0]).quantization, QuantParams::per_tensor(0.5f, -1));
  EXPECT_EQ((test::run<int8_t, float>(graph, {{0, 1, -200, 0.25f}})), (std::vector<int8_t>{-1, 1, -128, 0}));

  const std::string back = R"({"transform":"dequantization","channelParams":[[0.5,-1]]})";
  const Graph both =
      on_floats(R"({"transform":"compose","transforms":[)" + quantize + "," + back + "]}", "[1,4]");
  EXPECT_EQ(result(both, {0, 1, -200, 0.25f}), (std::vector<float>{0, 1, -63.5f, 0.5f}));
  // An input's integers stand for what the transform says.
  const Graph alone = network("[" + back + "]", R"([{"name":"x","dtype":"int8","shape":[1,2]}])");
  EXPECT_EQ((test::run<float, int8_t>(alone, {{-1, 1}})), (std::vector<float>{0, 1}));
}

TEST(Auxiliary, SavesSigmoidAsInt16) {
  const Graph graph = on_floats(R"({"transform":"sigmoid","saveInt16":true})", "[1,2]");
  EXPECT_EQ((test::run<int16_t, float>(graph, {{0, -100}})), (std::vector<int16_t>{16384, 0}));
}

TEST(Auxiliary, PlacesNodesAndSaysWhy) {
  const std::string both =
      R"([{"transform":"compose","transforms":[{"transform":"softmax"},{"transform":"sigmoid"}]}])";
  const std::string input = "[" + floats("scores", "[1,4]") + "]";
  const Graph graph = network(both, input);
  ASSERT_EQ(graph.nodes.size(), 2u);
  EXPECT_EQ(graph.nodes[0].name, "scores/softmax");
  for (const Node& node : graph.nodes) {
    const bool cvu = ops::operator_of(node.op).cvu;
    EXPECT_EQ(node.placement.unit, cvu ? Unit::Cvu : Unit::Apu);
    ASSERT_EQ(node.placement.reasons.size(), 1u);
    EXPECT_EQ(node.placement.reasons[0], "It is a transform, and the CVU " +
                                             std::string(cvu ? "runs " : "does not run ") +
                                             std::string(to_string(node.op)) + ".");
  }
  const Graph tflite = network(both, input, partition::target_of(ops::TargetId::Tflite));
  EXPECT_EQ(tflite.nodes[0].placement.unit, Unit::Apu);
  EXPECT_EQ(tflite.nodes[0].placement.reasons[0], "It is a transform, and this target has no CVU.");
}

TEST(Auxiliary, HasOneTransformAnInput) {
  const std::string inputs = "[" + floats("a", "[1,2]") + "," + floats("b", "[1,3]") + "]";
  const Graph graph = network(R"([{"transform":"softmax"},{"transform":"identity"}])", inputs);
  ASSERT_EQ(graph.outputs.size(), 2u);
  EXPECT_EQ(graph.tensor(graph.outputs[1]).name, "b/identity");
  for (const char* transforms :
       {"[]", R"([{"transform":"softmax"}])",
        R"([{"transform":"softmax"},{"transform":"softmax"},{"transform":"softmax"}])"}) {
    const Error error = error_of([&] { network(transforms, inputs); });
    EXPECT_NE(error.message().find("do not take the 2 inputs"), std::string::npos) << error.message();
  }
}

TEST(Auxiliary, RefusesBadTransforms) {
  const ErrorCode config = ErrorCode::InvalidConfig;
  expect_error("3", "[1,4]", config, "must be a JSON object");
  expect_error(R"({"transform":"sofmax"})", "[1,4]", config, "no transform 'sofmax'");
  expect_error(R"({"transform":"softmax","axes":1})", "[1,4]", config, "no field 'axes'");
  expect_error(R"({"transform":"softmax","axis":1.5})", "[1,4]", config, "must be an integer");
  expect_error(R"({"transform":"softmax","axis":2})", "[1,4]", config, "axis 2 does not exist in 'x'");
  expect_error(R"({"transform":"argmax"})", "[1,4]", config, "lacks 'axis'");
  expect_error(R"({"transform":"reshape","newshape":[3,-1]})", "[1,4]", config, "stands for no extent");
  expect_error(R"({"transform":"reshape","newshape":[-1,-1]})", "[1,4]", config, "stands for no extent");
  expect_error(R"({"transform":"reshape","newshape":[5]})", "[1,4]", ErrorCode::InvalidShape, "x/reshape");
  expect_error(R"({"transform":"layout","srcLayout":"NHWC","dstLayout":"NCH"})", "[1,2,3,4]", config,
               "the same dimensions");
  expect_error(R"({"transform":"layout","srcLayout":"NC","dstLayout":"CN"})", "[1,2,3,4]",
               ErrorCode::InvalidShape, "x/layout");
  expect_error(R"({"transform":"slice","begin":[0,3],"end":[1,3]})", "[1,4]", config, "dimension 1");
  expect_error(R"({"transform":"slice","begin":[0],"end":[1]})", "[1,4]", config, "2 dimensions");
  expect_error(R"({"transform":"crop","boundingBox":[[0,0],[5,1]]})", "[1,4,4,3]", config, "4 x 4");
  expect_error(R"({"transform":"crop","boundingBox":[[0,0],[1,1]]})", "[4,4]", config, "no image");
  expect_error(R"({"transform":"quantization","channelParams":[[1,0],[1,0]]})", "[1,4]", config, "2 pairs");
  expect_error(R"({"transform":"quantization","channelParams":[[0,0]]})", "[1,4]", config, "above zero");
  expect_error(R"({"transform":"quantization","channelParams":[[1,128]]})", "[1,4]", config, "none of int8");
  expect_error(R"({"transform":"quantization","channelParams":[[1,1]],"numBits":16})", "[1,4]", config,
               "none of int16");
  expect_error(R"({"transform":"quantization","channelParams":[[1,0]],"numBits":4})", "[1,4]", config,
               "'numBits' is 4");
  expect_error(R"({"transform":"dequantization","channelParams":[[1,0]]})", "[1,4]", config, "is float32");
  expect_error(R"({"transform":"compose","transforms":[]})", "[1,4]", config, "at least one");
  std::string deep = R"({"transform":"softmax"})";
  for (int i = 0; i < 100; ++i) deep = R"({"transform":"compose","transforms":[)" + deep + "]}";
  expect_error(deep, "[1,4]", config, "nested too deep");
}

TEST(Auxiliary, RefusesBadInputs) {
  const auto message = [](const std::string& inputs) {
    const Error error = error_of([&] { network(R"([{"transform":"softmax"}])", inputs); });
    EXPECT_EQ(error.code(), ErrorCode::InvalidConfig) << error.message();
    return error.message();
  };
  const auto holds = [](const std::string& text, const char* part) {
    return text.find(part) != std::string::npos;
  };
  EXPECT_TRUE(holds(message("[]"), "at least one input"));
  EXPECT_TRUE(holds(message("[{}]"), "a name, a dtype and a shape"));
  EXPECT_TRUE(
      holds(message(R"([{"name":"x","dtype":"float8","shape":[1]}])"), "a name, a dtype and a shape"));
  EXPECT_TRUE(holds(message(R"([{"name":"x","dtype":"float32","shape":[0]}])"), "positive integers"));
  EXPECT_TRUE(holds(
      message(R"([{"name":"x","dtype":"int8","shape":[1],"quantization":{"scale":[-1],"zeroPoint":[0]}}])"),
      "not positive"));
  EXPECT_TRUE(holds(message(R"([{"name":"x","dtype":"int8","shape":[1],"quantization":{"scale":"a"}}])"),
                    "scales and zero points"));
  // Integers without a scale are no reals.
  EXPECT_TRUE(holds(message(R"([{"name":"x","dtype":"int8","shape":[1,4]}])"), "x/softmax"));
  EXPECT_TRUE(holds(message(R"([{"name":"x","dtype":"int32","shape":[1,4]}])"), "x/softmax"));
}

TEST(Auxiliary, RefusesAnotherMeaningOfIntegers) {
  const Error error = error_of([] {
    network(R"([{"transform":"dequantization","channelParams":[[0.5,-1]]}])",
            R"([{"name":"x","dtype":"int8","shape":[1],"quantization":{"scale":[0.25],"zeroPoint":[-1]}}])");
  });
  EXPECT_NE(error.message().find("stand for other reals"), std::string::npos) << error.message();
}

}  // namespace
}  // namespace octet::transforms
