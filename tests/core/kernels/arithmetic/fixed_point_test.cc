#include "kernels/arithmetic/fixed_point.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace octet::kernels {
namespace {

TEST(FixedPoint, ExponentialIsNearTheReal) {
  for (int64_t x = 0; x >= std::numeric_limits<int32_t>::min(); x -= 98765) {
    const double real = std::exp(static_cast<double>(x) * 0x1p-26);
    EXPECT_NEAR(exp_of_negative(static_cast<int32_t>(x)) * 0x1p-31, real, 4e-7) << x;
  }
}

TEST(FixedPoint, ReciprocalIsNearTheReal) {
  for (int64_t x = 0; x <= std::numeric_limits<int32_t>::max(); x += 98765) {
    const double real = 1 / (1 + static_cast<double>(x) * 0x1p-31);
    EXPECT_NEAR(reciprocal_of_one_plus(static_cast<int32_t>(x)) * 0x1p-31, real, 1e-8) << x;
  }
}

TEST(FixedPoint, InverseSquareRootIsNearTheReal) {
  for (double x = 2; x <= std::numeric_limits<int32_t>::max(); x = std::floor(x * 1.07 + 1)) {
    const FixedPointMultiplier root = inverse_square_root(static_cast<int32_t>(x));
    EXPECT_NEAR(std::ldexp(root.multiplier, root.shift - 31) * std::sqrt(x), 1, 2e-6) << x;
  }
  EXPECT_EQ(inverse_square_root(0).multiplier, std::numeric_limits<int32_t>::max());
}

}  // namespace
}  // namespace octet::kernels
