#include "kernels/rescale.h"

#include <gtest/gtest.h>

#include <limits>
#include <vector>

#include "support/graph_builder.h"

namespace octet::kernels {
namespace {

/// Random numbers of all magnitudes, and those at the ends.
std::vector<int32_t> samples() {
  std::vector<int32_t> values = {0, 1, -1, std::numeric_limits<int32_t>::max(),
                                 std::numeric_limits<int32_t>::min()};
  test::Random random(3);
  for (int i = 0; i < 2000; ++i) {
    values.push_back(static_cast<int32_t>((random.uniform() - 0.5) * std::ldexp(1.0, 2 + i % 31)));
  }
  return values;
}

int32_t lane(const Rescale& rescale, int32_t value) {
  return wasm_i32x4_extract_lane(rescale(wasm_i32x4_splat(value)), 3);
}

TEST(Rescale, ByMultiplierEqualsTheScalarRule) {
  const int32_t low = std::numeric_limits<int32_t>::min(), high = std::numeric_limits<int32_t>::max();
  for (const double factor : {0.0, 1e-9, 3e-7, 0.0123, 0.25, 0.5, 0.999999, 1.0, 1.7, 100.0}) {
    const FixedPointMultiplier multiplier = fixed_point_multiplier(factor);
    const Rescale rescale = Rescale::by_multiplier(multiplier, 0, low, high);
    for (const int32_t value : samples())
      EXPECT_EQ(lane(rescale, value), multiply_by(value, multiplier)) << value;
  }
}

TEST(Rescale, ByShiftEqualsTheScalarRule) {
  for (int n = 1; n <= 46; ++n) {
    const Rescale rescale = Rescale::by_shift(n, 5, -128, 127);
    for (const int32_t value : samples()) {
      if (value == std::numeric_limits<int32_t>::max()) continue;  // Outside its contract.
      EXPECT_EQ(lane(rescale, value), clamp_to_int8(rounding_shift_right(value, n) + 5))
          << value << " >> " << n;
    }
  }
}

TEST(Rescale, AffineMultipliersUseFifteenBits) {
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
