#include "kernels/arithmetic/requantize.h"

#include <gtest/gtest.h>

#include <cmath>

#include "kernels/arithmetic/requantize_int16.h"

namespace octet::kernels {
namespace {

TEST(MultiplyByWide, SaturatesPastTheLargestShift) {
  for (int exponent = 8; exponent <= 29; ++exponent) {
    const FixedPointMultiplier factor = fixed_point_multiplier(std::ldexp(1.0, exponent));
    const Int16Multiplier of_sums = int16_multiplier(factor);
    const Panel panel = {.first_channel = 0, .channels = 1};
    const int64_t largest[] = {int64_t{1} << 46};
    const Int16RescalingPanel rescaling(panel, {.bias = {}, .multipliers = {&of_sums, 1}, .range = {}},
                                        largest);
    for (const int64_t value : {-(int64_t{1} << 46), int64_t{-70000}, int64_t{-1}, int64_t{0}, int64_t{1},
                                int64_t{70000}, int64_t{1} << 46}) {
      const int64_t expected = value == 0             ? 0
                               : std::abs(value) == 1 ? value << exponent
                               : value > 0            ? 32767
                                                      : -32768;
      const int16_t clamped = clamp_to<int16_t>(expected);
      EXPECT_EQ(clamp_to<int16_t>(multiply_by_wide(value, factor)), clamped) << value << " * 2^" << exponent;
      int16_t stored = 0;
      const int64_t sums[kPanelChannels] = {value};
      rescaling.store(sums, &stored, 1);
      EXPECT_EQ(stored, clamped) << value << " * 2^" << exponent;
    }
  }
}

TEST(AffineMultipliers, UseFifteenBits) {
  const double same[] = {1.0, -1.0};
  const auto unit = affine_multipliers(same, 31);
  EXPECT_EQ(unit.shift, 14);
  EXPECT_EQ(unit.multipliers[0], 16384);
  EXPECT_EQ(unit.multipliers[1], -16384);
  const double uneven[] = {0.3, 0.0007};
  const auto shared = affine_multipliers(uneven, 31);
  EXPECT_EQ(shared.shift, 16);
  EXPECT_EQ(shared.multipliers[0], 19661);
  EXPECT_EQ(shared.multipliers[1], 46);
  const double tiny[] = {1e-12};
  EXPECT_EQ(affine_multipliers(tiny, 46).shift, 46);
  EXPECT_EQ(affine_multipliers(tiny, 31).multipliers[0], 0);
  // 32767.5 / 2^15 rounds to a 16-bit integer at shift 15.
  const double edge[] = {32767.5 / 32768};
  EXPECT_EQ(affine_multipliers(edge, 31).shift, 14);
}

}  // namespace
}  // namespace octet::kernels
