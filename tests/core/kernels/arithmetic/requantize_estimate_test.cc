#include "kernels/arithmetic/requantize_estimate.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <limits>
#include <vector>

#include "kernels/convolution/tile_pixels.h"
#include "support/graph_builder.h"

namespace octet::kernels {
namespace {

using Sums = std::array<int32_t, kPanelChannels>;

double factor_of(FixedPointMultiplier m) { return std::ldexp(m.multiplier, m.shift - 31); }

int32_t saturated(double value) { return static_cast<int32_t>(std::clamp(value, -0x1p31, 0x1p31 - 1)); }

/// Sums of any size, sums that spread over the output's range, and sums beside the rule's steps.
Sums sums_of(int round, const std::array<FixedPointMultiplier, 8>& multipliers, test::Random& random) {
  Sums sums;
  for (size_t c = 0; c < sums.size(); ++c) {
    const double factor = factor_of(multipliers[c]);
    const double output = random.uniform() * 600 - 300;
    const double step = std::ldexp(0.5, multipliers[c].shift);
    switch (round % 4) {
      case 0:
        sums[c] = saturated(random.uniform() * 0x1p32 - 0x1p31);
        break;
      case 1:
        sums[c] = saturated(output / factor);
        break;
      case 2:
        sums[c] = saturated((std::floor(output) + 0.5) / factor + round % 5 - 2);
        break;
      default:
        sums[c] =
            saturated((std::floor(output) + 0.5 + (output < 0 ? step : -step)) / factor + round % 3 - 1);
    }
  }
  return sums;
}

/// Compares a tile of three pixels, of which `channels` are stored, with the rule.
template <bool kSteps>
void expect_equal(const std::array<FixedPointMultiplier, 8>& multipliers, const Int8Range& range,
                  int channels, int rounds, test::Random& random) {
  const EstimatedPanel panel({}, std::span(multipliers).first(static_cast<size_t>(channels)), range);
  for (int round = 0; round < rounds; ++round) {
    const std::array<Sums, 3> sums = {sums_of(round, multipliers, random),
                                      sums_of(round + 1, multipliers, random),
                                      sums_of(round + 2, multipliers, random)};
    v128_t low[3];
    v128_t high[3];
    for (size_t p = 0; p < sums.size(); ++p) {
      low[p] = wasm_v128_load(sums[p].data());
      high[p] = wasm_v128_load(sums[p].data() + 4);
    }
    const std::array<int32_t, 3> offsets = {16, 0, 8};
    std::array<int8_t, 24> output;
    output.fill(99);
    const int stored = 3 - round % 3;
    requantize_tile<kSteps>(low, high, panel, range, ScatteredPixels<int8_t>{output.data(), offsets.data()},
                            stored, channels);
    for (size_t p = 0; p < sums.size(); ++p) {
      for (int c = 0; c < kPanelChannels; ++c) {
        const size_t lane = static_cast<size_t>(c);
        const FixedPointMultiplier m = multipliers[lane];
        const int8_t expected =
            c >= channels || p >= static_cast<size_t>(stored)
                ? int8_t{99}
                : clamp_to_int8<int64_t>(int64_t{multiply_by(sums[p][lane], m)} + range.zero_point, range.low,
                                         range.high);
        ASSERT_EQ(output[static_cast<size_t>(offsets[p] + c)], expected)
            << "sum " << sums[p][lane] << ", multiplier " << m.multiplier << ", shift " << m.shift;
      }
    }
  }
}

/// With the steps of negative sums, and without them where they do not matter.
void expect_equal(const std::array<FixedPointMultiplier, 8>& multipliers, const Int8Range& range,
                  int channels, int rounds, test::Random& random) {
  expect_equal<true>(multipliers, range, channels, rounds, random);
  const EstimatedPanel panel({}, multipliers, range);
  if (!panel.has_steps) expect_equal<false>(multipliers, range, channels, rounds, random);
}

constexpr Int8Range kRanges[] = {{.zero_point = 0},
                                 {.zero_point = -128, .low = -128},
                                 {.zero_point = 127},
                                 {.zero_point = -5, .low = -5, .high = 90}};

TEST(RequantizeEstimate, EqualsTheRuleForEveryShift) {
  test::Random random(11);
  for (int shift = 3; shift >= -31; --shift) {
    for (const Int8Range& range : kRanges) {
      std::array<FixedPointMultiplier, 8> multipliers;
      for (FixedPointMultiplier& m : multipliers) {
        const int spread = static_cast<int>(random.uniform() * 3);
        m = {(1 << 30) + static_cast<int32_t>(random.uniform() * 0x1p30), std::max(shift - spread, -31)};
      }
      multipliers[0].multiplier = 1 << 30;
      multipliers[1].multiplier = std::numeric_limits<int32_t>::max();
      expect_equal(multipliers, range, 8, 300, random);
      expect_equal(multipliers, range, 3, 20, random);
    }
  }
}

TEST(RequantizeEstimate, EqualsTheRuleForPowersOfTwo) {
  test::Random random(12);
  for (int shift = 1; shift <= 31; ++shift) {
    std::array<FixedPointMultiplier, 8> multipliers;
    for (size_t c = 0; c < 8; ++c)
      multipliers[c] = multiplier_of_shift(std::clamp(shift - 3 + static_cast<int>(c), 1, 31));
    for (const Int8Range& range : kRanges) expect_equal(multipliers, range, 8, 300, random);
  }
}

TEST(RequantizeEstimate, NeedsNoStepsBehindARelu) {
  std::array<FixedPointMultiplier, 8> multipliers;
  multipliers.fill(fixed_point_multiplier(0.0043));
  EXPECT_TRUE(EstimatedPanel({}, multipliers, {.zero_point = -127}).has_steps);
  EXPECT_FALSE(EstimatedPanel({}, multipliers, {.zero_point = -128}).has_steps);
}

TEST(RequantizeEstimate, SeldomNeedsTheRule) {
  test::Random random(13);
  std::array<FixedPointMultiplier, 8> multipliers;
  multipliers.fill(fixed_point_multiplier(0.0043));
  const EstimatedPanel panel({}, multipliers, {});
  ASSERT_TRUE(panel.estimates);
  int doubtful = 0;
  for (int round = 0; round < 4000; ++round) {
    const Sums sums = sums_of(1, multipliers, random);
    v128_t fractions = EstimatedPanel::no_fractions();
    EstimatedPanel::estimate<true>(wasm_v128_load(sums.data()), panel.lanes(0), fractions);
    EstimatedPanel::estimate<true>(wasm_v128_load(sums.data() + 4), panel.lanes(4), fractions);
    doubtful += panel.doubts(fractions) ? 1 : 0;
  }
  EXPECT_LT(doubtful, 40);
}

}  // namespace
}  // namespace octet::kernels
