// Octet's own exp, log, pow, erf, tanh, logistic, sin and cos in double: the same bits on every platform,
// unlike the C library's. Built from + - * / and bit operations alone. The vector forms in single precision
// are in math_simd.h.
#pragma once

namespace octet::kernels {

/// e^x within 1 unit in the last place; 0 below -745.2, infinity above 709.78, NaN for NaN.
/// Results below 2^-1022 are rounded once more, to the grid of subnormal numbers.
double exp(double x);

/// e^x - 1 within 3 units in the last place, also near 0.
double expm1(double x);

/// The error function within 8 units in the last place, also near 0.
double erf(double x);

/// The complementary error function, 1 - erf(x), with a relative error below 2^-36.
double erfc(double x);

/// x^y with a relative error below 2^-40; NaN for a negative x and a y that is no integer, else as IEEE 754's
/// pow where an argument is zero, infinite or NaN.
double pow(double x, double y);

/// Natural logarithm within 1 unit in the last place; -infinity for 0, NaN for negative numbers.
double log(double x);

/// ln(1 + x) for finite x within 2 units in the last place, also near 0.
double log1p(double x);

/// Logarithms to base 2 and 10, within 2 units in the last place. log2 is exact for powers of two.
double log2(double x);
double log10(double x);

/// Hyperbolic tangent within 3 units in the last place.
double tanh(double x);

/// 1 / (1 + e^-x) within 2 units in the last place.
double logistic(double x);

/// Sine and cosine of an angle in radians, within 1 unit in the last place up to 2^20 in magnitude. Beyond,
/// the angle is off by 2^-54 of itself at most. NaN for infinities and NaN.
double sin(double x);
double cos(double x);

}  // namespace octet::kernels
