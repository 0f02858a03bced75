// SOFTMAX, LOG_SOFTMAX and L2_NORMALIZATION along the last axis. INT8 is exact in the recorded vectors; here
// it is near the reals.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "support/graph_builder.h"

namespace octet::ops {
namespace {

using test::GraphBuilder;
using test::Random;

const Shape kShapes[] = {{1, 10}, {3, 1}, {2, 3, 4, 5}, {7, 17}, {5}, {1, 1001}};

std::vector<double> naive_softmax(const std::vector<double>& row, double beta) {
  const double largest = *std::max_element(row.begin(), row.end());
  std::vector<double> result;
  double sum = 0;
  for (const double x : row) sum += result.emplace_back(std::exp(beta * (x - largest)));
  for (double& y : result) y /= sum;
  return result;
}

std::vector<double> naive_l2(const std::vector<double>& row) {
  double squares = 0;
  for (const double x : row) squares += x * x;
  std::vector<double> result;
  for (const double x : row) result.push_back(x / std::max(std::sqrt(squares), 1e-6));
  return result;
}

/// The row function applied to each row of `values` along a last axis of `length`.
template <class Row>
std::vector<double> by_rows(const std::vector<double>& values, size_t length, Row row) {
  std::vector<double> result;
  for (size_t at = 0; at < values.size(); at += length) {
    const auto first = values.begin() + static_cast<ptrdiff_t>(at);
    const std::vector<double> out = row(std::vector<double>(first, first + static_cast<ptrdiff_t>(length)));
    result.insert(result.end(), out.begin(), out.end());
  }
  return result;
}

TEST(Softmax, FloatIsNearTheDefinition) {
  Random random(1);
  for (const Shape& shape : kShapes) {
    for (const float beta : {1.0f, 0.5f, 3.0f}) {
      const std::vector<float> x = random.floats(shape.elements(), -30, 30);
      GraphBuilder builder;
      const TensorId input = builder.input("x", shape);
      builder.output(builder.node(OpKind::Softmax, Softmax{beta}, {input})[0]);
      const std::vector<float> actual = test::run<float>(builder.graph(), {x});
      const std::vector<double> expected =
          by_rows({x.begin(), x.end()}, static_cast<size_t>(shape[-1]),
                  [&](const std::vector<double>& row) { return naive_softmax(row, beta); });
      for (size_t i = 0; i < actual.size(); ++i) {
        // The rounding of beta * (x - max) in float is magnified by the exponential.
        EXPECT_NEAR(actual[i], expected[i], 1e-9 + expected[i] * 2e-5) << to_string(shape);
      }
    }
  }
}

TEST(Softmax, Int8IsWithinAStep) {
  Random random(2);
  const QuantParams input_parameters = QuantParams::per_tensor(0.07f, 12);
  const QuantParams output_parameters = QuantParams::per_tensor(1.0f / 256, -128);
  for (const Shape& shape : kShapes) {
    const std::vector<int8_t> q = random.integers<int8_t>(shape.elements(), -128, 127);
    GraphBuilder builder;
    const TensorId input = builder.input("x", shape, DType::Int8, input_parameters);
    builder.output(builder.node(OpKind::Softmax, Softmax{}, {input}, {output_parameters}, DType::Int8)[0]);
    const std::vector<int8_t> actual = test::run<int8_t>(builder.graph(), {q});
    std::vector<double> reals;
    for (const int8_t value : q) reals.push_back(static_cast<double>(0.07f) * (value - 12));
    const std::vector<double> expected =
        by_rows(reals, static_cast<size_t>(shape[-1]),
                [](const std::vector<double>& row) { return naive_softmax(row, 1); });
    for (size_t i = 0; i < actual.size(); ++i) {
      EXPECT_NEAR(actual[i], std::min(127.0, expected[i] * 256 - 128), 0.51) << to_string(shape);
    }
  }
}

TEST(Softmax, VeryLongEqualRowsVanish) {
  GraphBuilder builder;
  const TensorId input = builder.input("x", {1, 9000}, DType::Int8, QuantParams::per_tensor(0.1f, 0));
  builder.output(builder.node(OpKind::Softmax, Softmax{}, {input},
                              {QuantParams::per_tensor(1.0f / 256, -128)}, DType::Int8)[0]);
  EXPECT_EQ(test::run<int8_t>(builder.graph(), {std::vector<int8_t>(9000, 5)}),
            std::vector<int8_t>(9000, -128));
}

std::vector<double> naive_log_softmax(const std::vector<double>& row) {
  std::vector<double> result(row.size());
  const double largest = *std::max_element(row.begin(), row.end());
  double sum = 0;
  for (const double x : row) sum += std::exp(x - largest);
  for (size_t i = 0; i < row.size(); ++i) result[i] = row[i] - largest - std::log(sum);
  return result;
}

TEST(LogSoftmax, FloatIsNearTheDefinition) {
  Random random(5);
  for (const Shape& shape : kShapes) {
    const std::vector<float> x = random.floats(shape.elements(), -30, 30);
    GraphBuilder builder;
    const TensorId input = builder.input("x", shape);
    builder.output(builder.node(OpKind::LogSoftmax, NoAttributes{}, {input})[0]);
    const std::vector<float> actual = test::run<float>(builder.graph(), {x});
    const std::vector<double> expected =
        by_rows({x.begin(), x.end()}, static_cast<size_t>(shape[-1]), naive_log_softmax);
    for (size_t i = 0; i < actual.size(); ++i) EXPECT_NEAR(actual[i], expected[i], 1e-5) << to_string(shape);
  }
}

TEST(LogSoftmax, Int8IsWithinAStep) {
  Random random(6);
  for (const Shape& shape : kShapes) {
    const std::vector<int8_t> q = random.integers<int8_t>(shape.elements(), -128, 127);
    GraphBuilder builder;
    const TensorId input = builder.input("x", shape, DType::Int8, QuantParams::per_tensor(0.07f, 12));
    builder.output(builder.node(OpKind::LogSoftmax, NoAttributes{}, {input},
                                {QuantParams::per_tensor(1.0f / 16, 127)}, DType::Int8)[0]);
    const std::vector<int8_t> actual = test::run<int8_t>(builder.graph(), {q});
    std::vector<double> reals;
    for (const int8_t value : q) reals.push_back(static_cast<double>(0.07f) * (value - 12));
    const std::vector<double> expected = by_rows(reals, static_cast<size_t>(shape[-1]), naive_log_softmax);
    for (size_t i = 0; i < actual.size(); ++i) {
      EXPECT_NEAR(actual[i], std::max(-128.0, expected[i] * 16 + 127), 0.51) << to_string(shape);
    }
  }
}

TEST(L2Normalization, FloatIsNearTheDefinition) {
  Random random(3);
  for (const Shape& shape : kShapes) {
    std::vector<float> x = random.floats(shape.elements(), -3, 3);
    std::fill(x.begin(), x.begin() + shape[-1], 0.0f);  // A row of zeros stays one.
    GraphBuilder builder;
    const TensorId input = builder.input("x", shape);
    builder.output(builder.node(OpKind::L2Normalization, NoAttributes{}, {input})[0]);
    const std::vector<float> actual = test::run<float>(builder.graph(), {x});
    const std::vector<double> expected =
        by_rows({x.begin(), x.end()}, static_cast<size_t>(shape[-1]), naive_l2);
    for (size_t i = 0; i < actual.size(); ++i) EXPECT_NEAR(actual[i], expected[i], 2e-7) << to_string(shape);
  }
}

TEST(L2Normalization, Int8IsWithinAStep) {
  Random random(4);
  for (const Shape& shape : kShapes) {
    const std::vector<int8_t> q = random.integers<int8_t>(shape.elements(), -128, 127);
    GraphBuilder builder;
    const TensorId input = builder.input("x", shape, DType::Int8, QuantParams::per_tensor(0.3f, 20));
    builder.output(builder.node(OpKind::L2Normalization, NoAttributes{}, {input},
                                {QuantParams::per_tensor(1.0f / 128, 0)}, DType::Int8)[0]);
    const std::vector<int8_t> actual = test::run<int8_t>(builder.graph(), {q});
    std::vector<double> differences;
    for (const int8_t value : q) differences.push_back(value - 20);
    const std::vector<double> expected = by_rows(differences, static_cast<size_t>(shape[-1]), naive_l2);
    for (size_t i = 0; i < actual.size(); ++i) {
      EXPECT_NEAR(actual[i], std::min(127.0, expected[i] * 128), 1.0) << to_string(shape);
    }
  }
}

}  // namespace
}  // namespace octet::ops
