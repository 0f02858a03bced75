#include "kernels/arithmetic/fixed_point.h"

#include <algorithm>
#include <limits>

namespace octet::kernels {
namespace {

constexpr int32_t kOne = std::numeric_limits<int32_t>::max();  // 1 in Q0.31, as near as it gets.

/// Product of Qa.n and Qb.m in Q(a+b): the integer bits add up.
int32_t multiply(int32_t a, int32_t b) { return saturating_rounding_doubling_high_multiply(a, b); }

/// value * 2^n, saturating: n integer bits fewer.
int32_t shift_left(int32_t value, int n) {
  const int64_t shifted = int64_t{value} * (int64_t{1} << n);
  return static_cast<int32_t>(std::clamp<int64_t>(shifted, std::numeric_limits<int32_t>::min(), kOne));
}

int32_t add(int32_t a, int32_t b) {
  return static_cast<int32_t>(static_cast<uint32_t>(a) + static_cast<uint32_t>(b));
}

/// e^x in Q0.31 for x in [-1/4, 0) in Q0.31: Taylor series of fourth order around -1/8.
int32_t exp_near_zero(int32_t x) {
  constexpr int32_t kExpOfMinusEighth = 1895147668;
  constexpr int32_t kThird = 715827883;
  const int32_t t = add(x, 1 << 28);
  const int32_t t2 = multiply(t, t);
  const int32_t t3 = multiply(t2, t);
  const int32_t t4 = multiply(t2, t2);
  // ((t^4 / 4 + t^3) / 3 + t^2) / 2
  const int32_t cubic = multiply(add(rounding_divide_by_power_of_two(t4, 2), t3), kThird);
  const int32_t tail = rounding_divide_by_power_of_two(add(cubic, t2), 1);
  return add(kExpOfMinusEighth, multiply(kExpOfMinusEighth, add(t, tail)));
}

}  // namespace

int32_t exp_of_negative(int32_t x) {
  constexpr int kFractionBits = 26;
  constexpr int32_t kQuarter = 1 << (kFractionBits - 2);
  if (x == 0) return kOne;
  // x = nearest - rest with nearest in [-1/4, 0) and rest a multiple of 1/4, whose bits choose factors
  // e^-2^k.
  const int32_t nearest = (x & (kQuarter - 1)) - kQuarter;
  const int32_t rest = nearest - x;
  int32_t result = exp_near_zero(shift_left(nearest, 5));
  constexpr int32_t kFactors[] = {1672461947, 1302514674, 790015084, 290630308, 39332535, 720401, 242};
  int bit = kFractionBits - 2;
  for (const int32_t factor : kFactors) {
    if (rest & (int32_t{1} << bit)) result = multiply(result, factor);
    ++bit;
  }
  return result;
}

int32_t reciprocal_of_one_plus(int32_t x) {
  // Newton's iteration for 1 / d, d = (1 + x) / 2 in [1/2, 1), in Q2.29, from 48/17 - 32/17 d.
  constexpr int32_t kOneQ2 = 1 << 29;
  constexpr int32_t k48Over17 = 1515870810;
  constexpr int32_t kMinus32Over17 = -1010580540;
  const int32_t denominator = static_cast<int32_t>((int64_t{x} + kOne + 1) / 2);
  int32_t estimate = add(k48Over17, multiply(denominator, kMinus32Over17));
  for (int i = 0; i < 3; ++i) {
    const int32_t error = kOneQ2 - multiply(denominator, estimate);
    estimate = add(estimate, shift_left(multiply(estimate, error), 2));
  }
  return shift_left(estimate, 1);  // Half of the Q2.29 number, in Q0.31.
}

int32_t log_of_sum(int32_t x) {
  // x = 2^e r with r within a quarter of an octave of 2^-1/4: of the two ways to choose such an exponent the
  // larger. Then ln(x) = e ln 2 + ln(r), the latter by a quotient of polynomials in r - 2^-1/4.
  constexpr int kIntegerBits = 12;
  constexpr int kSumBits = 6;  // One more than the result, which the two terms may need.
  constexpr int32_t kLog2 = 1488522236;
  constexpr int32_t kHalfRootOfTwo = 1518500250;
  constexpr int32_t kQuarterOctave = 1805811301;  // 2^-1/4.
  constexpr int32_t kNumerator = 117049297, kDenominator = 127690142, kOffset = 1057819769,
                    kSlope = 638450708;
  constexpr int32_t kQuarter = 1 << (31 - kSumBits - 2);

  const int zeros_a = __builtin_clz(static_cast<uint32_t>(x));
  const int32_t r_a = shift_left(multiply(shift_left(x, zeros_a - 1), kHalfRootOfTwo), 1);
  const int32_t exponent_a = shift_left(kIntegerBits - zeros_a, 31 - kSumBits) + kQuarter;
  const int zeros_b = __builtin_clz(static_cast<uint32_t>(multiply(x, kHalfRootOfTwo))) - 1;
  const int32_t r_b = shift_left(x, zeros_b);
  const int32_t exponent_b = shift_left(kIntegerBits - zeros_b, 31 - kSumBits) - kQuarter;
  const int32_t r = std::min(r_a, r_b);
  const int32_t exponent = std::max(exponent_a, exponent_b);

  const int32_t middle = static_cast<int32_t>((int64_t{r} + kQuarterOctave + 1) / 2);
  const int32_t q = 2 * (r - kQuarterOctave);
  const int32_t square = multiply(q, q);
  const int32_t numerator = add(multiply(q, r), multiply(multiply(q, square), kNumerator));
  const int32_t inner = add(add(kOffset, q), multiply(kDenominator, square));
  const int32_t denominator_less_one = add(multiply(middle, inner), multiply(kSlope, q));
  const int32_t reciprocal = reciprocal_of_one_plus(denominator_less_one);
  const int32_t fraction = multiply(rounding_divide_by_power_of_two(numerator, kSumBits), reciprocal);
  return shift_left(add(multiply(exponent, kLog2), fraction), 1);
}

FixedPointMultiplier inverse_square_root(int32_t x) {
  if (x <= 1) return {kOne, 0};
  int right_shift = 11;
  while (x >= (1 << 29)) {
    x /= 4;
    ++right_shift;
  }
  // Brought to [2^27, 2^29) by pairs of bits, each of which halves the root.
  const int pairs = (__builtin_clz(static_cast<uint32_t>(x)) - 1) / 2 - 1;
  right_shift -= pairs;
  x <<= 2 * pairs;
  // Newton's iteration y <- 3/2 y - x/2 y^3 in Q3.28 from 1.
  constexpr int32_t kThreeHalves = (1 << 28) + (1 << 27);
  constexpr int32_t kHalfRootOfTwo = 1518500250;
  const int32_t half_x = rounding_divide_by_power_of_two(x >> 1, 1);
  int32_t y = 1 << 28;
  for (int i = 0; i < 5; ++i) {
    const int32_t cube = shift_left(multiply(multiply(y, y), y), 6);
    y = shift_left(add(multiply(kThreeHalves, y), -multiply(half_x, cube)), 3);
  }
  y = multiply(y, kHalfRootOfTwo);
  if (right_shift < 0) {
    y = static_cast<int32_t>(static_cast<uint32_t>(y) << -right_shift);
    right_shift = 0;
  }
  return {y, -right_shift};
}

}  // namespace octet::kernels
