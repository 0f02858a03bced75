#include "kernels/arithmetic/requantize_simd.h"

#include <gtest/gtest.h>

#include <array>
#include <vector>

#include "support/graph_builder.h"

namespace octet::kernels {
namespace {

constexpr int32_t kLowest = std::numeric_limits<int32_t>::min();
constexpr int32_t kHighest = std::numeric_limits<int32_t>::max();

/// Edges of the sums, of ties at every power of two, and values of every magnitude.
std::vector<int32_t> interesting_sums() {
  std::vector<int32_t> sums = {kLowest, kLowest + 1, kHighest, kHighest - 1, 0, 1, -1};
  for (int bit = 0; bit < 31; ++bit) {
    for (int32_t delta = -2; delta <= 2; ++delta) {
      const int64_t value = (int64_t{1} << bit) + delta;
      sums.push_back(static_cast<int32_t>(std::min<int64_t>(value, kHighest)));
      sums.push_back(static_cast<int32_t>(-value));
      sums.push_back(static_cast<int32_t>(3 * (value / 2)));
    }
  }
  test::Random random(5);
  for (int i = 0; i < 600; ++i) {
    const int32_t value = static_cast<int32_t>(random.uniform() * 0x1p32 - 0x1p31);
    sums.push_back(value >> (i % 32));
  }
  return sums;
}

std::array<int8_t, 8> vector_form(const std::array<int32_t, 8>& sums, const RequantizationPanel& panel,
                                  const Int8Range& range, int count = 8) {
  std::array<int8_t, 8> bytes = {};
  requantize_and_store(wasm_v128_load(sums.data()), wasm_v128_load(sums.data() + 4), panel, range,
                       bytes.data(), count);
  return bytes;
}

int8_t scalar_form(int32_t sum, FixedPointMultiplier m, const Int8Range& range) {
  return clamp_to_int8<int64_t>(int64_t{multiply_by(sum, m)} + range.zero_point, range.low, range.high);
}

TEST(RequantizeSimd, EqualsTheScalarFormForEveryShift) {
  const std::vector<int32_t> sums = interesting_sums();
  const Int8Range range = {.zero_point = -5, .low = -100, .high = 127};
  test::Random random(6);
  // Neighbouring channels shift by up to `spread` bits more, and the extremes of the multiplier occur.
  for (int i = 0; i < 62 * 8; ++i) {
    const int shift = i / 8 - 31;
    const int spread = i % 8;
    std::array<FixedPointMultiplier, 8> multipliers;
    for (int c = 0; c < 8; ++c) {
      const int channel_shift = std::max(shift - c * spread / 7, -31);
      const int32_t multiplier = c == 0   ? kHighest
                                 : c == 1 ? int32_t{1} << 30
                                          : (1 << 30) + static_cast<int32_t>(random.uniform() * 0x1p30);
      multipliers[static_cast<size_t>(c)] = {multiplier, channel_shift};
    }
    const RequantizationPanel panel({}, multipliers);
    for (const int32_t sum : sums) {
      std::array<int32_t, 8> lanes;
      for (size_t c = 0; c < 8; ++c) lanes[c] = sum;
      const std::array<int8_t, 8> actual = vector_form(lanes, panel, range);
      for (size_t c = 0; c < 8; ++c) {
        ASSERT_EQ(actual[c], scalar_form(sum, multipliers[c], range))
            << "sum " << sum << ", multiplier " << multipliers[c].multiplier << ", shift "
            << multipliers[c].shift;
      }
    }
  }
}

TEST(RequantizeSimd, EqualsTheScalarFormForRealMultipliers) {
  test::Random random(7);
  const Int8Range range = {.zero_point = 12, .low = -128, .high = 127};
  for (int round = 0; round < 20000; ++round) {
    std::array<FixedPointMultiplier, 8> multipliers;
    std::array<int32_t, 8> sums;
    for (size_t c = 0; c < 8; ++c) {
      const double ratio = std::ldexp(0.5 + random.uniform(), -4 - round % 8);
      multipliers[c] = fixed_point_multiplier(ratio);
      // Results spread over the INT8 range and a little beyond, where rounding shows.
      sums[c] = static_cast<int32_t>((random.uniform() * 300 - 150) / ratio);
    }
    const RequantizationPanel panel({}, multipliers);
    const std::array<int8_t, 8> actual = vector_form(sums, panel, range);
    for (size_t c = 0; c < 8; ++c)
      ASSERT_EQ(actual[c], scalar_form(sums[c], multipliers[c], range)) << sums[c];
  }
}

TEST(RequantizeSimd, ShiftsAsSimaDoes) {
  const Int8Range range = {.zero_point = 3, .low = -128, .high = 127};
  for (int n = 1; n <= 31; ++n) {
    const std::vector<FixedPointMultiplier> multipliers(8, multiplier_of_shift(n));
    const RequantizationPanel panel({}, multipliers);
    for (const int32_t sum : interesting_sums()) {
      std::array<int32_t, 8> lanes;
      lanes.fill(sum);
      const int8_t expected = clamp_to_int8<int64_t>(rounding_shift_right(sum, n) + 3);
      ASSERT_EQ(vector_form(lanes, panel, range)[7], expected) << "sum " << sum << ", n " << n;
    }
  }
}

TEST(RequantizeSimd, EqualsTheScalarFormForDoubles) {
  const Int8Range range = {.zero_point = 12, .low = -128, .high = 127};
  const std::array<double, 8> multipliers = {
      0x1p-10, 0x1p-1, 1.0, 3.083143762564187e-06, 0.49999999999999994, 0.000123, 7.25, 2e-9};
  const RealMultiplierPanel panel({}, multipliers);
  for (const int32_t sum : interesting_sums()) {
    std::array<int32_t, 8> lanes;
    lanes.fill(sum);
    std::array<int8_t, 8> actual = {};
    requantize_and_store(wasm_v128_load(lanes.data()), wasm_v128_load(lanes.data() + 4), panel, range,
                         actual.data(), 8);
    for (size_t c = 0; c < 8; ++c) {
      ASSERT_EQ(actual[c], clamp_to_int8(multiply_by_real(sum, multipliers[c]) + 12))
          << sum << " " << multipliers[c];
    }
  }
  EXPECT_EQ(multiply_by_real(-13, 0.5), -7);
  EXPECT_EQ(multiply_by_real(1, 0.49999999999999994), 0);
}

TEST(RequantizeSimd, WritesNoMoreThanItsChannels) {
  const std::vector<FixedPointMultiplier> multipliers(8, multiplier_of_shift(1));
  const RequantizationPanel panel({}, multipliers);
  for (int count = 1; count <= 8; ++count) {
    const std::array<int8_t, 8> bytes = vector_form({2, 2, 2, 2, 2, 2, 2, 2}, panel, {}, count);
    for (int c = 0; c < 8; ++c) EXPECT_EQ(bytes[static_cast<size_t>(c)], c < count ? 1 : 0);
  }
}

}  // namespace
}  // namespace octet::kernels
