#include "quantize/noise/adjoint.h"

#include <gtest/gtest.h>

#include <cmath>
#include <memory>
#include <string>

#include "support/graph_builder.h"

namespace octet::quantize {
namespace {

using test::GraphBuilder;
using test::Random;

/// One operator over float inputs that are given by their shapes; constants follow them.
struct Case {
  std::string name;
  OpKind op;
  Attributes attributes;
  std::vector<Shape> inputs;
  std::vector<Shape> constants = {};
  float low = -1;
  float high = 1;
  size_t outputs = 1;
};

std::ostream& operator<<(std::ostream& stream, const Case& c) { return stream << c.name; }

class AdjointCase : public testing::TestWithParam<Case> {};

/// The probe at each output, and so what all outputs together move it by.
double probed(const Graph& graph, const std::vector<std::vector<float>>& inputs, size_t output,
              const std::vector<float>& probe) {
  emulate::Executor executor(std::make_shared<const Graph>(graph));
  for (size_t i = 0; i < inputs.size(); ++i) executor.set_input(i, std::as_bytes(std::span(inputs[i])));
  executor.run();
  const auto values = as<float>(executor.output(output));
  double sum = 0;
  for (size_t i = 0; i < values.size(); ++i)
    sum += static_cast<double>(values[i]) * static_cast<double>(probe[i]);
  return sum;
}

TEST_P(AdjointCase, IsTheDerivative) {
  const Case& c = GetParam();
  Random random(11);
  GraphBuilder builder;
  std::vector<TensorId> operands;
  std::vector<std::vector<float>> inputs;
  for (const Shape& shape : c.inputs) {
    operands.push_back(builder.input("x" + std::to_string(operands.size()), shape));
    inputs.push_back(random.floats(shape.elements(), c.low, c.high));
  }
  for (const Shape& shape : c.constants)
    operands.push_back(builder.constant<float>(shape, random.floats(shape.elements(), -1, 1)));
  const std::vector<TensorId> outputs =
      builder.node(c.op, c.attributes, operands, std::vector<std::optional<QuantParams>>(c.outputs));
  for (const TensorId output : outputs) builder.output(output);
  const auto graph = std::make_shared<const Graph>(builder.graph());

  emulate::Replay replay(graph);
  std::vector<std::span<const std::byte>> spans;
  for (const std::vector<float>& input : inputs) spans.push_back(std::as_bytes(std::span(input)));
  replay.run(spans);
  Adjoint adjoint(graph);
  for (size_t output = 0; output < outputs.size(); ++output) {
    const std::vector<float> probe = random.floats(graph->tensor(outputs[output]).shape.elements(), -1, 1);
    std::vector<std::vector<float>> moved(inputs.size());
    adjoint.run(replay, output, probe, [&](TensorId id, NodeId reader, std::span<const float> values) {
      for (size_t i = 0; i < inputs.size(); ++i) {
        if (graph->inputs[i] == id && reader == NodeId::None) moved[i].assign(values.begin(), values.end());
      }
    });
    for (size_t i = 0; i < inputs.size(); ++i) {
      ASSERT_EQ(moved[i].size(), inputs[i].size());
      for (size_t k = 0; k < inputs[i].size(); k += 1 + inputs[i].size() / 40) {
        constexpr float kStep = 1.0f / 256;
        std::vector<std::vector<float>> shifted = inputs;
        shifted[i][k] += kStep;
        const double above = probed(*graph, shifted, output, probe);
        shifted[i][k] -= 2 * kStep;
        const double below = probed(*graph, shifted, output, probe);
        EXPECT_NEAR(static_cast<double>(moved[i][k]), (above - below) / (2 * kStep), 2e-2)
            << "operand " << i << ", element " << k << ", output " << output;
      }
    }
  }
}

const Activation kNone = Activation::None;

INSTANTIATE_TEST_SUITE_P(
    Adjoint, AdjointCase,
    testing::Values(
        Case{"conv", OpKind::Conv2d, Conv2d{.padding = {1, 1, 1, 1}}, {{1, 5, 6, 3}}, {{4, 3, 3, 3}, {4}}},
        Case{"conv, stride 2",
             OpKind::Conv2d,
             Conv2d{.stride = {2, 2}, .padding = {0, 1, 0, 1}},
             {{2, 7, 6, 3}},
             {{4, 3, 3, 3}, {4}}},
        Case{"depthwise, dilated",
             OpKind::DepthwiseConv2d,
             Conv2d{.dilation = {2, 2}, .padding = {2, 2, 2, 2}},
             {{1, 7, 7, 2}},
             {{1, 3, 3, 2}}},
        Case{"difference",
             OpKind::Sub,
             Elementwise{Activation::Relu},
             {{1, 3, 4, 2}, {1, 3, 4, 2}},
             {},
             0.5f,
             0.9f},
        Case{"sum with a channel's", OpKind::Add, Elementwise{}, {{1, 3, 4, 2}, {2}}},
        Case{"conv, not all read", OpKind::Conv2d, Conv2d{.stride = {2, 2}}, {{1, 6, 8, 2}}, {{3, 1, 1, 2}}},
        Case{"depthwise",
             OpKind::DepthwiseConv2d,
             Conv2d{.stride = {2, 1}, .padding = {1, 1, 1, 1}},
             {{1, 6, 5, 4}},
             {{1, 3, 3, 4}, {4}}},
        Case{"transposed",
             OpKind::TransposeConv,
             TransposeConv{.stride = {2, 2}, .output = {8, 10}},
             {{1, 4, 5, 3}},
             {{2, 2, 2, 3}, {2}}},
        Case{"transposed, cropped",
             OpKind::TransposeConv,
             TransposeConv{.stride = {2, 2}, .padding = {0, 1, 0, 1}, .output = {8, 8}},
             {{1, 4, 4, 3}},
             {{2, 3, 3, 3}}},
        Case{"fully connected", OpKind::FullyConnected, FullyConnected{}, {{3, 7}}, {{5, 7}, {5}}},
        Case{"average",
             OpKind::AveragePool2d,
             Pool2d{.window = {3, 3}, .stride = {2, 2}, .padding = {1, 1, 1, 1}},
             {{1, 6, 5, 3}}},
        Case{"largest", OpKind::MaxPool2d, Pool2d{.window = {2, 2}, .stride = {2, 2}}, {{1, 6, 4, 3}}},
        Case{"mean", OpKind::Mean, Reduce{.axes = {1, 2}, .keep_dims = true}, {{1, 4, 5, 3}}},
        Case{"bilinear",
             OpKind::ResizeBilinear,
             Resize{.output = {9, 10}, .half_pixel_centers = true},
             {{1, 4, 5, 3}}},
        Case{"nearest", OpKind::ResizeNearestNeighbor, Resize{.output = {8, 10}}, {{1, 4, 5, 3}}},
        Case{"softmax", OpKind::Softmax, Softmax{.beta = 2}, {{3, 6}}},
        Case{"sum", OpKind::Add, Elementwise{kNone}, {{1, 3, 4, 2}, {1, 3, 4, 2}}},
        Case{"product with a channel's", OpKind::Mul, Elementwise{kNone}, {{1, 3, 4, 2}, {1, 1, 1, 2}}},
        Case{"product with a row's", OpKind::Mul, Elementwise{kNone}, {{1, 3, 1, 2}, {3, 4, 1}}},
        Case{"quotient", OpKind::Div, Elementwise{kNone}, {{2, 3}, {2, 3}}, {}, 0.5f, 1.5f},
        Case{"slope", OpKind::Prelu, NoAttributes{}, {{1, 3, 3, 2}}, {{1, 1, 2}}, 0.1f, 1},
        Case{"hard swish", OpKind::HardSwish, NoAttributes{}, {{2, 9}}, {}, -2.5f, 2.5f},
        Case{"hard sigmoid", OpKind::HardSigmoid, HardSigmoid{0.2f, 0.5f}, {{2, 9}}, {}, -2.4f, 2.4f},
        Case{"logistic", OpKind::Logistic, NoAttributes{}, {{2, 9}}, {}, -3, 3},
        Case{"padding",
             OpKind::Pad,
             Pad{.paddings = {{0, 0}, {1, 2}, {0, 1}, {0, 0}}, .value = 7},
             {{1, 3, 4, 2}}},
        Case{"joined", OpKind::Concatenation, Axis{1}, {{2, 3}, {2, 4}, {2, 1}}},
        Case{"turned", OpKind::Transpose, Transpose{{1, 2, 0}}, {{2, 3, 4}}},
        Case{"apart", OpKind::Split, Axis{1}, {{2, 6}}, {}, -1, 1, 3}),
    [](const testing::TestParamInfo<Case>& info) { return "Case" + std::to_string(info.index); });

TEST(Adjoint, AddsUpWhatComesBackByDifferentWays) {
  GraphBuilder builder;
  const TensorId x = builder.input("x", {1, 2});
  const TensorId twice = builder.node(OpKind::Add, Elementwise{}, {x, x})[0];
  builder.output(builder.node(OpKind::Mul, Elementwise{}, {twice, x})[0]);
  const auto graph = std::make_shared<const Graph>(builder.graph());
  emulate::Replay replay(graph);
  const std::vector<float> values = {3, -0.5f};
  const std::span<const std::byte> input = std::as_bytes(std::span(values));
  replay.run({&input, 1});
  Adjoint adjoint(graph);
  std::vector<float> all;
  std::vector<float> by_product;
  adjoint.run(replay, 0, std::vector<float>{1, 1},
              [&](TensorId id, NodeId reader, std::span<const float> moved) {
                if (id != x) return;
                if (reader == NodeId::None) all.assign(moved.begin(), moved.end());
                if (reader == static_cast<NodeId>(1)) by_product.assign(moved.begin(), moved.end());
              });
  ASSERT_EQ(all.size(), 2u);
  EXPECT_NEAR(all[0], 12, 1e-2);  // Of 2 x^2.
  EXPECT_NEAR(all[1], -2, 1e-2);
  EXPECT_NEAR(by_product[0], 6, 1e-2);
}

TEST(Adjoint, NamesOperatorsWithoutADerivative) {
  GraphBuilder builder;
  builder.output(builder.node(OpKind::CumSum, CumSum{}, {builder.input("x", {2, 3})})[0]);
  try {
    Adjoint adjoint(std::make_shared<const Graph>(builder.graph()));
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::UnsupportedOperator);
    EXPECT_NE(error.message().find("CUMSUM"), std::string::npos);
  }
}

}  // namespace
}  // namespace octet::quantize
