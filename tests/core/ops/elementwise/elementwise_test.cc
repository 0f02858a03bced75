// Operators on one or two tensors: float kernels against plain loops, INT8 in `sima` mode against the
// contract computed in doubles and 64-bit integers. `tflite` mode is covered by the recorded vectors.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "ops/elementwise/elementwise_operators.h"
#include "support/graph_builder.h"

namespace octet::ops {
namespace {

using test::GraphBuilder;
using test::Random;

const Shape kShapes[][2] = {{{1, 3, 5, 7}, {1, 3, 5, 7}},
                            {{2, 3, 5, 4}, {4}},
                            {{1, 4, 4, 3}, {1, 1, 1, 3}},
                            {{3}, {1, 2, 2, 3}},
                            {{1, 9, 1, 5}, {}},
                            {{}, {1, 17}},
                            {{1, 2, 3, 5}, {1, 2, 3, 1}},
                            {{4, 1}, {1, 6}},
                            {{33}, {33}},
                            {{1, 1, 1, 1}, {1, 1, 1, 1}},
                            {{2, 1, 3, 1}, {1, 5, 1, 2}}};

/// Coordinates of `index` in `output`, as an index into an operand that broadcasts to it.
size_t operand_index(const Shape& output, size_t index, const Shape& operand) {
  size_t offset = 0, stride = 1;
  for (int from_end = 1; from_end <= output.rank(); ++from_end) {
    const size_t extent = static_cast<size_t>(output[-from_end]);
    if (from_end <= operand.rank()) {
      if (operand[-from_end] > 1) offset += index % extent * stride;
      stride *= static_cast<size_t>(operand[-from_end]);
    }
    index /= extent;
  }
  return offset;
}

/// function(a, b) over two operands broadcast together, element by element.
template <class Out, class In, class Function>
std::vector<Out> naive_binary(const Shape& a, const std::vector<In>& x, const Shape& b,
                              const std::vector<In>& y, Function function) {
  const Shape output = broadcast(a, b);
  std::vector<Out> result(static_cast<size_t>(output.elements()));
  for (size_t i = 0; i < result.size(); ++i) {
    result[i] = static_cast<Out>(function(x[operand_index(output, i, a)], y[operand_index(output, i, b)]));
  }
  return result;
}

float activated(float value, Activation activation) {
  switch (activation) {
    case Activation::None:
      return value;
    case Activation::Relu:
      return std::max(value, 0.0f);
    case Activation::Relu6:
      return std::min(std::max(value, 0.0f), 6.0f);
    case Activation::ReluN1To1:
      return std::min(std::max(value, -1.0f), 1.0f);
  }
  return value;
}

struct Binary {
  OpKind op;
  Attributes attributes;
  float (*function)(float, float);
};

const Binary kBinary[] = {
    {OpKind::Add, Elementwise{}, [](float a, float b) { return a + b; }},
    {OpKind::Sub, Elementwise{}, [](float a, float b) { return a - b; }},
    {OpKind::Mul, Elementwise{}, [](float a, float b) { return a * b; }},
    {OpKind::Div, Elementwise{}, [](float a, float b) { return a / b; }},
    {OpKind::Minimum, NoAttributes{}, [](float a, float b) { return std::min(a, b); }},
    {OpKind::Maximum, NoAttributes{}, [](float a, float b) { return std::max(a, b); }},
    {OpKind::SquaredDifference, NoAttributes{}, [](float a, float b) { return (a - b) * (a - b); }},
};

TEST(ElementwiseFloat, BinaryEqualsThePlainLoop) {
  Random random(1);
  for (const Binary& operation : kBinary) {
    for (const auto& [a, b] : kShapes) {
      SCOPED_TRACE(std::string(to_string(operation.op)) + " " + to_string(a) + " " + to_string(b));
      const std::vector<float> x = random.floats(a.elements(), -4, 4);
      const std::vector<float> y = random.floats(b.elements(), -4, 4);
      GraphBuilder builder;
      const TensorId left = builder.input("a", a);
      const TensorId right = builder.input("b", b);
      builder.output(builder.node(operation.op, operation.attributes, {left, right})[0]);
      EXPECT_EQ(test::run<float>(builder.graph(), {x, y}),
                (naive_binary<float>(a, x, b, y, operation.function)));
    }
  }
}

TEST(ElementwiseFloat, FusedActivationsClamp) {
  Random random(2);
  const Shape shape = {1, 3, 3, 5};
  const std::vector<float> x = random.floats(45, -8, 8), y = random.floats(45, -2, 2);
  for (const OpKind op : {OpKind::Add, OpKind::Sub, OpKind::Mul, OpKind::Div}) {
    for (const Activation activation : {Activation::Relu, Activation::Relu6, Activation::ReluN1To1}) {
      GraphBuilder builder;
      const TensorId a = builder.input("a", shape), b = builder.input("b", shape);
      builder.output(builder.node(op, Elementwise{activation}, {a, b})[0]);
      const auto* operation = std::find_if(std::begin(kBinary), std::end(kBinary),
                                           [&](const Binary& candidate) { return candidate.op == op; });
      EXPECT_EQ(test::run<float>(builder.graph(), {x, y}),
                (naive_binary<float>(shape, x, shape, y, [&](float p, float q) {
                  return activated(operation->function(p, q), activation);
                })));
    }
  }
}

struct Unary {
  OpKind op;
  Attributes attributes;
  double (*function)(double);
  double tolerance;   ///< Relative.
  float lowest = -9;  ///< Of the arguments that it is tried with in float.
};

/// Halves to even, as the default rounding mode has it.
double nearest_even(double x) { return std::nearbyint(x); }

double softplus(double x) { return std::max(x, 0.0) + std::log1p(std::exp(-std::fabs(x))); }

const Unary kUnary[] = {
    {OpKind::Relu, NoAttributes{}, [](double x) { return std::max(x, 0.0); }, 0},
    {OpKind::Relu6, NoAttributes{}, [](double x) { return std::clamp(x, 0.0, 6.0); }, 0},
    {OpKind::ReluN1To1, NoAttributes{}, [](double x) { return std::clamp(x, -1.0, 1.0); }, 0},
    {OpKind::LeakyRelu, LeakyRelu{0.25f}, [](double x) { return x >= 0 ? x : 0.25 * x; }, 0},
    {OpKind::HardSigmoid, HardSigmoid{0.25f, 0.5f},
     [](double x) { return std::clamp(x / 4 + 0.5, 0.0, 1.0); }, 0},
    {OpKind::Logistic, NoAttributes{}, [](double x) { return 1 / (1 + std::exp(-x)); }, 5e-7},
    {OpKind::Tanh, NoAttributes{}, [](double x) { return std::tanh(x); }, 5e-7},
    {OpKind::HardSwish, NoAttributes{}, [](double x) { return x * std::clamp(x + 3, 0.0, 6.0) / 6; }, 1e-6},
    {OpKind::Relu0To1, NoAttributes{}, [](double x) { return std::clamp(x, 0.0, 1.0); }, 0},
    {OpKind::Elu, NoAttributes{}, [](double x) { return x < 0 ? std::expm1(x) : x; }, 6e-7},
    {OpKind::Gelu, Gelu{false}, [](double x) { return 0.5 * x * std::erfc(-x * std::sqrt(0.5)); }, 1e-5},
    {OpKind::Gelu, Gelu{true},
     [](double x) {
       return 0.5 * x * (1 + std::tanh(std::sqrt(2 / std::acos(-1.0)) * (x + 0.044715 * x * x * x)));
     },
     1e-5, -4},
    {OpKind::Exp, NoAttributes{}, [](double x) { return std::exp(x); }, 2e-7},
    {OpKind::Log, NoAttributes{}, [](double x) { return x > 0 ? std::log(x) : -HUGE_VAL; }, 3e-7, 0.001f},
    {OpKind::Sqrt, NoAttributes{}, [](double x) { return x > 0 ? std::sqrt(x) : 0; }, 6e-8, 0},
    {OpKind::Rsqrt, NoAttributes{}, [](double x) { return x > 0 ? 1 / std::sqrt(x) : HUGE_VAL; }, 2e-7,
     0.001f},
    {OpKind::Square, NoAttributes{}, [](double x) { return x * x; }, 6e-8},
    {OpKind::Abs, NoAttributes{}, [](double x) { return std::fabs(x); }, 0},
    {OpKind::Neg, NoAttributes{}, [](double x) { return -x; }, 0},
    {OpKind::Sign, NoAttributes{}, [](double x) { return x > 0   ? 1.0
                                                         : x < 0 ? -1.0
                                                                 : x; }, 0},
    {OpKind::Floor, NoAttributes{}, [](double x) { return std::floor(x); }, 0},
    {OpKind::Ceil, NoAttributes{}, [](double x) { return std::ceil(x); }, 0},
    {OpKind::Round, NoAttributes{}, nearest_even, 0},
    {OpKind::Silu, NoAttributes{}, [](double x) { return x / (1 + std::exp(-x)); }, 5e-7},
    {OpKind::Softplus, NoAttributes{}, softplus, 5e-7},
    {OpKind::Mish, NoAttributes{}, [](double x) { return x * std::tanh(softplus(x)); }, 7e-7},
    {OpKind::Softsign, NoAttributes{}, [](double x) { return x / (1 + std::fabs(x)); }, 2e-7},
    {OpKind::Reciprocal, NoAttributes{}, [](double x) { return 1 / x; }, 6e-8},
    {OpKind::Erf, NoAttributes{}, [](double x) { return std::erf(x); }, 6e-7},
    {OpKind::Sin, NoAttributes{}, [](double x) { return std::sin(x); }, 6e-8},
    {OpKind::Cos, NoAttributes{}, [](double x) { return std::cos(x); }, 6e-8},
};

TEST(ElementwiseFloat, UnaryIsNearTheFunction) {
  Random random(3);
  for (const Unary& operation : kUnary) {
    for (const int32_t count : {1, 4, 7, 64, 131}) {
      SCOPED_TRACE(std::string(to_string(operation.op)) + " " + std::to_string(count));
      const std::vector<float> x = random.floats(count, operation.lowest, 9);
      GraphBuilder builder;
      const TensorId input = builder.input("x", {1, count});
      builder.output(builder.node(operation.op, operation.attributes, {input})[0]);
      const std::vector<float> y = test::run<float>(builder.graph(), {x});
      for (size_t i = 0; i < x.size(); ++i) {
        const double expected = operation.function(static_cast<double>(x[i]));
        // Near a zero of x + 3 only the sum's rounding counts.
        const double scale = operation.op == OpKind::HardSwish ? 1.0 : std::fabs(expected);
        const double slack = operation.tolerance * scale;
        EXPECT_NEAR(y[i], expected, slack) << x[i];
      }
    }
  }
}

TEST(ElementwiseFloat, NanStaysNan) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  for (const Unary& operation : kUnary) {
    GraphBuilder builder;
    const TensorId input = builder.input("x", {1, 5});
    builder.output(builder.node(operation.op, operation.attributes, {input})[0]);
    const std::vector<float> y = test::run<float>(builder.graph(), {{nan, 1, 2, 3, nan}});
    EXPECT_TRUE(std::isnan(y[0]) && std::isnan(y[4])) << to_string(operation.op);
  }
}

struct Extreme {
  OpKind op;
  float x;
  double expected;
};

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNoNumber = std::numeric_limits<double>::quiet_NaN();

// Infinities are what the formulas make of them, as in other runtimes: infinity times zero is no number.
const Extreme kExtremes[] = {
    {OpKind::Silu, -HUGE_VALF, kNoNumber},
    {OpKind::Silu, -1e38f, 0},
    {OpKind::Silu, -60, -60 / (1 + std::exp(60.0))},
    {OpKind::Silu, 1e38f, 1e38},
    {OpKind::Silu, HUGE_VALF, kInfinity},
    {OpKind::Softplus, -HUGE_VALF, 0},
    {OpKind::Softplus, -1e38f, 0},
    {OpKind::Softplus, -60, std::exp(-60.0)},
    {OpKind::Softplus, 1e38f, 1e38},
    {OpKind::Softplus, HUGE_VALF, kInfinity},
    {OpKind::Mish, -HUGE_VALF, kNoNumber},
    {OpKind::Mish, -1e38f, 0},
    {OpKind::Mish, -60, -60 * std::exp(-60.0)},
    {OpKind::Mish, 1e38f, 1e38},
    {OpKind::Mish, HUGE_VALF, kInfinity},
    {OpKind::Softsign, -1e38f, -1},
    {OpKind::Softsign, 1e-38f, 1e-38},
    {OpKind::Softsign, HUGE_VALF, kNoNumber},
    {OpKind::Reciprocal, 0.0f, kInfinity},
    {OpKind::Reciprocal, -0.0f, -kInfinity},
    {OpKind::Reciprocal, HUGE_VALF, 0},
    {OpKind::Erf, -HUGE_VALF, -1},
    {OpKind::Erf, -1e38f, -1},
    {OpKind::Erf, 1e-30f, 2e-30 / std::sqrt(std::acos(-1.0))},
    {OpKind::Erf, 1e38f, 1},
    {OpKind::Erf, HUGE_VALF, 1},
    {OpKind::Sin, 1e-30f, 1e-30},
    {OpKind::Sin, 1e6f, std::sin(1e6)},
    {OpKind::Sin, -HUGE_VALF, kNoNumber},
    {OpKind::Cos, 0, 1},
    {OpKind::Cos, -1e6f, std::cos(1e6)},
    {OpKind::Cos, HUGE_VALF, kNoNumber},
};

TEST(ElementwiseFloat, ExtremesAreWhatTheFormulaMakesOfThem) {
  for (const Extreme& extreme : kExtremes) {
    SCOPED_TRACE(std::string(to_string(extreme.op)) + " of " + std::to_string(extreme.x));
    GraphBuilder builder;
    const TensorId input = builder.input("x", {5});
    builder.output(builder.node(extreme.op, NoAttributes{}, {input})[0]);
    const std::vector<float> x(5, extreme.x);  // In a whole vector, and in a tail.
    for (const float y : test::run<float>(builder.graph(), {x})) {
      if (std::isnan(extreme.expected)) {
        EXPECT_TRUE(std::isnan(y)) << y;
      } else if (std::isinf(extreme.expected)) {
        EXPECT_EQ(static_cast<double>(y), extreme.expected);
      } else {
        EXPECT_NEAR(static_cast<double>(y), extreme.expected, 7e-7 * std::fabs(extreme.expected));
      }
    }
  }
}

TEST(ElementwiseFloat, PreluTakesItsSlopes) {
  Random random(4);
  const Shape shape = {1, 3, 3, 5};
  for (const Shape& slopes : {Shape{5}, Shape{1, 1, 5}, Shape{3, 3, 5}, Shape{1, 1, 1}}) {
    const std::vector<float> x = random.floats(shape.elements(), -4, 4);
    const std::vector<float> alpha = random.floats(slopes.elements(), -1, 1);
    GraphBuilder builder;
    const TensorId input = builder.input("x", shape);
    builder.output(builder.node(OpKind::Prelu, NoAttributes{}, {input, builder.constant(slopes, alpha)})[0]);
    EXPECT_EQ(
        test::run<float>(builder.graph(), {x}),
        (naive_binary<float>(shape, x, slopes, alpha, [](float p, float q) { return p >= 0 ? p : p * q; })));
  }
}

const QuantParams kLeft = QuantParams::per_tensor(0.031f, 11);
const QuantParams kRight = QuantParams::per_tensor(0.0074f, -100);
const QuantParams kOutput = QuantParams::per_tensor(0.042f, -7);

/// The contract's integer multipliers and shift, by trial from the largest shift.
struct Multipliers {
  std::vector<int64_t> integers;
  int shift;
};
Multipliers contract_multipliers(const std::vector<double>& factors, int largest) {
  for (int n = largest;; --n) {
    Multipliers result = {{}, n};
    for (const double factor : factors) result.integers.push_back(std::llround(std::ldexp(factor, n)));
    if (std::all_of(result.integers.begin(), result.integers.end(),
                    [](int64_t m) { return std::llabs(m) <= 32767; })) {
      return result;
    }
  }
}

/// Every pair of int8 values through a binary operator in `sima` mode.
std::vector<int8_t> run_pairs(OpKind op, Attributes attributes, const std::vector<int8_t>& values) {
  GraphBuilder builder;
  const TensorId a = builder.input("a", {1, 256, 1}, DType::Int8, kLeft);
  const TensorId b = builder.input("b", {1, 1, 256}, DType::Int8, kRight);
  builder.output(
      builder.node(op, std::move(attributes), {a, b}, {kOutput}, DType::Int8, RequantizationMode::Sima)[0]);
  return test::run<int8_t>(builder.graph(), {values, values});
}

std::vector<int8_t> all_int8() {
  std::vector<int8_t> values;
  for (int q = -128; q <= 127; ++q) values.push_back(static_cast<int8_t>(q));
  return values;
}

int8_t clamp_int8(int64_t value, int64_t low = -128) {
  return static_cast<int8_t>(std::clamp<int64_t>(value, low, 127));
}

TEST(ElementwiseSima, SumsAndDifferencesFollowTheContract) {
  const std::vector<int8_t> values = all_int8();
  for (const int sign : {1, -1}) {
    const double output_scale = kOutput.scale[0];
    const Multipliers m =
        contract_multipliers({kLeft.scale[0] / output_scale, sign * (kRight.scale[0] / output_scale)}, 31);
    const int64_t constant = (int64_t{kOutput.zero_point[0]} << m.shift) -
                             m.integers[0] * kLeft.zero_point[0] - m.integers[1] * kRight.zero_point[0];
    const auto expected = naive_binary<int8_t>({256, 1}, values, {1, 256}, values, [&](int64_t a, int64_t b) {
      const int64_t sum = m.integers[0] * a + m.integers[1] * b + constant;
      return clamp_int8((sum + (int64_t{1} << (m.shift - 1))) >> m.shift, kOutput.zero_point[0]);
    });
    EXPECT_EQ(run_pairs(sign > 0 ? OpKind::Add : OpKind::Sub, Elementwise{Activation::Relu}, values),
              expected);
  }
}

TEST(ElementwiseSima, ProductsFollowTheContract) {
  const std::vector<int8_t> values = all_int8();
  const Multipliers m =
      contract_multipliers({static_cast<double>(kLeft.scale[0]) * kRight.scale[0] / kOutput.scale[0]}, 46);
  const auto expected = naive_binary<int8_t>({256, 1}, values, {1, 256}, values, [&](int64_t a, int64_t b) {
    const int64_t product = m.integers[0] * (a - kLeft.zero_point[0]) * (b - kRight.zero_point[0]);
    return clamp_int8(((product + (int64_t{1} << (m.shift - 1))) >> m.shift) + kOutput.zero_point[0]);
  });
  EXPECT_EQ(run_pairs(OpKind::Mul, Elementwise{}, values), expected);
}

TEST(ElementwiseSima, QuotientsRoundToNearest) {
  const std::vector<int8_t> values = all_int8();
  const auto expected = naive_binary<int8_t>({256, 1}, values, {1, 256}, values, [&](int a, int b) {
    const double dividend = static_cast<double>(kLeft.scale[0]) * (a - kLeft.zero_point[0]);
    const double divisor = static_cast<double>(kRight.scale[0]) * (b - kRight.zero_point[0]);
    if (divisor == 0) return dividend == 0 ? kOutput.zero_point[0] : dividend > 0 ? 127 : -128;
    const double steps = std::round(dividend / divisor / kOutput.scale[0]);
    return static_cast<int>(std::clamp(steps + kOutput.zero_point[0], -128.0, 127.0));
  });
  EXPECT_EQ(run_pairs(OpKind::Div, Elementwise{}, values), expected);
}

TEST(ElementwiseSima, UnaryTablesRoundToNearest) {
  const std::vector<int8_t> values = all_int8();
  for (const Unary& operation : kUnary) {
    if (operator_of(operation.op).kernels.i8 == nullptr) continue;
    GraphBuilder builder;
    const TensorId input = builder.input("x", {256}, DType::Int8, kLeft);
    builder.output(builder.node(operation.op, operation.attributes, {input}, {kOutput}, DType::Int8,
                                RequantizationMode::Sima)[0]);
    const std::vector<int8_t> actual = test::run<int8_t>(builder.graph(), {values});
    for (size_t i = 0; i < values.size(); ++i) {
      const double x = static_cast<double>(kLeft.scale[0]) * (values[i] - kLeft.zero_point[0]);
      const double steps = std::round(operation.function(x) / kOutput.scale[0]);
      const double finite = std::clamp(steps, -1000.0, 1000.0);
      EXPECT_EQ(actual[i], clamp_int8(static_cast<int64_t>(finite) + kOutput.zero_point[0]))
          << to_string(operation.op) << " of " << x;
    }
  }
}

TEST(ElementwiseSima, UnaryTablesOfInt16RoundToNearest) {
  std::vector<int16_t> values;
  for (int q = -32768; q <= 32767; ++q) values.push_back(static_cast<int16_t>(q));
  const QuantParams from = QuantParams::per_tensor(0.00031f, 0), to = QuantParams::per_tensor(0.00024f, 0);
  for (const Unary& operation : kUnary) {
    if (operator_of(operation.op).kernels.i16 == nullptr) continue;
    GraphBuilder builder;
    const TensorId input = builder.input("x", {65536}, DType::Int16, from);
    builder.output(builder.node(operation.op, operation.attributes, {input}, {to}, DType::Int16,
                                RequantizationMode::Sima)[0]);
    const std::vector<int16_t> actual = test::run<int16_t>(builder.graph(), {values});
    for (size_t i = 0; i < values.size(); ++i) {
      const double x = static_cast<double>(from.scale[0]) * values[i];
      const double steps = std::round(operation.function(x) / static_cast<double>(to.scale[0]));
      ASSERT_EQ(actual[i], std::clamp(steps, -32768.0, 32767.0)) << to_string(operation.op) << " of " << x;
    }
  }
}

TEST(ElementwiseSima, SquaredDifferencesRoundToNearest) {
  const std::vector<int8_t> values = all_int8();
  const auto expected = naive_binary<int8_t>({256, 1}, values, {1, 256}, values, [&](int a, int b) {
    const double difference = static_cast<double>(kLeft.scale[0]) * (a - kLeft.zero_point[0]) -
                              static_cast<double>(kRight.scale[0]) * (b - kRight.zero_point[0]);
    const double steps = std::round(difference * difference / kOutput.scale[0]);
    return clamp_int8(static_cast<int64_t>(steps) + kOutput.zero_point[0]);
  });
  EXPECT_EQ(run_pairs(OpKind::SquaredDifference, NoAttributes{}, values), expected);
}

TEST(ElementwiseFloat, PowersAreNearTheFunction) {
  Random random(5);
  for (const auto& [a, b] : kShapes) {
    SCOPED_TRACE(to_string(a) + " " + to_string(b));
    const std::vector<float> x = random.floats(a.elements(), 0.01f, 9);
    const std::vector<float> y = random.floats(b.elements(), -4, 4);
    GraphBuilder builder;
    const TensorId base = builder.input("a", a), exponent = builder.input("b", b);
    builder.output(builder.node(OpKind::Pow, NoAttributes{}, {base, exponent})[0]);
    const std::vector<float> actual = test::run<float>(builder.graph(), {x, y});
    const auto expected = naive_binary<double>(a, x, b, y, [](float p, float q) {
      return std::pow(static_cast<double>(p), static_cast<double>(q));
    });
    for (size_t i = 0; i < expected.size(); ++i) EXPECT_NEAR(actual[i], expected[i], 7e-8 * expected[i]);
  }
}

/// POW of 64 values and one constant exponent.
std::vector<float> powers(const std::vector<float>& x, float exponent) {
  GraphBuilder builder;
  const TensorId input = builder.input("x", {1, 8, 8, 1});
  const TensorId constant = builder.constant(Shape{}, std::vector<float>{exponent});
  builder.output(builder.node(OpKind::Pow, NoAttributes{}, {input, constant})[0]);
  return test::run<float>(builder.graph(), {x});
}

TEST(ElementwiseFloat, ConstantExponentsAreNearTheFunction) {
  const std::vector<float> x = Random(6).floats(64, 0.01f, 9);
  for (const float exponent : {0.5f, -0.5f, 2.0f, 3.0f, 1.7f, -3.0f}) {
    const std::vector<float> actual = powers(x, exponent);
    for (size_t i = 0; i < x.size(); ++i) {
      const double expected = std::pow(static_cast<double>(x[i]), static_cast<double>(exponent));
      EXPECT_NEAR(actual[i], expected, 2e-7 * expected) << x[i] << " to " << exponent;
    }
  }
}

TEST(ElementwiseSima, PowersRoundToNearest) {
  const std::vector<int8_t> values = all_int8();
  for (const double exponent : {0.5, -0.5, 2.0, 3.0}) {
    GraphBuilder builder;
    const TensorId input = builder.input("x", {256}, DType::Int8, kLeft);
    // Not quite the exponent, as quantizing it leaves it.
    const QuantParams inexact = QuantParams::per_tensor(static_cast<float>(exponent / 127 * 1.0001), 0);
    const bool negative = exponent < 0;
    const std::vector<int8_t> stored = {127};
    const TensorId constant =
        builder.constant(Shape{}, stored, negative ? QuantParams::per_tensor(0.5f / 255, 127) : inexact);
    if (negative)
      builder.graph().tensor(constant).constant = make_constant(std::span<const int8_t>(&values[0], 1));
    builder.output(builder.node(OpKind::Pow, NoAttributes{}, {input, constant}, {kOutput}, DType::Int8,
                                RequantizationMode::Sima)[0]);
    const std::vector<int8_t> actual = test::run<int8_t>(builder.graph(), {values});
    for (size_t i = 0; i < values.size(); ++i) {
      const double x = static_cast<double>(kLeft.scale[0]) * (values[i] - kLeft.zero_point[0]);
      const bool root = std::fabs(exponent) == 0.5;
      const double real = root && x <= 0 ? (negative ? HUGE_VAL : 0) : std::pow(x, exponent);
      const double steps = std::clamp(std::round(real / kOutput.scale[0]), -1000.0, 1000.0);
      EXPECT_EQ(actual[i], clamp_int8(static_cast<int64_t>(steps) + kOutput.zero_point[0]))
          << x << " to " << exponent;
    }
  }
}

TEST(ElementwiseSima, PreluTablesRoundToNearest) {
  const std::vector<int8_t> values = all_int8();
  const auto expected = naive_binary<int8_t>({256, 1}, values, {1, 256}, values, [&](int a, int b) {
    const double x = static_cast<double>(kLeft.scale[0]) * (a - kLeft.zero_point[0]);
    const double slope = static_cast<double>(kRight.scale[0]) * (b - kRight.zero_point[0]);
    const double steps = std::round((x >= 0 ? x : slope * x) / kOutput.scale[0]);
    return clamp_int8(static_cast<int64_t>(steps) + kOutput.zero_point[0]);
  });
  GraphBuilder builder;
  std::vector<int8_t> repeated;
  for (const int8_t value : values) repeated.insert(repeated.end(), 256, value);
  const TensorId input = builder.input("x", {256, 256}, DType::Int8, kLeft);
  const TensorId slopes = builder.constant(Shape{256}, values, kRight);
  builder.output(builder.node(OpKind::Prelu, NoAttributes{}, {input, slopes}, {kOutput}, DType::Int8,
                              RequantizationMode::Sima)[0]);
  EXPECT_EQ(test::run<int8_t>(builder.graph(), {repeated}), expected);
}

TEST(Elementwise, ErrorsNameTheNode) {
  GraphBuilder builder;
  const TensorId a = builder.input("a", {2, 3}), b = builder.input("b", {3, 2});
  const TensorId narrow = builder.input("narrow", {2, 1}),
                 whole = builder.input("q", {2, 3}, DType::Int8, kLeft);
  const auto message = [&](OpKind op, Attributes attributes, TensorId x, TensorId y) -> std::string {
    GraphBuilder copy = builder;
    try {
      copy.node(op, std::move(attributes), {x, y});
    } catch (const Error& error) {
      EXPECT_EQ(error.where().node, "node_0");
      return error.message();
    }
    return "";
  };
  EXPECT_NE(message(OpKind::Add, Elementwise{}, a, b).find("2x3 and 3x2"), std::string::npos);
  EXPECT_NE(message(OpKind::Mul, Elementwise{}, a, whole).find("float32 and int8"), std::string::npos);
  EXPECT_NE(message(OpKind::Prelu, NoAttributes{}, narrow, a).find("slopes"), std::string::npos);
}

}  // namespace
}  // namespace octet::ops
