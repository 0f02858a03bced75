// exp, log, erf, tanh and logistic of four floats at once, in wasm intrinsics: the same bits natively and in
// WebAssembly. Double precision, for tables and settings, is in kernels/arithmetic/math.h.
#pragma once

#include "kernels/simd.h"

namespace octet::kernels {

/// `coefficients[0] + x * (coefficients[1] + ...)`, by Horner's rule.
template <int kCount>
inline v128_t polynomial(v128_t x, const float (&coefficients)[kCount]) {
  v128_t sum = wasm_f32x4_splat(coefficients[kCount - 1]);
  for (int i = kCount - 2; i >= 0; --i) {
    sum = wasm_f32x4_add(wasm_f32x4_mul(sum, x), wasm_f32x4_splat(coefficients[i]));
  }
  return sum;
}

/// 2^n for integer lanes n in [-126, 127].
inline v128_t power_of_two(v128_t n) { return wasm_i32x4_shl(wasm_i32x4_add(n, wasm_i32x4_splat(127)), 23); }

/// e^r = 1 + r + r^2 * minimax(r), |r| <= ln(2) / 2, leaves out at most 3.1e-9 of the result.
inline constexpr float kExpCoefficients[] = {0.49999994f, 0.16666521f, 0.04166839f, 0.008368745f,
                                             0.0013814538f};
/// ln 2 in two parts: the first has 15 significant bits, so that its product with an exponent is exact.
inline constexpr float kLn2High = 0x1.62e4p-1f;
inline constexpr float kLn2Low = 1.42860682e-6f;

/// e^x with a relative error below 1.5 * 2^-23; gradual underflow to 0 below -103.9, infinity above 88.72.
inline v128_t exp(v128_t x) {
  // Written so that NaN passes through: a comparison with it is false.
  x = wasm_f32x4_pmin(x, wasm_f32x4_splat(89.0f));
  x = wasm_f32x4_pmax(x, wasm_f32x4_splat(-104.0f));
  const v128_t exponent = wasm_f32x4_nearest(wasm_f32x4_mul(x, wasm_f32x4_splat(1.44269504f)));
  v128_t r = wasm_f32x4_sub(x, wasm_f32x4_mul(exponent, wasm_f32x4_splat(kLn2High)));
  r = wasm_f32x4_sub(r, wasm_f32x4_mul(exponent, wasm_f32x4_splat(kLn2Low)));
  const v128_t tail = wasm_f32x4_mul(wasm_f32x4_mul(r, r), polynomial(r, kExpCoefficients));
  const v128_t fraction = wasm_f32x4_add(wasm_f32x4_splat(1.0f), wasm_f32x4_add(r, tail));
  // The power is applied in two halves: the whole one may be outside the range of normal numbers.
  const v128_t n = wasm_i32x4_trunc_sat_f32x4(exponent);
  const v128_t half = wasm_i32x4_shr(n, 1);
  return wasm_f32x4_mul(wasm_f32x4_mul(fraction, power_of_two(half)), power_of_two(wasm_i32x4_sub(n, half)));
}

/// e^x - 1 with a relative error below 5 * 2^-23, also near 0.
inline v128_t expm1(v128_t x) {
  // x + x^2 * minimax(x), as in exp.
  const v128_t near_zero =
      wasm_f32x4_add(x, wasm_f32x4_mul(wasm_f32x4_mul(x, x), polynomial(x, kExpCoefficients)));
  const v128_t elsewhere = wasm_f32x4_sub(exp(x), wasm_f32x4_splat(1.0f));
  const v128_t is_near_zero = wasm_f32x4_le(wasm_f32x4_abs(x), wasm_f32x4_splat(0.34f));
  return wasm_v128_bitselect(near_zero, elsewhere, is_near_zero);
}

/// Natural logarithm with a relative error below 2 * 2^-23; -infinity for 0, NaN for negative numbers.
inline v128_t log(v128_t x) {
  // 2/3, 2/5, ...: the series of 2 artanh(s) / s - 2 in s^2 <= 0.0295 leaves out less than 2^-29 of it.
  static constexpr float kCoefficients[] = {2.0f / 3, 2.0f / 5, 2.0f / 7, 2.0f / 9};
  constexpr float kInfinity = __builtin_inff();
  constexpr int32_t kRootOfHalf = 0x3f3504f3;  // Its bits.
  const v128_t one = wasm_f32x4_splat(1.0f);
  // Subnormal numbers are made normal; what the scaling adds is taken from the exponent again.
  const v128_t is_small = wasm_f32x4_lt(x, wasm_f32x4_splat(0x1p-126f));
  const v128_t normal = wasm_v128_bitselect(wasm_f32x4_mul(x, wasm_f32x4_splat(0x1p23f)), x, is_small);
  const v128_t shift = wasm_i32x4_shr(wasm_i32x4_sub(normal, wasm_i32x4_splat(kRootOfHalf)), 23);
  const v128_t fraction = wasm_i32x4_sub(normal, wasm_i32x4_shl(shift, 23));  // In [sqrt(1/2), sqrt(2)).
  const v128_t exponent =
      wasm_f32x4_convert_i32x4(wasm_i32x4_sub(shift, wasm_v128_and(is_small, wasm_i32x4_splat(23))));
  // ln(fraction) = f - s (f - s^2 series), f = fraction - 1, which is exact, and s = f / (fraction + 1).
  const v128_t f = wasm_f32x4_sub(fraction, one);
  const v128_t s = wasm_f32x4_div(f, wasm_f32x4_add(fraction, one));
  const v128_t square = wasm_f32x4_mul(s, s);
  const v128_t series = wasm_f32x4_mul(square, polynomial(square, kCoefficients));
  v128_t tail = wasm_f32x4_mul(s, wasm_f32x4_sub(series, f));
  tail = wasm_f32x4_add(tail, wasm_f32x4_mul(exponent, wasm_f32x4_splat(kLn2Low)));
  v128_t result =
      wasm_f32x4_add(wasm_f32x4_mul(exponent, wasm_f32x4_splat(kLn2High)), wasm_f32x4_add(f, tail));
  // Zero, negative numbers, infinity and NaN.
  result =
      wasm_v128_bitselect(wasm_f32x4_splat(-kInfinity), result, wasm_f32x4_eq(x, wasm_f32x4_splat(0.0f)));
  result = wasm_v128_bitselect(wasm_f32x4_splat(__builtin_nanf("")), result,
                               wasm_f32x4_lt(x, wasm_f32x4_splat(0.0f)));
  return wasm_v128_bitselect(result, x, wasm_f32x4_lt(x, wasm_f32x4_splat(kInfinity)));
}

/// ln(1 + x) for x in [0, 1] with a relative error below 2 * 2^-23.
inline v128_t log1p(v128_t x) {
  // 2 artanh(s) = 2 s + s^3 minimax(s^2), s = x / (x + 2) <= 1/3, leaves out at most 4.5e-9 of the result.
  static constexpr float kCoefficients[] = {0.6666642f, 0.40021527f, 0.28001806f, 0.28011987f};
  const v128_t s = wasm_f32x4_div(x, wasm_f32x4_add(x, wasm_f32x4_splat(2.0f)));
  const v128_t square = wasm_f32x4_mul(s, s);
  const v128_t tail = wasm_f32x4_mul(wasm_f32x4_mul(s, square), polynomial(square, kCoefficients));
  return wasm_f32x4_add(wasm_f32x4_add(s, s), tail);
}

/// The complementary error function, 1 - erf(x): a relative error below 12 * 2^-23 up to x = 3, and below 80
/// * 2^-23 up to 9, where the squared argument's rounding shows.
inline v128_t erfc(v128_t x) {
  // ln(erfc(z) / t) + z^2 as a polynomial in t = 1 / (1 + z / 2), fitted at Chebyshev's nodes of [0.174, 1].
  static constexpr float kCoefficients[] = {-1.26543343f,  0.998341441f,  0.389117151f,  0.022874143f,
                                            0.0354678631f, -0.144173503f, -0.619523346f, 1.09943843f,
                                            -0.656615853f, 0.140507132f};
  const v128_t one = wasm_f32x4_splat(1.0f);
  const v128_t z = wasm_f32x4_abs(x);
  const v128_t t = wasm_f32x4_div(one, wasm_f32x4_add(one, wasm_f32x4_mul(wasm_f32x4_splat(0.5f), z)));
  const v128_t exponent = wasm_f32x4_sub(polynomial(t, kCoefficients), wasm_f32x4_mul(z, z));
  const v128_t result = wasm_f32x4_mul(t, exp(exponent));
  const v128_t is_negative = wasm_f32x4_lt(x, wasm_f32x4_splat(0.0f));
  return wasm_v128_bitselect(wasm_f32x4_sub(wasm_f32x4_splat(2.0f), result), result, is_negative);
}

/// 1 / (1 + e^-x) with a relative error below 3.5 * 2^-23.
inline v128_t logistic(v128_t x) {
  const v128_t one = wasm_f32x4_splat(1.0f);
  // Of smaller powers nothing is left beside 1; as subnormal numbers they would only be slow.
  const v128_t exponent = wasm_f32x4_pmax(wasm_f32x4_neg(x), wasm_f32x4_splat(-80.0f));
  return wasm_f32x4_div(one, wasm_f32x4_add(one, exp(exponent)));
}

/// Hyperbolic tangent with a relative error below 3 * 2^-23.
inline v128_t tanh(v128_t x) {
  // For |x| <= 0.625: x + x z minimax(z), z = x^2, leaves out at most 4.4e-9 of the result.
  static constexpr float kCoefficients[] = {-0.3333328f, 0.13331442f, -0.05373971f, 0.020639079f,
                                            -0.0057049785f};
  const v128_t z = wasm_f32x4_mul(x, x);
  const v128_t small = wasm_f32x4_add(x, wasm_f32x4_mul(x, wasm_f32x4_mul(z, polynomial(z, kCoefficients))));
  // Elsewhere: 1 - 2 / (e^(2|x|) + 1), with the sign of x.
  const v128_t one = wasm_f32x4_splat(1.0f);
  const v128_t magnitude = wasm_f32x4_abs(x);
  const v128_t denominator = wasm_f32x4_add(exp(wasm_f32x4_add(magnitude, magnitude)), one);
  const v128_t large = wasm_f32x4_sub(one, wasm_f32x4_div(wasm_f32x4_splat(2.0f), denominator));
  const v128_t sign = wasm_v128_and(x, wasm_f32x4_splat(-0.0f));
  const v128_t is_small = wasm_f32x4_le(magnitude, wasm_f32x4_splat(0.625f));
  return wasm_v128_bitselect(small, wasm_v128_or(large, sign), is_small);
}

/// erf(x) = tanh(x minimax(x^2)) leaves out at most 1.4e-7 of the result where x^2 is up to kErfReach;
/// beyond, it is 1 in single precision.
inline constexpr float kErfCoefficients[] = {1.1283792f,   0.102769054f, -1.9183075e-4f, -6.197847e-4f,
                                             8.763735e-5f, -5.66848e-6f, 1.418525e-7f};
inline constexpr float kErfReach = 16;

/// The error function with a relative error below 3 * 2^-23.
inline v128_t erf(v128_t x) {
  const v128_t square = wasm_f32x4_pmin(wasm_f32x4_mul(x, x), wasm_f32x4_splat(kErfReach));
  return tanh(wasm_f32x4_mul(x, polynomial(square, kErfCoefficients)));
}

/// A function in double precision, lane by lane: for what is computed seldom.
inline v128_t in_double(v128_t x, double (*function)(double)) {
  alignas(16) float lanes[4];
  wasm_v128_store(lanes, x);
  for (float& lane : lanes) lane = static_cast<float>(function(static_cast<double>(lane)));
  return wasm_v128_load(lanes);
}

}  // namespace octet::kernels
