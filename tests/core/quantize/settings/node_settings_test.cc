#include "quantize/settings/node_settings.h"

#include <gtest/gtest.h>

#include <initializer_list>

#include "support/graph_builder.h"

namespace octet::quantize {
namespace {

using test::GraphBuilder;

/// Two blocks with nodes of one short name, and a node that is named by its short name alone.
Graph named(std::initializer_list<const char*> names) {
  GraphBuilder builder;
  TensorId value = builder.input("x", {1, 4, 4, 4});
  for (size_t n = 0; n < 3; ++n) value = builder.node(OpKind::Tanh, NoAttributes{}, {value})[0];
  builder.output(value);
  Graph graph = builder.graph();
  size_t n = 0;
  for (const char* name : names) graph.nodes[n++].name = name;
  return graph;
}

TEST(NodeSettings, TakesShortNamesForWholeOnes) {
  const Graph graph = named({"net/block/gate;net/x", "net/block/mul"});
  QuantizationParams params;
  params.unquantized_nodes = {"block/mul", "node_*"};
  params.custom_configs = {{"block/gate", {.precision = NodePrecision::Int16}}};
  const QuantizationParams whole = with_whole_names(graph, params);
  EXPECT_EQ(whole.unquantized_nodes, (std::set<std::string>{"net/block/mul", "node_*"}));
  ASSERT_EQ(whole.custom_configs.size(), 1U);
  EXPECT_EQ(whole.custom_configs.begin()->first, "net/block/gate;net/x");
  ASSERT_NE(config_of(whole, graph.nodes[0]), nullptr);
  EXPECT_EQ(config_of(whole, graph.nodes[1]), nullptr);
  EXPECT_TRUE(is_precision_given(whole, graph.nodes[0]));
  EXPECT_TRUE(is_precision_given(whole, graph.nodes[1]));
  EXPECT_TRUE(is_precision_given(whole, graph.nodes[2]));  // By the pattern.
}

TEST(NodeSettings, RefusesNamesThatAreShortForSeveralNodesAndNodesWithTwoNames) {
  const auto error_in = [](const Graph& graph, const QuantizationParams& params) {
    try {
      with_whole_names(graph, params);
    } catch (const Error& error) {
      return error;
    }
    return Error(ErrorCode::Internal, "no error");
  };
  QuantizationParams params;
  params.custom_configs = {{"block/gate", {.precision = NodePrecision::Int16}}};
  const Error several = error_in(named({"a/block/gate", "b/block/gate"}), params);
  EXPECT_EQ(several.code(), ErrorCode::InvalidConfig);
  EXPECT_NE(several.message().find("short for 2 nodes"), std::string::npos);
  // A node's own name goes before what is short for others.
  EXPECT_EQ(error_in(named({"a/block/gate", "block/gate"}), params).message(), "no error");

  params.custom_configs["a/block/gate"] = {.weights = Scheme{.bits = 4}};
  const Error twice = error_in(named({"a/block/gate"}), params);
  EXPECT_EQ(twice.code(), ErrorCode::InvalidConfig);
  EXPECT_NE(twice.message().find("under two names"), std::string::npos);
}

}  // namespace
}  // namespace octet::quantize
