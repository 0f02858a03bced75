// BATCH_MATMUL against plain loops.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "kernels/arithmetic/requantize.h"
#include "support/coordinates.h"
#include "support/graph_builder.h"

namespace octet::test {
namespace {

struct Case {
  Shape a;
  bool transpose_a;
  Shape b;
  bool transpose_b;
  Shape output;
};

const Case kCases[] = {
    {{3, 5}, false, {5, 4}, false, {3, 4}},
    {{1, 1}, false, {1, 1}, false, {1, 1}},
    {{17, 9}, false, {9, 19}, false, {17, 19}},
    {{9, 4}, true, {9, 8}, false, {4, 8}},
    {{2, 3, 7}, false, {2, 6, 7}, true, {2, 3, 6}},
    {{1, 2, 5, 16}, true, {1, 2, 11, 5}, true, {1, 2, 16, 11}},
    {{2, 1, 3, 5}, false, {4, 5, 6}, false, {2, 4, 3, 6}},
    {{5, 3}, false, {2, 2, 3, 9}, false, {2, 2, 5, 9}},
};

/// Sums of products by the definition, of elements less their zero points.
template <class T>
std::vector<double> sums(const Case& test, const std::vector<T>& a, const std::vector<T>& b, int zero_a = 0,
                         int zero_b = 0) {
  const auto element = [](const Shape& shape, const std::vector<T>& values, const Coordinates& at,
                          int32_t row, int32_t column) {
    Coordinates from;
    for (int axis = 0; axis + 2 < shape.rank(); ++axis) {
      const size_t behind = at.size() - static_cast<size_t>(shape.rank()) + static_cast<size_t>(axis);
      from.push_back(shape[axis] == 1 ? 0 : at[behind]);
    }
    from.insert(from.end(), {row, column});
    return static_cast<double>(values[offset_of(shape, from)]);
  };
  std::vector<double> result;
  const int32_t depth = test.a[test.transpose_a ? -2 : -1];
  for_each_coordinates(test.output, [&](const Coordinates& at) {
    const int32_t row = at[at.size() - 2];
    const int32_t column = at[at.size() - 1];
    double sum = 0;
    for (int32_t k = 0; k < depth; ++k) {
      const double x = test.transpose_a ? element(test.a, a, at, k, row) : element(test.a, a, at, row, k);
      const double y =
          test.transpose_b ? element(test.b, b, at, column, k) : element(test.b, b, at, k, column);
      sum += (x - zero_a) * (y - zero_b);
    }
    result.push_back(sum);
  });
  return result;
}

TEST(BatchMatmul, FloatIsNearTheDefinition) {
  Random random(1);
  for (const Case& test : kCases) {
    SCOPED_TRACE(to_string(test.a) + " by " + to_string(test.b));
    const std::vector<float> a = random.floats(test.a.elements(), -2, 2);
    const std::vector<float> b = random.floats(test.b.elements(), -2, 2);
    GraphBuilder builder;
    const TensorId x = builder.input("a", test.a);
    const TensorId y = builder.input("b", test.b);
    const BatchMatmul attributes{test.transpose_a, test.transpose_b};
    builder.output(builder.node(OpKind::BatchMatmul, attributes, {x, y})[0]);
    ASSERT_EQ(builder.tensor(builder.graph().outputs[0]).shape, test.output);
    const std::vector<float> actual = run<float>(builder.graph(), {a, b});
    const std::vector<double> expected = sums(test, a, b);
    for (size_t i = 0; i < actual.size(); ++i) ASSERT_NEAR(actual[i], expected[i], 1e-4) << i;
  }
}

template <class T>
void expect_sima(const Case& test, int lowest, int highest, int zero_a, int zero_b) {
  Random random(2);
  const auto a = random.integers<T>(test.a.elements(), lowest, highest);
  const auto b = random.integers<T>(test.b.elements(), lowest, highest);
  const double output_scale = static_cast<double>(highest) * 0.001;
  const QuantParams params_a = QuantParams::per_tensor(0.02f, zero_a);
  const QuantParams params_b = QuantParams::per_tensor(0.013f, zero_b);
  const QuantParams target = QuantParams::per_tensor(static_cast<float>(output_scale), 0);
  GraphBuilder builder;
  const TensorId x = builder.input("a", test.a, DTypeOf<T>::value, params_a);
  const TensorId y = builder.input("b", test.b, DTypeOf<T>::value, params_b);
  const BatchMatmul attributes{test.transpose_a, test.transpose_b};
  builder.output(builder.node(OpKind::BatchMatmul, attributes, {x, y}, {target}, DTypeOf<T>::value,
                              RequantizationMode::Sima)[0]);
  const std::vector<T> actual = run<T>(builder.graph(), {a, b});
  const double factor =
      static_cast<double>(params_a.scale[0]) * params_b.scale[0] / static_cast<double>(target.scale[0]);
  const auto affine = kernels::affine_multipliers<1>({factor}, 46);
  const std::vector<double> expected = sums(test, a, b, zero_a, zero_b);
  for (size_t i = 0; i < actual.size(); ++i) {
    const double scaled = std::floor(std::ldexp(affine.multipliers[0] * expected[i], -affine.shift) + 0.5);
    ASSERT_EQ(actual[i], std::clamp(scaled, double(std::numeric_limits<T>::min()),
                                    double(std::numeric_limits<T>::max())))
        << i;
  }
}

TEST(BatchMatmul, IntegersBySimaRule) {
  for (const Case& test : kCases) {
    SCOPED_TRACE(to_string(test.a) + " by " + to_string(test.b));
    expect_sima<int8_t>(test, -128, 127, 5, -128);
    expect_sima<int16_t>(test, -32768, 32767, 0, 0);
  }
}

TEST(BatchMatmul, ErrorsNameTheDimension) {
  const auto failure = [](const Shape& a, const Shape& b) -> std::string {
    GraphBuilder builder;
    try {
      builder.node(OpKind::BatchMatmul, BatchMatmul{}, {builder.input("a", a), builder.input("b", b)});
    } catch (const Error& error) {
      return error.message();
    }
    return "";
  };
  EXPECT_EQ(failure({3}, {3, 4}), "BATCH_MATMUL 'node_0': its operands need two dimensions or more.");
  EXPECT_EQ(failure({2, 5}, {4, 5}),
            "BATCH_MATMUL 'node_0': its first operand has rows of 5 elements, its second columns of 4.");
  const std::string batches = failure({2, 3, 5}, {3, 5, 4});
  EXPECT_NE(batches.find("cannot be broadcast together"), std::string::npos) << batches;
}

}  // namespace
}  // namespace octet::test
