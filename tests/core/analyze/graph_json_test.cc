#include "analyze/graph_json.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace octet::analyze {
namespace {

Graph conv_graph() {
  Graph graph;
  graph.name = "net";
  const auto add = [&](const char* name, Shape shape) -> Tensor& {
    Tensor tensor;
    tensor.name = name;
    tensor.shape = shape;
    return graph.tensor(graph.add_tensor(std::move(tensor)));
  };
  add("in", {1, 4, 4, 2}).quantization = QuantParams::per_tensor(0.5f, -3);
  add("w", {3, 1, 1, 2}).constant = make_constant(Bytes(24));
  add("out", {1, 4, 4, 3});
  graph.inputs = {TensorId{0}};
  graph.outputs = {TensorId{2}};
  graph.nodes.push_back(
      {.name = "a/b/out;fused/Relu",
       .op = OpKind::Conv2d,
       .attributes = Conv2d{.stride = {1, 1}, .dilation = {}, .padding = {}, .activation = Activation::Relu},
       .inputs = {TensorId{0}, TensorId{1}, TensorId::None},
       .outputs = {TensorId{2}},
       .source_nodes = {"x", "y"},
       .placement = {Unit::Apu, 0, {"Because."}}});
  return graph;
}

TEST(GraphJson, HoldsTensorsAndNodes) {
  const auto json = nlohmann::json::parse(graph_json(conv_graph()));
  EXPECT_EQ(json["name"], "net");
  EXPECT_EQ(json["tensors"][0]["shape"], (std::vector<int>{1, 4, 4, 2}));
  EXPECT_EQ(json["tensors"][0]["quantization"]["zeroPoint"][0], -3);
  EXPECT_EQ(json["tensors"][1]["constant"], true);
  EXPECT_FALSE(json["tensors"][1].contains("quantization"));
  const auto& node = json["nodes"][0];
  EXPECT_EQ(node["label"], "b/out");
  EXPECT_EQ(node["operator"], "CONV_2D");
  EXPECT_EQ(node["shortOperator"], "Conv");
  EXPECT_EQ(node["inputs"], (std::vector<int>{0, 1, -1}));
  EXPECT_EQ(node["attributes"]["stride"], (std::vector<int>{1, 1}));
  EXPECT_EQ(node["attributes"]["activation"], "relu");
  EXPECT_EQ(node["sourceNodes"], (std::vector<std::string>{"x", "y"}));
  EXPECT_EQ(node["unit"], "APU");
  EXPECT_EQ(node["reasons"][0], "Because.");
  EXPECT_EQ(node["multiplyAccumulates"], 96);
  EXPECT_EQ(node["parameters"], 6);
}

TEST(GraphJson, ReplacesNamesThatAreNoText) {
  Graph graph = conv_graph();
  graph.nodes[0].name = "a\xff";
  EXPECT_NO_THROW(nlohmann::json::parse(graph_json(graph)));
}

TEST(GraphJson, PartitionRefersToNames) {
  const partition::Report report{
      .segments = {{.name = "APU_0",
                    .unit = Unit::Apu,
                    .nodes = {NodeId{0}},
                    .inputs = {TensorId{0}},
                    .outputs = {TensorId{2}}}},
      .units = {{.unit = Unit::Apu, .nodes = 1, .multiply_accumulates = 96, .parameters = 6}},
      .boundary_bytes = 7};
  const auto json = nlohmann::json::parse(partition_json(conv_graph(), report));
  EXPECT_EQ(json["segments"][0]["nodes"][0], "a/b/out;fused/Relu");
  EXPECT_EQ(json["segments"][0]["outputs"][0], "out");
  EXPECT_EQ(json["units"][0]["multiplyAccumulates"], 96);
  EXPECT_EQ(json["boundaryBytes"], 7);
}

}  // namespace
}  // namespace octet::analyze
