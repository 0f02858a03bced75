#include "kernels/requantize.h"

#include <gtest/gtest.h>

namespace octet::kernels {
namespace {

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
