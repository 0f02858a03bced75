// MEAN, SUM, REDUCE_MAX and REDUCE_MIN against plain loops.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "support/coordinates.h"
#include "support/graph_builder.h"

namespace octet::test {
namespace {

struct Case {
  Shape input;
  std::vector<int32_t> axes;
  Shape output;  ///< With reduced dimensions kept.
};

const std::vector<Case> kCases = {
    {{7}, {0}, {1}},
    {{3, 37}, {1}, {3, 1}},
    {{37, 3}, {0}, {1, 3}},
    {{2, 5, 7, 19}, {1, 2}, {2, 1, 1, 19}},
    {{2, 5, 7, 3}, {3}, {2, 5, 7, 1}},
    {{2, 5, 7, 3}, {0, 2}, {1, 5, 1, 3}},
    {{2, 5, 7, 3}, {1, 3}, {2, 1, 7, 1}},
    {{2, 3, 4, 5}, {0, 1, 2, 3}, {1, 1, 1, 1}},
    {{1, 16, 1, 8}, {2}, {1, 16, 1, 8}},
    {{2, 3, 2, 5, 2}, {1, 3}, {2, 1, 2, 1, 2}},
};

/// The sums of `value(element)` over the reduced axes, in the output's order.
template <class Sum, class T, class Value>
std::vector<Sum> sums(const Case& test, const std::vector<T>& input, Value value) {
  std::vector<Sum> result(static_cast<size_t>(test.output.elements()), 0);
  for_each_coordinates(test.input, [&](Coordinates at) {
    const Sum element = value(input[offset_of(test.input, at)]);
    for (const int32_t axis : test.axes) at[static_cast<size_t>(axis)] = 0;
    result[offset_of(test.output, at)] += element;
  });
  return result;
}

TEST(Reducing, Float) {
  Random random(3);
  for (const Case& test : kCases) {
    SCOPED_TRACE(to_string(test.input));
    const std::vector<float> input = random.floats(test.input.elements(), -2, 3);
    const std::vector<double> expected = sums<double>(test, input, [](float value) { return value; });
    const double count = static_cast<double>(test.input.elements() / test.output.elements());
    for (const bool keep : {true, false}) {
      GraphBuilder builder;
      const TensorId x = builder.input("x", test.input);
      const TensorId mean = builder.node(OpKind::Mean, Reduce{test.axes, keep}, {x})[0];
      const TensorId sum = builder.node(OpKind::Sum, Reduce{test.axes, keep}, {x})[0];
      builder.output(mean).output(sum);
      const int rank = keep ? test.input.rank() : test.input.rank() - static_cast<int>(test.axes.size());
      EXPECT_EQ(builder.tensor(mean).shape.rank(), rank);
      const std::vector<float> means = run<float>(builder.graph(), {input}, 0);
      const std::vector<float> totals = run<float>(builder.graph(), {input}, 1);
      ASSERT_EQ(totals.size(), expected.size());
      for (size_t i = 0; i < expected.size(); ++i) {
        ASSERT_NEAR(means[i], expected[i] / count, 1e-5);
        ASSERT_NEAR(totals[i], expected[i], 1e-5 * count);
      }
    }
  }
}

/// The `sima` rule as the contract words it: m * 2^-n for the factor, n at most 46, |m| at most 32767.
int8_t sima(int64_t sum, double factor, int32_t zero_point) {
  int n = 46;
  while (std::fabs(std::round(std::ldexp(factor, n))) > 32767) --n;
  const int64_t m = static_cast<int64_t>(std::round(std::ldexp(factor, n)));
  const int64_t rounded = (m * sum + (int64_t{1} << (n - 1))) >> n;
  return static_cast<int8_t>(std::clamp<int64_t>(rounded + zero_point, -128, 127));
}

TEST(Reducing, Int8BySimaRule) {
  struct Scales {
    QuantParams input, output;
  };
  const std::vector<Scales> scales = {
      {QuantParams::per_tensor(0.02f, 5), QuantParams::per_tensor(0.02f, 5)},
      {QuantParams::per_tensor(0.02f, -128), QuantParams::per_tensor(0.0131f, 17)},
      {QuantParams::per_tensor(0.5f, 127), QuantParams::per_tensor(30.0f, -3)},
      {QuantParams::per_tensor(3.0f, 1), QuantParams::per_tensor(0.001f, 0)},
  };
  Random random(4);
  for (const Case& test : kCases) {
    for (const auto& [in, out] : scales) {
      const std::vector<int8_t> input = random.integers<int8_t>(test.input.elements(), -128, 127);
      const auto expected = sums<int64_t>(test, input, [&](int8_t q) { return q - in.zero_point[0]; });
      const double ratio = static_cast<double>(in.scale[0]) / static_cast<double>(out.scale[0]);
      const double count = static_cast<double>(test.input.elements() / test.output.elements());
      for (const OpKind op : {OpKind::Mean, OpKind::Sum}) {
        SCOPED_TRACE(std::string(to_string(op)) + " of " + to_string(test.input));
        GraphBuilder builder;
        const TensorId x = builder.input("x", test.input, DType::Int8, in);
        builder.output(
            builder.node(op, Reduce{test.axes, true}, {x}, {out}, DType::Int8, RequantizationMode::Sima)[0]);
        const std::vector<int8_t> actual = run<int8_t>(builder.graph(), {input});
        for (size_t i = 0; i < expected.size(); ++i) {
          ASSERT_EQ(actual[i],
                    sima(expected[i], op == OpKind::Mean ? ratio / count : ratio, out.zero_point[0]))
              << i;
        }
      }
    }
  }
}

template <class T>
void expect_extremes(const Case& test, const std::vector<T>& input, DType dtype,
                     const std::optional<QuantParams>& quantization) {
  for (const bool largest : {true, false}) {
    std::vector<std::optional<T>> expected(static_cast<size_t>(test.output.elements()));
    for_each_coordinates(test.input, [&](Coordinates at) {
      const T element = input[offset_of(test.input, at)];
      for (const int32_t axis : test.axes) at[static_cast<size_t>(axis)] = 0;
      std::optional<T>& best = expected[offset_of(test.output, at)];
      if (!best || (largest ? element > *best : element < *best)) best = element;
    });
    GraphBuilder builder;
    const TensorId x = builder.input("x", test.input, dtype, quantization);
    const OpKind op = largest ? OpKind::ReduceMax : OpKind::ReduceMin;
    builder.output(builder.node(op, Reduce{test.axes, true}, {x}, {quantization}, dtype)[0]);
    const std::vector<T> actual = run<T>(builder.graph(), {input});
    ASSERT_EQ(actual.size(), expected.size());
    for (size_t i = 0; i < actual.size(); ++i) ASSERT_EQ(actual[i], *expected[i]) << to_string(op) << i;
  }
}

TEST(Reducing, Extremes) {
  Random random(5);
  const QuantParams params = QuantParams::per_tensor(0.1f, 0);
  for (const Case& test : kCases) {
    SCOPED_TRACE(to_string(test.input));
    const int64_t count = test.input.elements();
    expect_extremes(test, random.floats(count, -9, -1), DType::Float32, {});
    expect_extremes(test, random.floats(count, -1, 3), DType::Float32, {});
    expect_extremes(test, random.integers<int8_t>(count, -128, 127), DType::Int8, params);
    expect_extremes(test, random.integers<int16_t>(count, -32768, 32767), DType::Int16, params);
  }
}

TEST(Reducing, ErrorsNameTheAxis) {
  const auto failure = [](const Reduce& reduce, const Shape& input,
                          DType dtype = DType::Float32) -> std::string {
    const QuantParams quantization = QuantParams::per_tensor(1.0f, 0);
    GraphBuilder builder;
    const TensorId x = builder.input("x", input, dtype, quantization);
    try {
      builder.output(builder.node(OpKind::Mean, reduce, {x}, {quantization})[0]);
      emulate::Executor executor(std::make_shared<const Graph>(builder.graph()));
    } catch (const Error& error) {
      return error.message();
    }
    return "";
  };
  EXPECT_EQ(failure({{2}, true}, {3, 4}),
            "MEAN 'node_0': axis 2 does not exist in a tensor of 2 dimensions.");
  EXPECT_EQ(failure({{1, 0}, true}, {3, 4}), "MEAN 'node_0': its axes are not in ascending order.");
  EXPECT_EQ(failure({{0, 1}, true}, {4096, 4096}, DType::Int8),
            "MEAN 'node_0': it adds up 16777216 elements; integer sums take at most 8388608.");
}

}  // namespace
}  // namespace octet::test
