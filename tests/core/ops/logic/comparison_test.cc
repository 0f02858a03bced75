// Comparisons, choices and operations on truth values against plain loops.
#include <gtest/gtest.h>

#include <functional>
#include <limits>

#include "support/coordinates.h"
#include "support/graph_builder.h"

namespace octet::test {
namespace {

struct Comparison {
  OpKind op;
  std::function<bool(double, double)> holds;
};

const Comparison kComparisons[] = {
    {OpKind::Equal, std::equal_to<>()},  {OpKind::NotEqual, std::not_equal_to<>()},
    {OpKind::Less, std::less<>()},       {OpKind::LessEqual, std::less_equal<>()},
    {OpKind::Greater, std::greater<>()}, {OpKind::GreaterEqual, std::greater_equal<>()},
};

struct Shapes {
  Shape a;
  Shape b;
  Shape output;
};

const Shapes kShapes[] = {{{2, 3, 5}, {2, 3, 5}, {2, 3, 5}},
                          {{4, 7}, {}, {4, 7}},
                          {{}, {3}, {3}},
                          {{1, 4, 1, 3}, {2, 1, 5, 3}, {2, 4, 5, 3}},
                          {{6}, {2, 5, 6}, {2, 5, 6}}};

/// The element of a tensor that broadcasts to the output, at a place of the output.
template <class T>
T broadcast_element(const Shape& shape, const std::vector<T>& values, const Coordinates& at) {
  Coordinates from;
  for (int axis = 0; axis < shape.rank(); ++axis) {
    const size_t behind = at.size() - static_cast<size_t>(shape.rank() - axis);
    from.push_back(shape[axis] == 1 ? 0 : at[behind]);
  }
  return values[offset_of(shape, from)];
}

/// Compares operands whose elements mean `real(element)`.
template <class T, class Real>
void expect_compared(const Comparison& comparison, const Shapes& shapes, const QuantParams* a_params,
                     const QuantParams* b_params, Real real) {
  Random random(4);
  const auto a = random.integers<T>(shapes.a.elements(), -3, 3);
  const auto b = random.integers<T>(shapes.b.elements(), -3, 3);
  const auto optional = [](const QuantParams* params) {
    return params == nullptr ? std::nullopt : std::optional(*params);
  };
  GraphBuilder builder;
  const TensorId x = builder.input("a", shapes.a, DTypeOf<T>::value, optional(a_params));
  const TensorId y = builder.input("b", shapes.b, DTypeOf<T>::value, optional(b_params));
  builder.output(
      builder.node(comparison.op, NoAttributes{}, {x, y}, {{}}, DType::Bool, RequantizationMode::Sima)[0]);
  ASSERT_EQ(builder.tensor(builder.graph().outputs[0]).shape, shapes.output);
  std::vector<uint8_t> expected;
  for_each_coordinates(shapes.output, [&](const Coordinates& at) {
    const double left = real(broadcast_element(shapes.a, a, at), a_params);
    const double right = real(broadcast_element(shapes.b, b, at), b_params);
    expected.push_back(comparison.holds(left, right) ? 1 : 0);
  });
  EXPECT_EQ((run<uint8_t, T>(builder.graph(), {a, b})), expected) << to_string(comparison.op);
}

TEST(Comparing, EveryTypeAndBroadcast) {
  const auto itself = [](auto element, const QuantParams*) { return static_cast<double>(element); };
  const auto quantity = [](auto element, const QuantParams* params) {
    return static_cast<double>(params->scale[0]) * (element - params->zero_point[0]);
  };
  const QuantParams fine = QuantParams::per_tensor(0.5f, 1);
  const QuantParams coarse = QuantParams::per_tensor(1.0f, -2);
  for (const Comparison& comparison : kComparisons) {
    for (const Shapes& shapes : kShapes) {
      expect_compared<float>(comparison, shapes, nullptr, nullptr, itself);
      expect_compared<int32_t>(comparison, shapes, nullptr, nullptr, itself);
      expect_compared<int64_t>(comparison, shapes, nullptr, nullptr, itself);
      expect_compared<int8_t>(comparison, shapes, &fine, &coarse, quantity);
    }
  }
}

TEST(Comparing, TruthValues) {
  const std::vector<uint8_t> a = {0, 0, 1, 1};
  const std::vector<uint8_t> b = {0, 1, 0, 1};
  const auto combined = [&](OpKind op) {
    GraphBuilder builder;
    const TensorId x = builder.input("a", {4}, DType::Bool);
    std::vector<TensorId> operands = {x};
    if (op != OpKind::LogicalNot) operands.push_back(builder.input("b", {4}, DType::Bool));
    builder.output(builder.node(op, NoAttributes{}, operands, {{}}, DType::Bool)[0]);
    return operands.size() == 1 ? run<uint8_t>(builder.graph(), {a}) : run<uint8_t>(builder.graph(), {a, b});
  };
  EXPECT_EQ(combined(OpKind::LogicalAnd), (std::vector<uint8_t>{0, 0, 0, 1}));
  EXPECT_EQ(combined(OpKind::LogicalOr), (std::vector<uint8_t>{0, 1, 1, 1}));
  EXPECT_EQ(combined(OpKind::LogicalNot), (std::vector<uint8_t>{1, 1, 0, 0}));
  EXPECT_EQ(combined(OpKind::Equal), (std::vector<uint8_t>{1, 0, 0, 1}));
  EXPECT_EQ(combined(OpKind::NotEqual), (std::vector<uint8_t>{0, 1, 1, 0}));
}

template <class T>
void expect_chosen(OpKind op, const Shape& condition, const Shape& yes, const Shape& no,
                   const Shape& broadcast_condition, const Shape& output) {
  SCOPED_TRACE(std::string(to_string(op)) + " by " + to_string(condition));
  Random random(5);
  const auto truth = random.integers<uint8_t>(condition.elements(), 0, 1);
  const auto y = random.integers<T>(yes.elements(), 1, 100);
  const auto n = random.integers<T>(no.elements(), -100, -1);
  const bool quantized = std::is_same_v<T, int8_t> || std::is_same_v<T, int16_t>;
  const std::optional<QuantParams> params =
      quantized ? std::optional(QuantParams::per_tensor(1.0f, 0)) : std::nullopt;
  GraphBuilder builder;
  const TensorId c = builder.input("c", condition, DType::Bool);
  const TensorId a = builder.input("a", yes, DTypeOf<T>::value, params);
  const TensorId b = builder.input("b", no, DTypeOf<T>::value, params);
  builder.output(builder.node(op, NoAttributes{}, {c, a, b}, {params}, DTypeOf<T>::value)[0]);
  ASSERT_EQ(builder.tensor(builder.graph().outputs[0]).shape, output);
  emulate::Executor executor(std::make_shared<const Graph>(builder.graph()));
  executor.set_input(0, std::as_bytes(std::span(truth)));
  executor.set_input(1, std::as_bytes(std::span(y)));
  executor.set_input(2, std::as_bytes(std::span(n)));
  executor.run();
  std::vector<T> expected;
  for_each_coordinates(output, [&](const Coordinates& at) {
    const bool chosen = broadcast_element(broadcast_condition, truth, at) != 0;
    expected.push_back(chosen ? broadcast_element(yes, y, at) : broadcast_element(no, n, at));
  });
  const std::span<const T> actual = as<T>(executor.output(0));
  EXPECT_EQ(std::vector<T>(actual.begin(), actual.end()), expected);
}

template <class T>
void expect_all_chosen() {
  expect_chosen<T>(OpKind::Select, {2, 3}, {2, 3}, {2, 3}, {2, 3}, {2, 3});
  expect_chosen<T>(OpKind::Select, {4}, {4, 3, 2}, {4, 3, 2}, {4, 1, 1}, {4, 3, 2});
  expect_chosen<T>(OpKind::Select, {}, {4, 3}, {4, 3}, {}, {4, 3});
  expect_chosen<T>(OpKind::SelectV2, {3, 5}, {}, {3, 5}, {3, 5}, {3, 5});
  expect_chosen<T>(OpKind::SelectV2, {2, 1, 1}, {3, 1}, {1, 1, 5}, {2, 1, 1}, {2, 3, 5});
  expect_chosen<T>(OpKind::SelectV2, {7}, {2, 7}, {2, 1}, {7}, {2, 7});
}

TEST(Select, EveryTypeAndBroadcast) {
  expect_all_chosen<float>();
  expect_all_chosen<int8_t>();
  expect_all_chosen<int16_t>();
  expect_all_chosen<int64_t>();
}

TEST(Select, ErrorsNameTheOperands) {
  const auto failure = [](OpKind op, DType condition, const Shape& shape, DType no) -> std::string {
    GraphBuilder builder;
    try {
      builder.node(
          op, NoAttributes{},
          {builder.input("c", shape, condition), builder.input("a", {4, 3}), builder.input("b", {4, 3}, no)});
    } catch (const Error& error) {
      return error.message();
    }
    return "";
  };
  EXPECT_EQ(failure(OpKind::Select, DType::Float32, {4, 3}, DType::Float32),
            "SELECT 'node_0': input 'c' is float32; truth values are expected.");
  EXPECT_EQ(failure(OpKind::SelectV2, DType::Bool, {4, 3}, DType::Int32),
            "SELECT_V2 'node_0': it chooses between different types, float32 and int32.");
  EXPECT_EQ(failure(OpKind::Select, DType::Bool, {3}, DType::Float32),
            "SELECT 'node_0': its condition of shape 3 fits neither the elements nor the rows of 4x3.");
}

template <class T>
std::vector<T> computed(OpKind op, const std::vector<T>& a, const std::vector<T>& b) {
  const Shape shape = {static_cast<int32_t>(a.size())};
  GraphBuilder builder;
  std::vector<TensorId> operands = {builder.input("a", shape, DTypeOf<T>::value)};
  if (!b.empty()) operands.push_back(builder.input("b", shape, DTypeOf<T>::value));
  const bool fuses = op == OpKind::Add || op == OpKind::Sub || op == OpKind::Mul || op == OpKind::Div;
  builder.output(builder.node(op, fuses ? Attributes(Elementwise{}) : Attributes(NoAttributes{}), operands,
                              {{}}, DTypeOf<T>::value)[0]);
  return b.empty() ? run<T>(builder.graph(), {a}) : run<T>(builder.graph(), {a, b});
}

template <class T>
void expect_plain_arithmetic() {
  constexpr T kLeast = std::numeric_limits<T>::min();
  constexpr T kMost = std::numeric_limits<T>::max();
  const std::vector<T> a = {7, -7, 7, -7, 0, kLeast, 5, kMost};
  const std::vector<T> b = {2, 2, -2, -2, 3, -1, 0, 1};
  EXPECT_EQ(computed(OpKind::Add, a, b), (std::vector<T>{9, -5, 5, -9, 3, kMost, 5, kLeast}));
  EXPECT_EQ(computed(OpKind::Sub, b, a),
            (std::vector<T>{-5, 9, -9, 5, 3, kMost, -5, static_cast<T>(1 - kMost)}));
  EXPECT_EQ(computed(OpKind::Mul, a, b), (std::vector<T>{14, -14, -14, 14, 0, kLeast, 0, kMost}));
  EXPECT_EQ(computed(OpKind::Div, a, b), (std::vector<T>{3, -3, -3, 3, 0, kLeast, 0, kMost}));
  EXPECT_EQ(computed(OpKind::FloorDiv, a, b), (std::vector<T>{3, -4, -4, 3, 0, kLeast, 0, kMost}));
  EXPECT_EQ(computed(OpKind::FloorMod, a, b), (std::vector<T>{1, 1, -1, -1, 0, 0, 0, 0}));
  EXPECT_EQ(computed(OpKind::Maximum, a, b), (std::vector<T>{7, 2, 7, -2, 3, -1, 5, kMost}));
  EXPECT_EQ(computed(OpKind::Minimum, a, b), (std::vector<T>{2, -7, -2, -7, 0, kLeast, 0, 1}));
  EXPECT_EQ(computed(OpKind::Neg, b, {}), (std::vector<T>{-2, -2, 2, 2, -3, 1, 0, -1}));
  EXPECT_EQ(computed(OpKind::Abs, a, {}), (std::vector<T>{7, 7, 7, 7, 0, kLeast, 5, kMost}));
  const std::vector<T> squares = computed(OpKind::SquaredDifference, b, {1, -1, 0, 1, 3, 1, 4, 1});
  EXPECT_EQ(squares, (std::vector<T>{1, 9, 4, 9, 0, 4, 16, 0}));
}

TEST(PlainArithmetic, ComputesOnIntegersAsSuch) {
  expect_plain_arithmetic<int32_t>();
  expect_plain_arithmetic<int64_t>();
}

TEST(PlainArithmetic, FloorsFloats) {
  const std::vector<float> a = {7.5f, -7.5f, 7.5f, -7.5f};
  const std::vector<float> b = {2, 2, -2, -2};
  EXPECT_EQ(computed(OpKind::FloorDiv, a, b), (std::vector<float>{3, -4, -4, 3}));
  EXPECT_EQ(computed(OpKind::FloorMod, a, b), (std::vector<float>{1.5f, 0.5f, -0.5f, -1.5f}));
}

TEST(PlainArithmetic, IsRefusedWhereThereIsNone) {
  GraphBuilder builder;
  const TensorId x = builder.input("x", {3}, DType::Int32);
  builder.output(builder.node(OpKind::Exp, NoAttributes{}, {x}, {{}}, DType::Int32)[0]);
  try {
    emulate::Executor executor(std::make_shared<const Graph>(builder.graph()));
    FAIL() << "it computes";
  } catch (const Error& error) {
    EXPECT_EQ(error.message(), "No kernel computes these nodes: node_0 (EXP int32).");
  }
}

}  // namespace
}  // namespace octet::test
