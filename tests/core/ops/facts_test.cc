// What each operator's file states about it, and that it agrees with what else is known of the operator.
#include "ops/facts.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <type_traits>

#include "ops/decomposition.h"
#include "ops/operator.h"
#include "support/graph_builder.h"

namespace octet::ops {
namespace {

// An operator that states a fact less is no initializer of this.
static_assert(!std::is_default_constructible_v<Stated<Derivative>>);
static_assert(!std::is_default_constructible_v<Operator>);
static_assert(std::is_same_v<decltype(Operator::elements), Stated<Elements>>);
static_assert(std::is_same_v<decltype(Operator::derivative), Stated<Derivative>>);
static_assert(std::is_same_v<decltype(Operator::passes_channel_factors), Stated<NodePredicate>>);
static_assert(std::is_same_v<decltype(Operator::identity), Stated<Identity>>);
static_assert(std::is_same_v<decltype(Operator::rescales), Stated<NodePredicate>>);
static_assert(std::is_same_v<decltype(Operator::multiply_accumulates), Stated<ProductCount>>);
static_assert(std::is_same_v<decltype(Operator::decomposition), Stated<const Decomposition*>>);

/// One test a kind, named by it.
class Facts : public testing::TestWithParam<OpKind> {
 protected:
  const Operator& op() const { return operator_of(GetParam()); }
};

std::vector<OpKind> all_kinds() {
  std::vector<OpKind> kinds;
  for (int i = 0; i < kOpKindCount; ++i) kinds.push_back(static_cast<OpKind>(i));
  return kinds;
}

TEST_P(Facts, StandInTheFileOfTheOperator) {
  EXPECT_EQ(op().kind, GetParam());
  EXPECT_NE(op().infer, nullptr);
  EXPECT_NE(op().passes_channel_factors, NodePredicate{nullptr});
  EXPECT_NE(op().identity->on_equal_shape, NodePredicate{nullptr});
  EXPECT_NE(op().rescales, NodePredicate{nullptr});
  EXPECT_NE(op().multiply_accumulates, ProductCount{nullptr});
}

TEST_P(Facts, NameTheOperatorAloneAndBriefly) {
  const std::string_view name = op().short_name;
  ASSERT_FALSE(name.empty());
  EXPECT_LE(name.size(), to_string(GetParam()).size() + 2) << name;
  const auto table = all_operators();
  EXPECT_EQ(std::count_if(table.begin(), table.end(),
                          [&](const Operator* other) { return std::string_view(other->short_name) == name; }),
            1)
      << name;
}

TEST_P(Facts, AgreeWithTheQuantizationRule) {
  const bool has_weights = op().quantization.weight.has_value();
  const bool multiplies = ProductCount(op().multiply_accumulates) != no_products;
  EXPECT_TRUE(multiplies || !has_weights);
  EXPECT_TRUE(NodePredicate(op().rescales) == always || !multiplies);
  // What only moves or picks needs no other scale; what computes has no use for the operands'.
  if (op().elements == Elements::Moved) {
    EXPECT_NE(op().quantization.output, OutputQuantization::Free);
  }
  if (op().elements == Elements::Curved) {
    EXPECT_NE(op().quantization.output, OutputQuantization::SameAsInput);
    EXPECT_NE(op().quantization.output, OutputQuantization::AllSame);
  }
  if (op().quantization.output == OutputQuantization::AllSame) {
    EXPECT_EQ(NodePredicate(op().rescales), never);
  }
}

TEST_P(Facts, AgreeWithEachOther) {
  const Elements elements = op().elements;
  const Derivative derivative = op().derivative;
  if (derivative == Derivative::Movement) {
    EXPECT_EQ(elements, Elements::Moved);
  }
  if (derivative == Derivative::Pointwise) {
    EXPECT_NE(elements, Elements::Moved);
  }
  if (elements == Elements::Straight || elements == Elements::Curved) {
    EXPECT_EQ(derivative, Derivative::Pointwise);
  }
  if (std::optional<Activation>(op().fused_as)) {
    EXPECT_EQ(elements, Elements::Straight);
  }
  if (op().identity->neutral) {
    EXPECT_EQ(NodePredicate(op().identity->on_equal_shape), never);
  }
}

/// Attributes that an operator with a decomposition takes.
Attributes attributes_of(OpKind kind) {
  if (kind == OpKind::HardSigmoid) return HardSigmoid{.alpha = 0.25f, .beta = 0.375f};
  return NoAttributes{};
}

TEST_P(Facts, GiveComponentsThatComputeTheSame) {
  const Decomposition* const decomposition = op().decomposition;
  if (decomposition == nullptr) return;
  test::GraphBuilder builder;
  const TensorId x = builder.input("x", {1, 4, 4, 8});
  builder.output(builder.node(GetParam(), attributes_of(GetParam()), {x})[0]);
  const Graph whole = builder.graph();
  Graph decomposed = whole;
  ASSERT_EQ(decompose(decomposed, [&](const Node& node) { return node.op == GetParam(); }), 1);
  check(decomposed);
  std::set<OpKind> used;
  for (const Node& node : decomposed.nodes) {
    used.insert(node.op);
    EXPECT_EQ(node.source_nodes.back(), whole.nodes[0].name);
  }
  EXPECT_EQ(used, std::set<OpKind>(decomposition->kinds.begin(), decomposition->kinds.end()));
  EXPECT_EQ(decomposed.nodes.back().name, whole.nodes[0].name);
  const std::vector<float> values = test::Random(1).floats(128, -6, 6);
  const std::vector<float> expected = test::run<float>(whole, {values});
  const std::vector<float> actual = test::run<float>(decomposed, {values});
  for (size_t i = 0; i < values.size(); ++i) EXPECT_NEAR(actual[i], expected[i], 1e-5) << values[i];
}

TEST(Decompositions, AreDecomposedInTheirTurn) {
  test::GraphBuilder builder;
  builder.output(builder.node(OpKind::Mish, NoAttributes{}, {builder.input("x", {1, 4, 4, 8})})[0]);
  Graph graph = builder.graph();
  ASSERT_EQ(decompose(graph, [](const Node&) { return true; }), 1);
  check(graph);
  std::vector<OpKind> kinds;
  for (const Node& node : graph.nodes) {
    kinds.push_back(node.op);
    EXPECT_EQ(node.source_nodes, (std::vector<std::string>{"node_0", "node_0"})) << node.name;
  }
  const std::vector<OpKind> expected = {OpKind::Relu, OpKind::Abs,  OpKind::Logistic, OpKind::Log,
                                        OpKind::Sub,  OpKind::Tanh, OpKind::Mul};
  EXPECT_EQ(kinds, expected);
  EXPECT_EQ(graph.nodes.back().name, "node_0");
}

TEST(PartsOfOperators, StandInWhereTheHardwareHasAllOfThem) {
  const auto kinds_decomposed = [](SupportMember hardware) {
    std::set<OpKind> kinds;
    for (const Operator* op : all_operators()) {
      if (is_decomposed(*op, hardware)) kinds.insert(op->kind);
    }
    return kinds;
  };
  EXPECT_EQ(kinds_decomposed(&Operator::mla), std::set<OpKind>{OpKind::Mish});
  EXPECT_EQ(kinds_decomposed(&Operator::tflite),
            (std::set<OpKind>{OpKind::HardSigmoid, OpKind::Mish, OpKind::Silu, OpKind::Softplus}));
}

INSTANTIATE_TEST_SUITE_P(Operators, Facts, testing::ValuesIn(all_kinds()),
                         [](const auto& instance) { return std::string(to_string(instance.param)); });

}  // namespace
}  // namespace octet::ops
