#include "calibrate/statistics.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "support/graph_builder.h"

namespace octet::calibrate {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();

/// Values of very different magnitudes and both signs, with zeros of both signs among them.
std::vector<float> mixed_values(uint64_t seed, size_t count) {
  test::Random random(seed);
  std::vector<float> values;
  for (size_t i = 0; i < count; ++i) {
    const int exponent = static_cast<int>(random.uniform() * 40) - 30;
    const double sign = random.uniform() < 0.5 ? -1 : 1;
    const bool zero = random.uniform() < 0.2;
    values.push_back(static_cast<float>(zero ? sign * 0.0 : sign * std::ldexp(random.uniform(), exponent)));
  }
  return values;
}

void shuffle(std::vector<float>& values, test::Random& random) {
  for (size_t i = values.size(); i > 1; --i) {
    std::swap(values[i - 1], values[static_cast<size_t>(random.uniform() * static_cast<double>(i))]);
  }
}

Bytes state_of(const TensorStatistics& statistics) {
  Bytes bytes;
  statistics.append_to(bytes);
  return bytes;
}

TEST(TensorStatistics, OrderOfValuesDoesNotMatter) {
  test::Random random(1);
  std::vector<float> values = mixed_values(2, 20011);
  TensorStatistics reference(512);
  reference.observe(values);
  for (int round = 0; round < 5; ++round) {
    shuffle(values, random);
    TensorStatistics statistics(512);
    // Samples of odd sizes, so that the range grows in different steps and the vector code has tails.
    for (size_t begin = 0; begin < values.size();) {
      const size_t size = std::min(values.size() - begin, static_cast<size_t>(1 + random.uniform() * 12000));
      statistics.observe(std::span<const float>(values).subspan(begin, size));
      begin += size;
    }
    EXPECT_EQ(state_of(statistics), state_of(reference));
  }
}

TEST(TensorStatistics, WorkersAndMergeOrderDoNotMatter) {
  const std::vector<float> values = mixed_values(3, 9999);
  TensorStatistics reference;
  reference.observe(values);
  for (const size_t workers : {2u, 3u, 7u}) {
    std::vector<TensorStatistics> parts(workers);
    for (size_t i = 0; i < values.size(); ++i) parts[i % workers].observe({&values[i], 1});
    TensorStatistics forward, backward;
    for (size_t w = 0; w < workers; ++w) {
      forward.merge(parts[w]);
      backward.merge(parts[workers - 1 - w]);
    }
    EXPECT_EQ(state_of(forward), state_of(reference));
    EXPECT_EQ(state_of(backward), state_of(reference));
  }
}

TEST(TensorStatistics, BinsHoldWhatTheirEdgesSay) {
  for (const size_t count : {7u, 50000u}) {
    const std::vector<float> values = mixed_values(4, count);
    TensorStatistics statistics(256);
    statistics.observe(values);
    const Histogram& histogram = statistics.histogram();
    ASSERT_LE(histogram.counts.size(), 256u);
    for (size_t i = 0; i < histogram.counts.size(); ++i) {
      const bool negative = histogram.first_bin + static_cast<int64_t>(i) < 0;
      const double low = histogram.edge(i), high = histogram.edge(i + 1);
      const auto expected = std::count_if(values.begin(), values.end(), [&](float v) {
        return negative ? v > low && v <= high && v < 0 : v >= low && v < high;
      });
      EXPECT_EQ(histogram.counts[i], static_cast<uint64_t>(expected)) << "bin " << i;
    }
  }
}

TEST(TensorStatistics, UsesTheNarrowestBinsThatFit) {
  TensorStatistics statistics(128);
  const std::vector<float> values = {-1.0f, 0.98f};
  statistics.observe(values);
  // At 2^-6, -1 is in bin -65 and 0.98 in bin 62: 128 bins. At 2^-7 it would be more.
  EXPECT_EQ(statistics.histogram().exponent, -6);
  EXPECT_EQ(statistics.histogram().first_bin, -65);
  EXPECT_EQ(statistics.histogram().counts.size(), 128u);
  statistics.observe(std::vector<float>{1.0f});
  EXPECT_EQ(statistics.histogram().exponent, -5);
}

TEST(TensorStatistics, ExtremeMagnitudesFit) {
  constexpr float kLargest = std::numeric_limits<float>::max();
  constexpr float kSmallest = std::numeric_limits<float>::denorm_min();
  const std::vector<float> values = {-kSmallest, kLargest, -kLargest, kSmallest, 0.0f, -0.0f};
  TensorStatistics at_once, one_by_one;
  at_once.observe(values);
  for (const float value : values) one_by_one.observe({&value, 1});
  EXPECT_EQ(state_of(at_once), state_of(one_by_one));
  EXPECT_EQ(at_once.zeros(), 2u);
  const Histogram& histogram = at_once.histogram();
  EXPECT_EQ(histogram.counts.front(), 1u);
  EXPECT_EQ(histogram.counts.back(), 1u);
  EXPECT_EQ(histogram.counts[static_cast<size_t>(-histogram.first_bin)], 3u);
  EXPECT_EQ(histogram.counts[static_cast<size_t>(-histogram.first_bin - 1)], 1u);
}

TEST(TensorStatistics, NonFiniteValuesAreCountedApart) {
  TensorStatistics statistics;
  const std::vector<float> values = {1.0f, kNaN, -2.0f, kInfinity, 0.0f, -kInfinity, 3.0f};
  const Extremes extremes = statistics.observe(values);
  EXPECT_EQ(extremes.low, -2.0f);
  EXPECT_EQ(extremes.high, 3.0f);
  EXPECT_EQ(statistics.count(), 4u);
  EXPECT_EQ(statistics.zeros(), 1u);
  EXPECT_EQ(statistics.non_finite(), 3u);

  const Extremes none = statistics.observe(std::vector<float>{kNaN});
  EXPECT_GT(none.low, none.high);
  EXPECT_EQ(statistics.count(), 4u);
  EXPECT_EQ(statistics.non_finite(), 4u);
}

TEST(TensorStatistics, NonFiniteValuesAreFoundAmongMany) {
  for (const bool negatives : {true, false}) {
    std::vector<float> finite = mixed_values(7, 30000);
    if (!negatives) {
      for (float& value : finite) value = std::fabs(value);
    }
    TensorStatistics reference, statistics;
    // Once for the range; what comes then lies within it.
    reference.observe(finite);
    statistics.observe(finite);
    std::vector<float> values = finite;
    size_t at = 5000;
    for (const float other : {kNaN, std::copysign(kNaN, -1.0f), kInfinity, -kInfinity}) {
      values.insert(values.begin() + static_cast<long>(at), other);
      at += 4099;
    }
    reference.observe(finite);
    statistics.observe(values);
    EXPECT_EQ(statistics.non_finite(), 4u);
    EXPECT_EQ(statistics.count(), reference.count());
    EXPECT_EQ(statistics.zeros(), reference.zeros());
    EXPECT_EQ(statistics.histogram().counts, reference.histogram().counts);
  }
}

TEST(TensorStatistics, MovingAverageFollowsSampleOrder) {
  TensorStatistics statistics;
  statistics.fold({-1, 10}, 0.25);
  statistics.fold({1, -1}, 0.25);  // A sample without finite values.
  statistics.fold({-3, 2}, 0.25);
  EXPECT_EQ(statistics.folded(), 2u);
  EXPECT_DOUBLE_EQ(statistics.average_low(), -1.5);
  EXPECT_DOUBLE_EQ(statistics.average_high(), 8);
}

TEST(TensorStatistics, StateRoundTripsAndRejectsDamage) {
  TensorStatistics statistics(256);
  statistics.observe(mixed_values(5, 333));
  statistics.fold({-1, 1}, 0.5);
  const Bytes bytes = state_of(statistics);
  std::span<const std::byte> rest = bytes;
  EXPECT_EQ(state_of(TensorStatistics::take_from(rest)), bytes);
  EXPECT_TRUE(rest.empty());

  for (size_t length = 0; length < bytes.size(); length += 5) {
    std::span<const std::byte> cut = std::span(bytes).first(length);
    EXPECT_THROW(TensorStatistics::take_from(cut), Error) << length;
  }
  Bytes flipped = bytes;
  flipped[bytes.size() - 1] ^= std::byte{1};
  std::span<const std::byte> damaged = flipped;
  EXPECT_THROW(TensorStatistics::take_from(damaged), Error);
}

TEST(TensorStatistics, WithoutHistogramExtremesRemain) {
  TensorStatistics statistics(0);
  statistics.observe(std::vector<float>{-1, 5, 0});
  EXPECT_EQ(statistics.low(), -1);
  EXPECT_EQ(statistics.high(), 5);
  EXPECT_EQ(statistics.count(), 3u);
  EXPECT_TRUE(statistics.histogram().counts.empty());
  EXPECT_THROW(TensorStatistics(100), Error);
}

}  // namespace
}  // namespace octet::calibrate
