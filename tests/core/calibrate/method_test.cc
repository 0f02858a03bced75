#include "calibrate/method.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "support/graph_builder.h"

namespace octet::calibrate {
namespace {

/// Sums of twelve uniform values: close to a normal distribution, the same on every platform.
std::vector<float> normal_values(uint64_t seed, size_t count, double deviation) {
  test::Random random(seed);
  std::vector<float> values(count);
  for (float& value : values) {
    double sum = -6;
    for (int i = 0; i < 12; ++i) sum += random.uniform();
    value = static_cast<float>(sum * deviation);
  }
  return values;
}

TensorStatistics observed(const std::vector<float>& values, int num_bins = kDefaultBins) {
  TensorStatistics statistics(num_bins);
  const Extremes extremes = statistics.observe(values);
  statistics.fold(extremes, 0.01);
  return statistics;
}

/// Squared error of `values` quantized to INT8 in `range`, as the quantizer does it.
double int8_error(const std::vector<float>& values, Range range, bool asymmetric) {
  const double scale = asymmetric ? (range.high - range.low) / 255 : range.high / 127;
  const double lowest = asymmetric ? std::round(range.low / scale) : -128;
  double error = 0;
  for (const float value : values) {
    const double q = std::clamp(std::round(value / scale), lowest, lowest + 255);
    error += (value - q * scale) * (value - q * scale);
  }
  return error;
}

/// The least error over a dense grid of ranges: what an optimal search would find.
double best_int8_error(const std::vector<float>& values, Range full, bool asymmetric) {
  double least = int8_error(values, full, asymmetric);
  for (int i = 1; i <= 60; ++i) {
    for (int j = 1; j <= 60; ++j) {
      const Range range = {full.low * i / 60, full.high * j / 60};
      if (!asymmetric && i != j) continue;
      if (asymmetric && full.low == 0 && i > 1) continue;
      least = std::min(least, int8_error(values, range, asymmetric));
    }
  }
  return least;
}

void expect_nearly_optimal(const std::vector<float>& values, bool asymmetric) {
  const TensorStatistics statistics = observed(values);
  const Range range = choose_range(statistics, {}, 8, asymmetric);
  Range full = {std::min(0.0f, statistics.low()), std::max(0.0f, statistics.high())};
  if (!asymmetric) full = {-std::max(-full.low, full.high), std::max(-full.low, full.high)};
  EXPECT_LE(full.low, range.low);
  EXPECT_LE(range.low, 0);
  EXPECT_LE(0, range.high);
  EXPECT_LE(range.high, full.high);
  EXPECT_LE(int8_error(values, range, asymmetric), 1.03 * best_int8_error(values, full, asymmetric));
}

std::vector<float> relu(std::vector<float> values) {
  for (float& value : values) value = std::max(value, 0.0f);
  return values;
}

TEST(CalibrateMse, IsNearlyOptimalOnDistributionsOfManyShapes) {
  const std::vector<float> normal = normal_values(1, 4000, 2);
  std::vector<float> heavy_tail = normal;
  for (float& value : heavy_tail) value = value * value * value * 0.1f;
  std::vector<float> one_outlier = normal;
  one_outlier[7] = 300;
  std::vector<float> shifted = normal;
  for (float& value : shifted) value += 9;
  std::vector<float> relu6 = relu(normal);
  for (float& value : relu6) value = std::min(2 * value, 6.0f);
  for (const std::vector<float>& values : {normal, heavy_tail, one_outlier, shifted, relu(normal), relu6}) {
    expect_nearly_optimal(values, true);
    expect_nearly_optimal(values, false);
  }
}

TEST(CalibrateMse, ClipsAnOutlierThatCostsMoreThanItIsWorth) {
  TensorStatistics statistics;
  statistics.observe(std::vector<float>{30.0f});
  // 3 million values: rounding them in steps of 34 / 255 costs more than cutting one off by 25.
  const std::vector<float> values = normal_values(2, 30000, 1);
  for (int i = 0; i < 100; ++i) statistics.observe(values);
  const Range range = choose_range(statistics, {}, 8, true);
  EXPECT_LT(range.high, 15);
  EXPECT_GT(range.high, 3);
}

TEST(CalibrateMse, KeepsTwoValuesExactly) {
  std::vector<float> values(1000, 0.0f);
  for (size_t i = 0; i < values.size(); i += 3) values[i] = 1.0f;
  const Range range = choose_range(observed(values), {}, 8, true);
  EXPECT_EQ(range.low, 0);
  EXPECT_NEAR(range.high, 1, 1e-9);
}

TEST(CalibrateMse, SixteenBitsClipAlmostNothing) {
  const std::vector<float> values = normal_values(3, 20000, 1);
  const TensorStatistics statistics = observed(values);
  const Range range = choose_range(statistics, {}, 16, false);
  EXPECT_GT(range.high, 0.97 * std::max(-statistics.low(), statistics.high()));
}

TEST(ChooseRange, LowEndBehindReluIsExactlyZeroForEveryMethod) {
  const TensorStatistics statistics = observed(relu(normal_values(4, 10000, 1)));
  for (const MethodKind kind : {MethodKind::Mse, MethodKind::MinMax, MethodKind::MovingAverage,
                                MethodKind::Entropy, MethodKind::Percentile}) {
    const Range range = choose_range(statistics, {.kind = kind}, 8, true);
    EXPECT_EQ(range.low, 0) << to_string(kind);
    EXPECT_GT(range.high, 0.5) << to_string(kind);
    EXPECT_LE(range.high, statistics.high()) << to_string(kind);
    const Range symmetric = choose_range(statistics, {.kind = kind}, 8, false);
    EXPECT_EQ(symmetric.low, -symmetric.high) << to_string(kind);
    EXPECT_LE(symmetric.high, statistics.high()) << to_string(kind);
  }
}

TEST(ChooseRange, RangesContainZeroAndStayWithinWhatWasSeen) {
  test::Random random(6);
  for (int round = 0; round < 30; ++round) {
    const double centre = (random.uniform() - 0.5) * 20;
    std::vector<float> values = normal_values(static_cast<uint64_t>(round), 500, random.uniform() * 3);
    for (float& value : values) value += static_cast<float>(centre);
    const TensorStatistics statistics = observed(values);
    for (const MethodKind kind : {MethodKind::Mse, MethodKind::MinMax, MethodKind::MovingAverage,
                                  MethodKind::Entropy, MethodKind::Percentile}) {
      const Range range = choose_range(statistics, {.kind = kind}, 8, true);
      EXPECT_LE(range.low, 0);
      EXPECT_GE(range.high, 0);
      EXPECT_GE(range.low, std::min(0.0f, statistics.low()));
      EXPECT_LE(range.high, std::max(0.0f, statistics.high()));
    }
  }
}

TEST(ChooseRange, NothingOrOneValueSeen) {
  for (const MethodKind kind : {MethodKind::Mse, MethodKind::MinMax, MethodKind::MovingAverage,
                                MethodKind::Entropy, MethodKind::Percentile}) {
    const Range nothing = choose_range(TensorStatistics(), {.kind = kind}, 8, true);
    EXPECT_EQ(nothing.low, 0);
    EXPECT_EQ(nothing.high, 0);
    const Range zeros = choose_range(observed({0.0f, -0.0f}), {.kind = kind}, 8, true);
    EXPECT_EQ(zeros.low, 0);
    EXPECT_EQ(zeros.high, 0);
    const Range constant = choose_range(observed({-2.5f, -2.5f}), {.kind = kind}, 8, true);
    EXPECT_EQ(constant.low, -2.5);
    EXPECT_EQ(constant.high, 0);
  }
}

TEST(CalibrateMinMaxAndMovingAverage, AreWhatTheirNamesSay) {
  TensorStatistics statistics;
  statistics.fold(statistics.observe(std::vector<float>{-1, 4}), 0.5);
  statistics.fold(statistics.observe(std::vector<float>{-3, 2}), 0.5);
  const Range min_max = choose_range(statistics, {.kind = MethodKind::MinMax}, 8, true);
  EXPECT_EQ(min_max.low, -3);
  EXPECT_EQ(min_max.high, 4);
  const Range average = choose_range(statistics, {.kind = MethodKind::MovingAverage}, 8, true);
  EXPECT_EQ(average.low, -2);
  EXPECT_EQ(average.high, 3);
  EXPECT_EQ(choose_range(statistics, {.kind = MethodKind::MinMax}, 8, false).low, -4);
}

TEST(CalibratePercentile, CutsBothTailsEqually) {
  std::vector<float> values;
  for (int i = -5000; i <= 5000; ++i) values.push_back(static_cast<float>(i));
  const Range range =
      choose_range(observed(values), {.kind = MethodKind::Percentile, .percentile = 90}, 8, true);
  EXPECT_NEAR(range.low, -4500, 10);
  EXPECT_NEAR(range.high, 4500, 10);
  const Range all =
      choose_range(observed(values), {.kind = MethodKind::Percentile, .percentile = 100}, 8, true);
  EXPECT_EQ(all.low, -5000);
  EXPECT_EQ(all.high, 5000);
}

TEST(CalibrateEntropy, ThresholdsVary) {
  // A few far values must not stretch the range, and the answer must depend on how far they are not at all.
  for (const float far : {20.0f, 40.0f}) {
    std::vector<float> values = normal_values(8, 50000, 1);
    for (size_t i = 0; i < 5; ++i) values[i] = far;
    const Range range = choose_range(observed(values), {.kind = MethodKind::Entropy}, 8, true);
    EXPECT_LT(range.high, 10) << far;
    EXPECT_GT(range.high, 2) << far;
  }
  // Values without tails keep their range.
  test::Random random(9);
  const std::vector<float> uniform = random.floats(50000, -1, 1);
  EXPECT_GT(choose_range(observed(uniform), {.kind = MethodKind::Entropy}, 8, true).high, 0.95);
}

}  // namespace
}  // namespace octet::calibrate
