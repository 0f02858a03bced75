#include "kernels/arithmetic/math_simd.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <limits>

namespace octet::kernels {
namespace {

template <class Function>
float lane(Function function, float x) {
  return wasm_f32x4_extract_lane(function(wasm_f32x4_splat(x)), 0);
}

/// Largest relative error against libm in double, in units of 2^-23, over a dense range.
template <class Actual, class Expected>
double worst_error(Actual actual, Expected expected, float low, float high) {
  constexpr int kSteps = 50001;
  double worst = 0;
  for (int i = 0; i < kSteps; ++i) {
    const float x = low + (high - low) * static_cast<float>(i) / (kSteps - 1);
    const double truth = expected(static_cast<double>(x));
    if (truth == 0) continue;
    worst = std::max(worst, std::fabs((lane(actual, x) - truth) / truth) * 0x1p23);
  }
  return worst;
}

double exact_logistic(double x) { return 1.0 / (1.0 + std::exp(-x)); }

TEST(MathSimd, StaysWithinItsErrorBounds) {
  using Double = double (*)(double);
  using Lanes = v128_t (*)(v128_t);
  for (const float reach : {1e-5f, 0.5f, 1.0f, 20.0f, 87.0f}) {
    EXPECT_LT(worst_error(Lanes(exp), Double(std::exp), -reach, reach), 1.5) << reach;
    EXPECT_LT(worst_error(Lanes(tanh), Double(std::tanh), -reach, reach), 3) << reach;
    EXPECT_LT(worst_error(Lanes(logistic), exact_logistic, -reach, reach), 3.5) << reach;
  }
}

TEST(MathSimd, LogExpm1AndErfcStayWithinTheirErrorBounds) {
  using Double = double (*)(double);
  using Lanes = v128_t (*)(v128_t);
  for (const float top : {2e-38f, 1e-3f, 0.9f, 1.1f, 3.0f, 1e5f, 3e38f}) {
    EXPECT_LT(worst_error(Lanes(log), Double(std::log), top / 1000, top), 2) << top;
  }
  for (const float reach : {1e-5f, 0.3f, 0.4f, 1.0f, 20.0f}) {
    EXPECT_LT(worst_error(Lanes(expm1), Double(std::expm1), -reach, reach), 5) << reach;
  }
  EXPECT_LT(worst_error(Lanes(erfc), Double(std::erfc), -9, 3), 12);
  EXPECT_LT(worst_error(Lanes(erfc), Double(std::erfc), 3, 9), 80);
}

TEST(MathSimd, ErfAndLog1pStayWithinTheirErrorBounds) {
  using Double = double (*)(double);
  using Lanes = v128_t (*)(v128_t);
  for (const float reach : {1e-5f, 0.6f, 1.0f, 4.2f, 50.0f}) {
    EXPECT_LT(worst_error(Lanes(erf), Double(std::erf), -reach, reach), 3) << reach;
  }
  for (const float reach : {1e-30f, 1e-5f, 0.1f, 1.0f}) {
    EXPECT_LT(worst_error(Lanes(log1p), Double(std::log1p), 0, reach), 2) << reach;
  }
}

TEST(MathSimd, TakesLanesThroughFunctionsInDouble) {
  const v128_t results = in_double(wasm_f32x4_make(1, -2, 0.5f, 8), [](double x) { return 3 * x; });
  EXPECT_EQ(wasm_f32x4_extract_lane(results, 0), 3);
  EXPECT_EQ(wasm_f32x4_extract_lane(results, 1), -6);
  EXPECT_EQ(wasm_f32x4_extract_lane(results, 2), 1.5);
  EXPECT_EQ(wasm_f32x4_extract_lane(results, 3), 24);
}

TEST(MathSimd, LogTreatsSpecialNumbers) {
  const auto lanes_log = static_cast<v128_t (*)(v128_t)>(log);
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  EXPECT_EQ(lane(lanes_log, 1), 0);
  EXPECT_EQ(lane(lanes_log, 0), -kInfinity);
  EXPECT_EQ(lane(lanes_log, kInfinity), kInfinity);
  EXPECT_TRUE(std::isnan(lane(lanes_log, -1)));
  EXPECT_TRUE(std::isnan(lane(lanes_log, std::nanf(""))));
  const float subnormal = 3e-42f;
  EXPECT_NEAR(lane(lanes_log, subnormal), std::log(static_cast<double>(subnormal)), 2e-5);
}

TEST(MathSimd, KeepsToTheEndsOfTheRange) {
  using Lanes = v128_t (*)(v128_t);
  const Lanes lanes_exp = exp, lanes_tanh = tanh, lanes_logistic = logistic;
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  const float nan = std::nanf("");
  EXPECT_EQ(lane(lanes_exp, 0), 1);
  EXPECT_EQ(lane(lanes_exp, kInfinity), kInfinity);
  EXPECT_EQ(lane(lanes_exp, -kInfinity), 0);
  EXPECT_LT(lane(lanes_exp, 88.7f), kInfinity);
  EXPECT_GT(lane(lanes_exp, -103), 0);
  EXPECT_TRUE(std::isnan(lane(lanes_exp, nan)));
  EXPECT_EQ(lane(lanes_tanh, kInfinity), 1);
  EXPECT_EQ(lane(lanes_tanh, -kInfinity), -1);
  EXPECT_EQ(lane(lanes_tanh, 0), 0);
  EXPECT_TRUE(std::isnan(lane(lanes_tanh, nan)));
  EXPECT_EQ(lane(lanes_logistic, kInfinity), 1);
  EXPECT_EQ(lane(lanes_logistic, -kInfinity), 0);
  EXPECT_TRUE(std::isnan(lane(lanes_logistic, nan)));
}

/// FNV-1a over the bits of a function's values.
uint64_t fingerprint(v128_t (*function)(v128_t), float low, float high) {
  uint64_t hash = 0xcbf29ce484222325;
  for (int i = 0; i < 100000; ++i) {
    hash ^= __builtin_bit_cast(uint32_t, lane(function, low + (high - low) * static_cast<float>(i) / 99999));
    hash *= 0x100000001b3;
  }
  return hash;
}

// Recorded, so that a platform or compiler that rounds differently is noticed.
TEST(MathSimd, GivesTheSameBitsEverywhere) {
  EXPECT_EQ(fingerprint(exp, -110, 95), 0x70e3bb6e6d50b0d1u);
  EXPECT_EQ(fingerprint(tanh, -12, 12), 0xd78856356309f0b8u);
  EXPECT_EQ(fingerprint(logistic, -100, 100), 0x7d76706a22d8d600u);
  EXPECT_EQ(fingerprint(erf, -5, 5), 0x206139eea4a40c36u);
  EXPECT_EQ(fingerprint(log1p, 0, 1), 0xccb9d29d6887a697u);
}

}  // namespace
}  // namespace octet::kernels
