#include "kernels/arithmetic/math.h"

#include <cmath>
#include <cstdint>
#include <iterator>
#include <limits>

namespace octet::kernels {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

// ln 2 in two parts: the first has 32 significant bits, so that its product with an exponent is exact.
constexpr double kLn2High = 0x1.62e42feep-1;
constexpr double kLn2Low = 0x1.a39ef35793c76p-33;
constexpr double kInverseLn2 = 0x1.71547652b82fep+0;
constexpr double kInverseLn10 = 0x1.bcb7b1526e50ep-2;

/// 1/n! for n = 2, 3, ...: with 12 terms the series of e^r leaves out less than 2^-57 for |r| <= 0.36.
constexpr double kInverseFactorials[] = {1.0 / 2,       1.0 / 6,        1.0 / 24,        1.0 / 120,
                                         1.0 / 720,     1.0 / 5040,     1.0 / 40320,     1.0 / 362880,
                                         1.0 / 3628800, 1.0 / 39916800, 1.0 / 479001600, 1.0 / 6227020800};

constexpr double kInverseRootOfPi = 0.56418958354775629;

/// pi / 2 in four parts, of which the first three have 33 bits: their products with up to 2^20 quarter turns
/// are exact. W. J. Cody and W. Waite, Software Manual for the Elementary Functions, 1980, chapter 8.
constexpr double kQuarterTurn[] = {0x1.921fb544p+0, 0x1.0b4611a6p-34, 0x1.3198a2ep-69,
                                   0x1.b839a252049c1p-104};
constexpr double kQuartersPerRadian = 0x1.45f306dc9c883p-1;
constexpr double kWholeTurn = 0x1.921fb54442d18p+2;

/// e^r - 1 - r for |r| <= 0.36, by the Taylor series.
double exp_remainder(double r) {
  double sum = 0;
  for (int i = std::size(kInverseFactorials) - 1; i >= 0; --i) sum = sum * r + kInverseFactorials[i];
  return sum * r * r;
}

/// erf(z) for z in [0, 2.5): 2 / sqrt(pi) * e^-z^2 * sum of 2^n z^(2n+1) / (1 3 5 ... (2n+1)), whose terms
/// are all positive.
double erf_by_series(double z) {
  double term = z, sum = z;
  for (int n = 1; term > sum * 0x1p-56; ++n) {
    term *= 2 * z * z / (2 * n + 1);
    sum += term;
  }
  return 2.0 * kInverseRootOfPi * exp(-z * z) * sum;
}

/// What the Taylor series lacks of its first term, in relation to that: of sine for `first` = 2, of cosine
/// for 1. For |r| <= pi / 4, less than 2^-60 is left out.
double alternating_series(double r, int first) {
  double sum = 0;
  for (int n = first + 16; n >= first; n -= 2) sum = r * r / (n * (n + 1)) * (1.0 - sum);
  return sum;
}

/// The sine of x and `ahead` quarter turns.
double sine_ahead(double x, int ahead) {
  if (!(std::fabs(x) < kInfinity)) return kNan;
  if (std::fabs(x) > 0x1p20) x = std::fmod(x, kWholeTurn);
  const double quarters = std::floor(x * kQuartersPerRadian + 0.5);
  // x less the quarter turns. `low` is what the rounded r lacks: each subtraction's error, which is exact (D.
  // E. Knuth, The Art of Computer Programming 2, 4.2.2).
  double r = x, low = 0;
  for (const double part : kQuarterTurn) {
    const double turned = quarters * part;
    const double next = r - turned;
    const double difference = r - next;
    low += (r - (next + difference)) + (difference - turned);
    r = next;
  }
  const int quadrant = static_cast<int>(quarters) + ahead;
  const double result = (quadrant & 1) == 0 ? r + (low - r * alternating_series(r, 2))
                                            : 1.0 - (alternating_series(r, 1) + r * low);
  return (quadrant & 2) == 0 ? result : -result;
}

}  // namespace

double exp(double x) {
  if (x != x) return x;
  if (x > 709.79) return kInfinity;
  if (x < -745.2) return 0;
  const double exponent = std::floor(x * kInverseLn2 + 0.5);
  // e^x = 2^exponent * e^r with |r| <= ln(2) / 2. `low` is what the rounded r lacks.
  const double high = x - exponent * kLn2High;
  const double low = exponent * kLn2Low;
  const double r = high - low;
  const double correction = (high - r) - low;
  return std::ldexp(1.0 + (r + (exp_remainder(r) + correction)), static_cast<int>(exponent));
}

double expm1(double x) {
  if (std::fabs(x) <= 0.36) return x + exp_remainder(x);
  return exp(x) - 1.0;
}

double erf(double x) {
  const double z = std::fabs(x);
  return std::copysign(z < 2.5 ? erf_by_series(z) : 1.0 - erfc(z), x);
}

double erfc(double x) {
  const double z = std::fabs(x);
  double result = 0;
  if (z != z) return x;
  if (z < 2.5) {
    result = 1.0 - erf_by_series(z);
  } else if (z < 28) {
    // Laplace's continued fraction, from its 60th term back.
    double tail = z;
    for (int n = 60; n >= 1; --n) tail = z + n / (2.0 * tail);
    result = kInverseRootOfPi * exp(-z * z) / tail;
  }
  return x < 0 ? 2.0 - result : result;
}

double pow(double x, double y) {
  if (y == 0 || x == 1) return 1;
  if (x != x || y != y) return kNan;
  const bool integer = std::floor(y) == y;
  if (x < 0 && x > -kInfinity && !integer) return kNan;
  const bool odd = integer && std::floor(y / 2) != y / 2;
  const double magnitude = std::fabs(x);
  const double power = magnitude == 1 ? 1 : exp(y * log(magnitude));
  return odd && std::signbit(x) ? -power : power;
}

double log(double x) {
  if (x != x || x == kInfinity) return x;
  if (x < 0) return kNan;
  if (x == 0) return -kInfinity;
  int exponent = 0;
  double fraction = std::frexp(x, &exponent);  // In [0.5, 1).
  if (fraction < 0.70710678118654752) {
    fraction *= 2;
    --exponent;
  }
  // ln(fraction) = 2 artanh(s), |s| <= 0.1716: odd powers to s^23 leave out less than 2^-63 of it. With f =
  // fraction - 1, 2 s = f - s f: f is exact, so the rounding of the division only enters through the small
  // second term.
  const double f = fraction - 1.0;
  const double s = f / (fraction + 1.0);
  const double square = s * s;
  double series = 0;
  for (int n = 23; n >= 3; n -= 2) series = series * square + 2.0 / n;
  const double tail = s * (square * series - f);
  return exponent * kLn2High + (f + (tail + exponent * kLn2Low));
}

double log1p(double x) {
  const double sum = 1.0 + x;
  // The sum is another one by its rounding, but near it ln(sum) / (sum - 1) hardly changes.
  return sum == 1.0 ? x : log(sum) * (x / (sum - 1.0));
}

double log2(double x) {
  int exponent = 0;
  if (x > 0 && x < kInfinity) {
    const double fraction = std::frexp(x, &exponent);
    if (fraction == 0.5) return exponent - 1;
  }
  return log(x) * kInverseLn2;
}

double log10(double x) { return log(x) * kInverseLn10; }

double tanh(double x) {
  const double magnitude = std::fabs(x);
  if (magnitude > 22) return x > 0 ? 1.0 : -1.0;  // 1 - tanh is below 2^-60.
  const double t = expm1(-2.0 * magnitude);
  const double result = -t / (t + 2.0);
  return x < 0 ? -result : result;
}

double logistic(double x) { return 1.0 / (1.0 + exp(-x)); }

double sin(double x) { return sine_ahead(x, 0); }
double cos(double x) { return sine_ahead(x, 1); }

}  // namespace octet::kernels
