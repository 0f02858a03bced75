// Reading whole .onnx models: what becomes of nodes, names, shapes and constants, and what is refused. That
// operators compute what ONNX defines is for the package's own tests (tests/interop/onnx_reader).
#include "formats/onnx/reader.h"

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "ir/error.h"
#include "support/graph_builder.h"
#include "support/onnx_builder.h"

namespace octet::formats::onnx {
namespace {

using test::onnx::GraphParts;
using test::onnx::integer_attribute;
using test::onnx::integers_attribute;
using test::onnx::message;
using test::onnx::model;
using test::onnx::node;
using test::onnx::raw_tensor;
using test::onnx::value;

constexpr int32_t kFloat = 1;
constexpr int32_t kInt64 = 7;
constexpr int32_t kBool = 9;
constexpr int32_t kFloat16 = 10;

Graph graph_of(const GraphParts& parts, const ImportOptions& options = {}, int64_t version = 17) {
  return read_with_warnings(model(parts, version), options).graph;
}

Error refusal_of(const GraphParts& parts, const ImportOptions& options = {}, int64_t version = 17) {
  try {
    graph_of(parts, options, version);
  } catch (const Error& error) {
    return error;
  }
  ADD_FAILURE() << "It was read.";
  return Error(ErrorCode::Internal, "");
}

std::string ints(const std::string& name, const std::vector<int64_t>& values) {
  return raw_tensor(name, kInt64, {static_cast<int64_t>(values.size())}, values);
}

std::string floats(const std::string& name, const std::vector<int64_t>& dims,
                   const std::vector<float>& values) {
  return raw_tensor(name, kFloat, dims, values);
}

std::vector<OpKind> operators(const Graph& graph) {
  std::vector<OpKind> kinds;
  for (const Node& each : graph.nodes) kinds.push_back(each.op);
  return kinds;
}

TEST(OnnxReader, KeepsNamesAndMakesUpOthersThatTheFileHasNot) {
  const Graph graph = graph_of({.nodes = {node("HardSigmoid", {"x"}, {"gate"}, {}, "a"),
                                          node("Selu", {"gate"}, {"y"}), node("Relu", {"y"}, {"z"}, {}, "a")},
                                .inputs = {value("x", {2, 3})},
                                .outputs = {value("z", {2, 3})}});
  EXPECT_EQ(graph.nodes[0].name, "a");
  EXPECT_EQ(graph.tensor(graph.nodes[0].outputs[0]).name, "gate");
  // SELU is taken apart: the last part has the node's name and its result's.
  const Node& last = graph.nodes[graph.nodes.size() - 2];
  EXPECT_EQ(last.name, "Selu_0");
  EXPECT_EQ(graph.tensor(last.outputs[0]).name, "y");
  for (size_t n = 1; n + 1 < graph.nodes.size(); ++n)
    EXPECT_EQ(graph.nodes[n].source_nodes, std::vector<std::string>{"Selu_0"});
  EXPECT_EQ(graph.nodes.back().name, "a_1");
  EXPECT_EQ(graph.tensor(graph.outputs[0]).name, "z");
}

TEST(OnnxReader, ComputesImagesBetweenTransposes) {
  const GraphParts parts = {.nodes = {node("Conv", {"x", "w"}, {"y"})},
                            .initializers = {floats("w", {1, 2, 1, 1}, {10, 1})},
                            .inputs = {value("x", {1, 2, 2, 2})},
                            .outputs = {value("y", {1, 1, 2, 2})}};
  const Graph graph = graph_of(parts);
  EXPECT_EQ(operators(graph), (std::vector{OpKind::Transpose, OpKind::Conv2d, OpKind::Transpose}));
  EXPECT_EQ(test::run<float>(graph, {{1, 2, 3, 4, 5, 6, 7, 8}}), (std::vector<float>{15, 26, 37, 48}));
}

TEST(OnnxReader, FoldsWhatFollowsFromShapesAndConstants) {
  const Graph graph =
      graph_of({.nodes = {node("Shape", {"x"}, {"s"}), node("Slice", {"s", "one", "two"}, {"c"}),
                          node("Concat", {"minus", "c"}, {"t"}, {integer_attribute("axis", 0)}),
                          node("Reshape", {"x", "t"}, {"y"})},
                .initializers = {ints("one", {1}), ints("two", {2}), ints("minus", {-1})},
                .inputs = {value("x", {-1, 3, 4, 5})},
                .outputs = {value("y", {-1, 3})}});
  EXPECT_EQ(operators(graph), std::vector{OpKind::Reshape});
  EXPECT_EQ(graph.tensor(graph.outputs[0]).shape, (Shape{20, 3}));
}

TEST(OnnxReader, KnowsConstantsWithoutElements) {
  // An empty list of axes is none at all; one of scales leaves the sizes.
  const Graph graph =
      graph_of({.nodes = {node("Resize", {"x", "", "empty", "sizes"}, {"y"})},
                .initializers = {raw_tensor<float>("empty", kFloat, {0}, {}), ints("sizes", {1, 1, 4, 4})},
                .inputs = {value("x", {1, 1, 2, 2})},
                .outputs = {value("y", {1, 1, 4, 4})}});
  EXPECT_EQ(graph.tensor(graph.outputs[0]).shape, (Shape{1, 1, 4, 4}));
  const Error error = refusal_of({.nodes = {node("Add", {"x", "empty"}, {"y"})},
                                  .initializers = {raw_tensor<float>("empty", kFloat, {0}, {})},
                                  .inputs = {value("x", {2})},
                                  .outputs = {value("y", {2})}});
  EXPECT_NE(error.message().find("no elements"), std::string::npos) << error.message();
}

TEST(OnnxReader, ReadsHalvesAsFloats) {
  const std::vector<uint16_t> one = {0x3c00};
  const Imported imported = read_with_warnings(model({.nodes = {node("Add", {"x", "c"}, {"y"})},
                                                      .initializers = {raw_tensor("c", kFloat16, {1}, one)},
                                                      .inputs = {value("x", {2}, kFloat16)},
                                                      .outputs = {value("y", {2}, kFloat16)}}));
  ASSERT_EQ(imported.warnings.size(), 1u);
  EXPECT_NE(imported.warnings[0].find("FLOAT16"), std::string::npos);
  EXPECT_EQ(test::run<float>(imported.graph, {{1, 2}}), (std::vector<float>{2, 3}));
}

TEST(OnnxReader, ListsAllThatItDoesNotKnowAndWhereToCut) {
  const GraphParts parts = {
      .nodes = {node("Relu", {"x"}, {"r"}), node("NonMaxSuppression", {"r"}, {"s"}, {}, "nms"),
                node("Foo", {"s", "r"}, {"y"}, {}, "foo")},
      .inputs = {value("x", {2, 3})},
      .outputs = {value("y", {2, 3})}};
  const Error error = refusal_of(parts);
  EXPECT_EQ(error.code(), ErrorCode::UnsupportedOperator);
  EXPECT_NE(error.message().find("2 nodes"), std::string::npos) << error.message();
  EXPECT_NE(error.message().find("NonMaxSuppression 'nms', Foo 'foo'"), std::string::npos) << error.message();
  EXPECT_NE(error.hint().find("'r'"), std::string::npos) << error.hint();

  const Graph cut = graph_of(parts, {.outputs = {"r"}});
  EXPECT_EQ(operators(cut), std::vector{OpKind::Relu});
  EXPECT_EQ(cut.tensor(cut.outputs[0]).name, "r");
  EXPECT_EQ(refusal_of(parts, {.outputs = {"nowhere"}}).code(), ErrorCode::InvalidInput);
}

TEST(OnnxReader, LeavesOutWhatNoOutputNeeds) {
  const Graph graph = graph_of({.nodes = {node("Foo", {"x"}, {"unused"}), node("Relu", {"x"}, {"y"})},
                                .inputs = {value("x", {2})},
                                .outputs = {value("y", {2})}});
  EXPECT_EQ(operators(graph), std::vector{OpKind::Relu});
}

TEST(OnnxReader, GivesEachOutputATensorOfItsOwn) {
  const Graph graph = graph_of(
      {.nodes = {node("Identity", {"x"}, {"a"}), node("Relu", {"x"}, {"r"}), node("Identity", {"r"}, {"b"})},
       .inputs = {value("x", {2})},
       .outputs = {value("a", {2}), value("b", {2}), value("r", {2})}});
  ASSERT_EQ(graph.outputs.size(), 3u);
  const std::vector<std::string> names = {"a", "b", "r"};
  for (size_t i = 0; i < names.size(); ++i) EXPECT_EQ(graph.tensor(graph.outputs[i]).name, names[i]);
  EXPECT_EQ(test::run<float>(graph, {{-1, 2}}, 0), (std::vector<float>{-1, 2}));
  EXPECT_EQ(test::run<float>(graph, {{-1, 2}}, 1), (std::vector<float>{0, 2}));
  EXPECT_EQ(test::run<float>(graph, {{-1, 2}}, 2), (std::vector<float>{0, 2}));
}

std::string branch(const std::string& name, const std::string& op) {
  const std::string graph =
      test::onnx::graph({.nodes = {node(op, {"x"}, {"inner"})}, .outputs = {value("inner", {2})}});
  return message([&](auto& w) {
    w.add_string(1, name);
    w.add_message(6, graph);
    w.add_int32(20, 5);
  });
}

TEST(OnnxReader, ComputesTheBranchThatAConstantChooses) {
  const auto parts = [](const std::string& condition) {
    return GraphParts{.nodes = {node("If", {condition}, {"y"},
                                     {branch("then_branch", "Relu"), branch("else_branch", "Neg")})},
                      .initializers = {raw_tensor<uint8_t>("yes", kBool, {}, {1}),
                                       raw_tensor<uint8_t>("no", kBool, {}, {0})},
                      .inputs = {value("x", {2}), value("maybe", {}, kBool)},
                      .outputs = {value("y", {2})}};
  };
  EXPECT_EQ(operators(graph_of(parts("yes"))), std::vector{OpKind::Relu});
  EXPECT_EQ(operators(graph_of(parts("no"))), std::vector{OpKind::Neg});
  EXPECT_NE(refusal_of(parts("maybe")).message().find("condition is computed"), std::string::npos);
}

TEST(OnnxReader, AsksForShapesThatAreOpen) {
  const GraphParts parts = {.nodes = {node("Relu", {"x"}, {"y"})},
                            .inputs = {value("x", {-1, 3, -1, -1})},
                            .outputs = {value("y", {-1, 3, -1, -1})}};
  const Error error = refusal_of(parts);
  EXPECT_EQ(error.code(), ErrorCode::InvalidShape);
  EXPECT_EQ(error.where().input, "x");
  EXPECT_NE(error.message().find("[1, 3, ?, ?]"), std::string::npos) << error.message();
  const Graph graph = graph_of(parts, {.input_shapes = {{"x", {1, 3, 8, 6}}}});
  EXPECT_EQ(graph.tensor(graph.outputs[0]).shape, (Shape{1, 3, 8, 6}));
}

/// A constant in the second file of a model.
std::string external(const std::string& location, uint64_t offset) {
  const auto entry = [](const std::string& key, const std::string& text) {
    return message([&](auto& w) {
      w.add_string(1, key);
      w.add_string(2, text);
    });
  };
  return message([&](auto& w) {
    w.add_int64(1, 2);
    w.add_int32(2, kFloat);
    w.add_string(8, "c");
    w.add_message(13, entry("location", location));
    w.add_message(13, entry("offset", std::to_string(offset)));
    w.add_int32(14, 1);
  });
}

TEST(OnnxReader, FindsConstantsInOtherFiles) {
  const auto parts = [](const std::string& constant) {
    return GraphParts{.nodes = {node("Add", {"x", "c"}, {"y"})},
                      .initializers = {constant},
                      .inputs = {value("x", {2})},
                      .outputs = {value("y", {2})}};
  };
  const std::vector<float> numbers = {9, 10, 20};
  const std::span<const std::byte> bytes = std::as_bytes(std::span(numbers));
  const auto file = std::make_shared<const Bytes>(bytes.begin(), bytes.end());
  const ImportOptions options = {.external_data = {{"w.bin", file}}};
  EXPECT_EQ(external_files(model(parts(external("w.bin", 4)))), std::vector<std::string>{"w.bin"});
  EXPECT_EQ(test::run<float>(graph_of(parts(external("w.bin", 4)), options), {{1, 2}}),
            (std::vector<float>{11, 22}));
  EXPECT_NE(refusal_of(parts(external("w.bin", 8)), options).message().find("ends before"),
            std::string::npos);
  const Error missing = refusal_of(parts(external("other.bin", 0)), options);
  EXPECT_EQ(missing.code(), ErrorCode::InvalidInput);
  EXPECT_NE(missing.message().find("'other.bin'"), std::string::npos) << missing.message();
  EXPECT_EQ(refusal_of(parts(external("../w.bin", 0)), options).code(), ErrorCode::InvalidFile);
}

TEST(OnnxReader, LimitsWhatConstantsMayTake) {
  const Error error =
      refusal_of({.nodes = {node("ConstantOfShape", {"s"}, {"big"}), node("Add", {"x", "big"}, {"y"})},
                  .initializers = {ints("s", {1 << 14, 1 << 14})},
                  .inputs = {value("x", {1})},
                  .outputs = {value("y", {1})}});
  EXPECT_EQ(error.code(), ErrorCode::OutOfMemory);
}

TEST(OnnxReader, TakesOldFormsByTheirVersion) {
  const GraphParts softmax = {.nodes = {node("Softmax", {"x"}, {"y"}, {integer_attribute("axis", 1)})},
                              .inputs = {value("x", {1, 2, 2})},
                              .outputs = {value("y", {1, 2, 2})}};
  const std::vector<float> zeros(4, 0);
  // All axes behind were one before version 13.
  EXPECT_EQ(test::run<float>(graph_of(softmax, {}, 12), {zeros})[0], 0.25f);
  EXPECT_EQ(test::run<float>(graph_of(softmax, {}, 13), {zeros})[0], 0.5f);
  const GraphParts squeeze = {.nodes = {node("Squeeze", {"x"}, {"y"}, {integers_attribute("axes", {0})})},
                              .inputs = {value("x", {1, 2, 1})},
                              .outputs = {value("y", {2, 1})}};
  const Graph graph = graph_of(squeeze, {}, 11);
  EXPECT_EQ(graph.tensor(graph.outputs[0]).shape, (Shape{2, 1}));
  EXPECT_EQ(refusal_of(squeeze, {}, 5).code(), ErrorCode::UnsupportedModel);
}

}  // namespace
}  // namespace octet::formats::onnx
