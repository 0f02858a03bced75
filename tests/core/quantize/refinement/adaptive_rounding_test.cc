#include "quantize/refinement/adaptive_rounding.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "support/graph_builder.h"

namespace octet::quantize {
namespace {

using Matrix = std::vector<std::vector<double>>;

/// Second moments of correlated inputs.
SecondMoments correlated_moments(size_t size, test::Random& random) {
  SecondMoments moments = {size, std::vector<double>(size * size)};
  for (int sample = 0; sample < 60; ++sample) {
    const double common = 2 * random.uniform() - 1;
    std::vector<double> x;
    for (size_t i = 0; i < size; ++i)
      x.push_back((common + random.uniform() - 0.5) * (1 + static_cast<double>(i % 3)));
    for (size_t i = 0; i < size; ++i) {
      for (size_t j = 0; j <= i; ++j) moments.values[i * size + j] += x[i] * x[j];
    }
  }
  return moments;
}

/// The whole matrix, with the damping that the header documents.
Matrix damped_matrix(const SecondMoments& moments) {
  Matrix matrix(moments.size, std::vector<double>(moments.size));
  double trace = 0;
  for (size_t i = 0; i < moments.size; ++i) trace += moments.at(i, i);
  for (size_t i = 0; i < moments.size; ++i) {
    for (size_t j = 0; j < moments.size; ++j) matrix[i][j] = moments.at(std::max(i, j), std::min(i, j));
    matrix[i][i] += 0.01 * trace / static_cast<double>(moments.size);
  }
  return matrix;
}

/// Solves a x = b by Gaussian elimination; `a` is positive definite.
std::vector<double> solve(Matrix a, std::vector<double> b) {
  const size_t n = b.size();
  for (size_t k = 0; k < n; ++k) {
    for (size_t i = k + 1; i < n; ++i) {
      const double factor = a[i][k] / a[k][k];
      for (size_t j = k; j < n; ++j) a[i][j] -= factor * a[k][j];
      b[i] -= factor * b[k];
    }
  }
  for (size_t k = n; k-- > 0;) {
    for (size_t j = k + 1; j < n; ++j) b[k] -= a[k][j] * b[j];
    b[k] /= a[k][k];
  }
  return b;
}

/// The method by its definition: rounds the weight with the largest moment that is left, where the weights
/// that are left, still reals, would best make up for the errors so far.
std::vector<int8_t> round_by_definition(const std::vector<double>& weights, const SecondMoments& moments,
                                        int largest) {
  const Matrix matrix = damped_matrix(moments);
  std::vector<size_t> left(moments.size);
  std::iota(left.begin(), left.end(), size_t{0});
  std::stable_sort(left.begin(), left.end(),
                   [&](size_t a, size_t b) { return moments.at(a, a) < moments.at(b, b); });
  std::vector<double> errors(moments.size);
  std::vector<int8_t> rounded(moments.size);
  while (!left.empty()) {
    Matrix among_left;
    std::vector<double> from_rounded;
    for (const size_t i : left) {
      among_left.emplace_back();
      for (const size_t j : left) among_left.back().push_back(matrix[i][j]);
      double sum = 0;  // Errors of weights that are left are zero.
      for (size_t j = 0; j < moments.size; ++j) sum -= matrix[i][j] * errors[j];
      from_rounded.push_back(sum);
    }
    const size_t chosen = left.back();
    const double wanted = weights[chosen] - solve(among_left, from_rounded).back();
    rounded[chosen] = static_cast<int8_t>(std::clamp<double>(std::round(wanted), -largest, largest));
    errors[chosen] = weights[chosen] - rounded[chosen];
    left.pop_back();
  }
  return rounded;
}

double output_error(const std::vector<double>& weights, std::span<const int8_t> rounded,
                    const SecondMoments& moments) {
  double error = 0;
  for (size_t i = 0; i < moments.size; ++i) {
    for (size_t j = 0; j < moments.size; ++j) {
      error +=
          (weights[i] - rounded[i]) * (weights[j] - rounded[j]) * moments.at(std::max(i, j), std::min(i, j));
    }
  }
  return error;
}

std::vector<double> random_weights(size_t count, double largest, test::Random& random) {
  std::vector<double> weights;
  for (size_t i = 0; i < count; ++i) weights.push_back(largest * (2 * random.uniform() - 1));
  return weights;
}

TEST(AdaptiveRounding, DoesWhatItsDefinitionSays) {
  test::Random random(21);
  for (const size_t size : {1u, 2u, 7u, 18u, 33u}) {
    const SecondMoments moments = correlated_moments(size, random);
    // More channels than are rounded together, some beyond the range of the integers.
    for (const int largest : {127, 7}) {
      const std::vector<double> weights = random_weights(11 * size, 1.03 * largest, random);
      const std::vector<int8_t> rounded = round_adaptively(weights, moments, largest);
      for (size_t c = 0; c < 11; ++c) {
        const auto begin = static_cast<ptrdiff_t>(c * size);
        const std::vector<double> channel(weights.begin() + begin,
                                          weights.begin() + begin + static_cast<ptrdiff_t>(size));
        const std::vector<int8_t> expected = round_by_definition(channel, moments, largest);
        EXPECT_TRUE(std::equal(expected.begin(), expected.end(), rounded.begin() + begin))
            << size << ", " << c;
      }
    }
  }
}

TEST(AdaptiveRounding, CostsTheOutputMuchLessThanRoundingToNearest) {
  test::Random random(4);
  const SecondMoments moments = correlated_moments(24, random);
  double adaptive = 0;
  double nearest = 0;
  for (int i = 0; i < 50; ++i) {
    const std::vector<double> weights = random_weights(24, 100, random);
    adaptive += output_error(weights, round_adaptively(weights, moments, 127), moments);
    std::vector<int8_t> integers;
    for (const double weight : weights) integers.push_back(static_cast<int8_t>(std::round(weight)));
    nearest += output_error(weights, integers, moments);
  }
  EXPECT_LT(adaptive, nearest / 2);
}

TEST(AdaptiveRounding, IsRoundingToNearestWhereInputsAreIndependent) {
  test::Random random(8);
  SecondMoments moments = {9, std::vector<double>(81)};
  for (size_t i = 0; i < 9; ++i) moments.values[i * 9 + i] = 1 + static_cast<double>(i);
  const std::vector<double> weights = random_weights(9, 120, random);
  const std::vector<int8_t> rounded = round_adaptively(weights, moments, 127);
  for (size_t i = 0; i < 9; ++i) EXPECT_EQ(rounded[i], static_cast<int8_t>(std::round(weights[i])));
}

TEST(AdaptiveRounding, TakesInputsThatAreAlwaysZero) {
  const std::vector<double> weights = {1.4, -200, 0.5};
  EXPECT_EQ(round_adaptively(weights, {3, std::vector<double>(9)}, 127), (std::vector<int8_t>{1, -127, 1}));
}

}  // namespace
}  // namespace octet::quantize
