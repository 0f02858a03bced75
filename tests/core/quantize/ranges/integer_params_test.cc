#include "quantize/ranges/integer_params.h"

#include <gtest/gtest.h>

namespace octet::quantize {
namespace {

TEST(Int8Params, CoverTheRangeAndRepresentZeroExactly) {
  for (const calibrate::Range range :
       {calibrate::Range{-1, 1}, {0, 6}, {-3, 0}, {-0.1, 5}, {-1e-20, 1e-20}}) {
    const QuantParams params = int8_params(range, true);
    const double scale = static_cast<double>(params.scale[0]);
    EXPECT_GE(params.zero_point[0], -128);
    EXPECT_LE(params.zero_point[0], 127);
    EXPECT_LE(scale * (-128 - params.zero_point[0]), range.low + scale / 2);
    EXPECT_GE(scale * (127 - params.zero_point[0]), range.high - scale / 2);
  }
  EXPECT_EQ(int8_params({0, 6}, true).zero_point[0], -128);
  EXPECT_EQ(int8_params({-3, 5}, false).zero_point[0], 0);
  EXPECT_EQ(int8_params({0, 0}, true), QuantParams::per_tensor(1.0f, 0));
}

TEST(Int16Params, CoverTheRangeAroundZero) {
  const QuantParams params = int16_params({-3, 6});
  EXPECT_EQ(params.zero_point[0], 0);
  EXPECT_NEAR(static_cast<double>(params.scale[0]) * 32767, 6, 1e-6);
  EXPECT_EQ(int16_params({0, 0}), QuantParams::per_tensor(1.0f, 0));
}

TEST(RangeOf, IsAllThatTheIntegersStandFor) {
  const QuantParams params = QuantParams::per_tensor(0.5f, 28);
  EXPECT_EQ(range_of(params, Precision::Int8).low, -78);
  EXPECT_EQ(range_of(params, Precision::Int8).high, 49.5);
  EXPECT_EQ(range_of(QuantParams::per_tensor(0.5f, 0), Precision::Int16).low, -16384);
}

}  // namespace
}  // namespace octet::quantize
