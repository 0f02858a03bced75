#include "kernels/arithmetic/math.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <limits>

namespace octet::kernels {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kUnit = 0x1p-52;  // Unit in the last place of 1.

/// Largest error of `actual` against libm in long double, in units in the last place, over a dense range.
template <class Actual, class Expected>
double worst_error(Actual actual, Expected expected, double low, double high, int steps = 400001) {
  double worst = 0;
  for (int i = 0; i < steps; ++i) {
    const double x = low + (high - low) * i / (steps - 1);
    const long double truth = expected(static_cast<long double>(x));
    if (truth == 0) continue;
    const double error = static_cast<double>(std::fabs((actual(x) - truth) / truth)) / kUnit;
    worst = std::max(worst, error);
  }
  return worst;
}

long double exact_logistic(long double x) { return 1.0L / (1.0L + std::exp(-x)); }

TEST(Math, StaysWithinItsErrorBounds) {
  using LongDouble = long double (*)(long double);
  for (const double reach : {1e-5, 1.0, 30.0, 700.0}) {
    EXPECT_LT(worst_error(exp, LongDouble(std::exp), -reach, reach), 1) << reach;
    EXPECT_LT(worst_error(expm1, LongDouble(std::expm1), -reach, reach), 3) << reach;
    EXPECT_LT(worst_error(tanh, LongDouble(std::tanh), -reach, reach), 3) << reach;
    EXPECT_LT(worst_error(logistic, exact_logistic, -reach, reach), 2) << reach;
  }
  for (const double reach : {1e-300, 1e-3, 0.999, 1.001, 2.0, 1e6, 1e300}) {
    EXPECT_LT(worst_error(log, LongDouble(std::log), reach, 1.2 * reach), 1) << reach;
    EXPECT_LT(worst_error(log2, LongDouble(std::log2), reach, 1.2 * reach), 2) << reach;
    EXPECT_LT(worst_error(log10, LongDouble(std::log10), reach, 1.2 * reach), 2) << reach;
  }
}

TEST(Math, ErfAndLog1pStayWithinTheirErrorBounds) {
  using LongDouble = long double (*)(long double);
  for (const double reach : {1e-9, 1e-3, 1.0, 2.4, 3.0, 9.0}) {
    EXPECT_LT(worst_error(erf, LongDouble(std::erf), -reach, reach), 8) << reach;
  }
  for (const double reach : {1e-17, 1e-9, 1e-3, 0.9, 1.0}) {
    EXPECT_LT(worst_error(log1p, LongDouble(std::log1p), -0.99 * reach, reach), 2) << reach;
  }
  EXPECT_EQ(erf(kInfinity), 1);
  EXPECT_EQ(erf(-kInfinity), -1);
  EXPECT_TRUE(std::isnan(erf(std::nan(""))));
  EXPECT_TRUE(std::signbit(erf(-0.0)));
  EXPECT_EQ(log1p(-1), -kInfinity);
}

TEST(Math, SineAndCosineStayWithinTheirErrorBounds) {
  using LongDouble = long double (*)(long double);
  for (const double reach : {1e-9, 0.7, 3.2, 100.0, 1e4, 0x1p20}) {
    EXPECT_LT(worst_error(sin, LongDouble(std::sin), -reach, reach), 1) << reach;
    EXPECT_LT(worst_error(cos, LongDouble(std::cos), -reach, reach), 1) << reach;
  }
  // Beside multiples of a quarter turn little is left of the angle.
  for (int quarters = -667544; quarters <= 667544; ++quarters) {
    const double x = quarters * 0x1.921fb54442d18p+0;
    const auto exact = static_cast<long double>(x);
    const auto unit = static_cast<long double>(kUnit);
    ASSERT_NEAR(sin(x), std::sin(exact), unit * std::fabs(std::sin(exact))) << quarters;
    ASSERT_NEAR(cos(x), std::cos(exact), unit * std::fabs(std::cos(exact))) << quarters;
  }
}

TEST(Math, SineAndCosineOfLargeAnglesLoseNoMoreThanTheySay) {
  for (const double x : {1.1e6, 1e8 + 0.3, -3e10, 7e14}) {
    EXPECT_NEAR(sin(x), std::sin(x), std::fabs(x) * 0x1p-54 + kUnit) << x;
    EXPECT_NEAR(cos(x), std::cos(x), std::fabs(x) * 0x1p-54 + kUnit) << x;
  }
  for (const double x : {1e17, -1e300, 1.7e308}) {
    EXPECT_NEAR(sin(x) * sin(x) + cos(x) * cos(x), 1, 4 * kUnit) << x;
  }
  for (const double x : {kInfinity, -kInfinity, std::nan("")}) {
    EXPECT_TRUE(std::isnan(sin(x)) && std::isnan(cos(x))) << x;
  }
  EXPECT_EQ(sin(-0.0), 0);
  EXPECT_EQ(cos(-0.0), 1);
}

TEST(Math, KeepsToTheEndsOfTheRange) {
  EXPECT_EQ(exp(0), 1);
  EXPECT_EQ(exp(kInfinity), kInfinity);
  EXPECT_EQ(exp(-kInfinity), 0);
  EXPECT_EQ(exp(1e300), kInfinity);
  EXPECT_TRUE(std::isnan(exp(std::nan(""))));
  EXPECT_GT(exp(-744), 0);
  EXPECT_EQ(log(1), 0);
  EXPECT_EQ(log(0), -kInfinity);
  EXPECT_EQ(log(kInfinity), kInfinity);
  EXPECT_TRUE(std::isnan(log(-1)));
  EXPECT_TRUE(std::isnan(log2(-1)));
  EXPECT_EQ(log(std::exp2(-1070.0)), -1070 * 0x1.62e42fefa39efp-1);
  for (int n = -1074; n < 1024; ++n) EXPECT_EQ(log2(std::ldexp(1.0, n)), n);
  EXPECT_EQ(tanh(kInfinity), 1);
  EXPECT_EQ(tanh(-1e300), -1);
  EXPECT_EQ(tanh(0), 0);
  EXPECT_TRUE(std::isnan(tanh(std::nan(""))));
  EXPECT_EQ(logistic(0), 0.5);
  EXPECT_EQ(logistic(kInfinity), 1);
  EXPECT_EQ(logistic(-kInfinity), 0);
}

/// FNV-1a over the bits of a function's values.
uint64_t fingerprint(double (*function)(double), double low, double high) {
  uint64_t hash = 0xcbf29ce484222325;
  for (int i = 0; i < 10000; ++i) {
    hash ^= __builtin_bit_cast(uint64_t, function(low + (high - low) * i / 9999));
    hash *= 0x100000001b3;
  }
  return hash;
}

// Recorded, so that a platform or compiler that rounds differently is noticed.
TEST(Math, GivesTheSameBitsEverywhere) {
  EXPECT_EQ(fingerprint(exp, -750, 720), 0x6acb6dcc6d34d5d8u);
  EXPECT_EQ(fingerprint(expm1, -2, 2), 0xd27f35ae16c44a98u);
  EXPECT_EQ(fingerprint(log, 1e-9, 50), 0xf2472d5cfea2661au);
  EXPECT_EQ(fingerprint(log2, 1e-9, 50), 0x7d5bcbfe4eb37596u);
  EXPECT_EQ(fingerprint(log10, 1e-9, 50), 0x8d059c0a96675ff5u);
  EXPECT_EQ(fingerprint([](double x) { return pow(x, 0.37); }, 1e-9, 50), 0x1ac89243e3e7b814u);
  EXPECT_EQ(fingerprint([](double y) { return pow(0.37, y); }, -50, 50), 0x1742addf8be83d4eu);
  EXPECT_EQ(fingerprint(tanh, -23, 23), 0x9833b41d4f6e928bu);
  EXPECT_EQ(fingerprint(logistic, -50, 50), 0xe079ce6d4ed97a68u);
  EXPECT_EQ(fingerprint(erf, -6, 6), 0xbfa42399ce075433u);
  EXPECT_EQ(fingerprint(log1p, -0.9, 2), 0xa13f7e52de7debe4u);
  EXPECT_EQ(fingerprint(sin, -1e7, 1e7), 0x285428f0e2fa80ecu);
  EXPECT_EQ(fingerprint(cos, -1e7, 1e7), 0x93974561da2a23abu);
}

TEST(Math, ErfcStaysWithinItsErrorBound) {
  for (int i = -6000; i <= 26000; ++i) {
    const double x = i / 1000.0;
    EXPECT_NEAR(erfc(x) / std::erfc(x), 1, 0x1p-36) << x;
  }
  EXPECT_EQ(erfc(40), 0);
  EXPECT_EQ(erfc(-40), 2);
  EXPECT_TRUE(std::isnan(erfc(std::nan(""))));
}

TEST(Math, PowStaysWithinItsErrorBound) {
  for (const double x : {1e-300, 0.001, 0.7, 0.999999, 1.000001, 1.5, 7.0, 1e10}) {
    for (const double y : {-20.5, -3.0, -0.5, 0.25, 1.0, 2.0, 3.5, 29.0}) {
      const double expected = std::pow(x, y);
      if (expected == 0 || std::isinf(expected)) {
        EXPECT_EQ(pow(x, y), expected) << x << " " << y;
      } else {
        EXPECT_NEAR(pow(x, y) / expected, 1, 0x1p-40) << x << " " << y;
      }
    }
  }
}

TEST(Math, PowTreatsSpecialNumbersAsIeee754) {
  const double infinity = std::numeric_limits<double>::infinity();
  const double values[] = {-infinity, -3, -2, -1, -0.5, -0.0, 0.0, 0.5, 1, 2, 3, infinity, std::nan("")};
  for (const double x : values) {
    for (const double y : values) {
      const double expected = std::pow(x, y);
      const double actual = pow(x, y);
      if (std::isnan(expected)) {
        EXPECT_TRUE(std::isnan(actual)) << x << " " << y;
      } else if (std::isinf(expected) || expected == 0) {
        EXPECT_EQ(actual, expected) << x << " " << y;
        EXPECT_EQ(std::signbit(actual), std::signbit(expected)) << x << " " << y;
      } else {
        EXPECT_NEAR(actual, expected, 1e-12) << x << " " << y;
      }
    }
  }
}

}  // namespace
}  // namespace octet::kernels
