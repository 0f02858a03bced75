// Protocol buffers become structs, or an error that says what is wrong: never a crash.
#include "formats/onnx/messages.h"

#include <gtest/gtest.h>

#include "ir/error.h"
#include "support/onnx_builder.h"

namespace octet::formats::onnx {
namespace {

using test::onnx::bytes_of;
using test::onnx::message;

ErrorCode code_of(const Bytes& file) {
  try {
    parse_model(file);
  } catch (const Error& error) {
    EXPECT_FALSE(error.message().empty());
    return error.code();
  }
  ADD_FAILURE() << "It was read.";
  return ErrorCode::Internal;
}

TEST(OnnxMessages, ReadsNodesValuesAndConstants) {
  const Bytes file =
      test::onnx::model({.nodes = {test::onnx::node("Conv", {"x", "", "b"}, {"y"},
                                                    {test::onnx::integers_attribute("pads", {0, -1}),
                                                     test::onnx::integer_attribute("group", 3)},
                                                    "first")},
                         .initializers = {test::onnx::raw_tensor<float>("b", 1, {2}, {1.0f, 2.0f})},
                         .inputs = {test::onnx::value("x", {-1, 3})},
                         .outputs = {test::onnx::value("y", {})}});
  const ModelMessage model = parse_model(file);
  EXPECT_EQ(model.ir_version, 8);
  EXPECT_EQ(model.opsets.at(""), 17);
  ASSERT_EQ(model.graph.nodes.size(), 1u);
  const NodeMessage& node = model.graph.nodes[0];
  EXPECT_EQ(node.name, "first");
  EXPECT_EQ(node.op, "Conv");
  EXPECT_EQ(node.inputs, (std::vector<std::string_view>{"x", "", "b"}));
  ASSERT_EQ(node.attributes.size(), 2u);
  EXPECT_EQ(node.attributes[0].type, AttributeType::Ints);
  EXPECT_EQ(node.attributes[0].integers, (std::vector<int64_t>{0, -1}));
  EXPECT_EQ(node.attributes[1].integer, 3);
  ASSERT_EQ(model.graph.initializers.size(), 1u);
  EXPECT_EQ(model.graph.initializers[0].raw->size(), 8u);
  const std::vector<Dimension>& shape = *model.graph.inputs[0].shape;
  EXPECT_FALSE(shape[0].extent);
  EXPECT_EQ(shape[0].symbol, "open");
  EXPECT_EQ(shape[1].extent, 3);
}

TEST(OnnxMessages, TakesRepeatedNumbersPackedOrNot) {
  const auto dims = [](bool packed) {
    return bytes_of(message([&](auto& model) {
      model.add_message(7, message([&](auto& graph) {
                          graph.add_message(5, message([&](auto& tensor) {
                                              const std::vector<int64_t> values = {2, 0, 300};
                                              if (packed) {
                                                tensor.add_packed_int64(1, values.begin(), values.end());
                                              } else {
                                                for (const int64_t v : values) tensor.add_int64(1, v);
                                              }
                                            }));
                        }));
    }));
  };
  for (const bool packed : {false, true})
    EXPECT_EQ(parse_model(dims(packed)).graph.initializers[0].dims, (std::vector<int64_t>{2, 0, 300}));
}

TEST(OnnxMessages, TakesTheLastOfAFieldAndSkipsUnknownOnes) {
  const Bytes file = bytes_of(message([](auto& w) {
    w.add_int64(1, 3);
    w.add_string(999, "from the future");
    w.add_int64(1, 10);
    w.add_message(7, std::string());
  }));
  EXPECT_EQ(parse_model(file).ir_version, 10);
}

TEST(OnnxMessages, FindsTheTypeOfAttributesWithoutOne) {
  const std::string attribute = message([](auto& w) {
    w.add_string(1, "alpha");
    w.add_float(2, 0.0f);
  });
  const Bytes file = test::onnx::model({.nodes = {test::onnx::node("Elu", {"x"}, {"y"}, {attribute})}});
  EXPECT_EQ(parse_model(file).graph.nodes[0].attributes[0].type, AttributeType::Float);
}

TEST(OnnxMessages, RefusesWhatIsNoModel) {
  EXPECT_EQ(code_of({}), ErrorCode::InvalidFile);
  EXPECT_EQ(code_of(bytes_of("no protocol buffers, but a sentence")), ErrorCode::InvalidFile);
  // A graph that is a number, and one whose length passes the end of the file.
  EXPECT_EQ(code_of(bytes_of(message([](auto& w) { w.add_int64(7, 1); }))), ErrorCode::InvalidFile);
  EXPECT_EQ(code_of(bytes_of(std::string("\x3a\x7f\x00", 3))), ErrorCode::InvalidFile);
}

TEST(OnnxMessages, EndsAtEveryLengthWithoutACrash) {
  const Bytes file = test::onnx::model({.nodes = {test::onnx::node("Relu", {"x"}, {"y"})},
                                        .initializers = {test::onnx::raw_tensor<float>("b", 1, {1}, {1.0f})},
                                        .inputs = {test::onnx::value("x", {1, 2})}});
  for (size_t length = 0; length < file.size(); ++length) {
    try {
      parse_model(std::span(file).first(length));
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::InvalidFile);
    }
  }
}

TEST(OnnxMessages, LimitsHowDeepGraphsLie) {
  std::string graph = test::onnx::graph({});
  for (int depth = 0; depth < 1000; ++depth) {
    const std::string attribute = message([&](auto& w) {
      w.add_string(1, "body");
      w.add_message(6, graph);
    });
    graph = test::onnx::graph({.nodes = {test::onnx::node("Loop", {}, {}, {attribute})}});
  }
  EXPECT_EQ(code_of(bytes_of(message([&](auto& w) { w.add_message(7, graph); }))), ErrorCode::InvalidFile);
}

TEST(OnnxMessages, LimitsHowManyMessagesThereAre) {
  std::string graph;
  for (size_t i = 0; i <= kMostMessages; ++i) graph += std::string("\x0a\x00", 2);
  EXPECT_EQ(code_of(bytes_of(message([&](auto& w) { w.add_message(7, graph); }))), ErrorCode::InvalidFile);
}

}  // namespace
}  // namespace octet::formats::onnx
