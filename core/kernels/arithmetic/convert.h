// Conversions between representations of reals: float, integers with scale and zero point, half precision.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>

namespace octet::kernels {

/// out = clamp(zero_point + round(in / scale)), the quotient in float, halves away from zero: TFLite's rule.
/// NaN becomes the zero point, infinities the ends of the range.
void quantize(const float* in, int8_t* out, size_t count, float scale, int32_t zero_point);
void quantize(const float* in, int16_t* out, size_t count, float scale, int32_t zero_point);

/// out = scale * (in - zero_point).
void dequantize(const int8_t* in, float* out, size_t count, float scale, int32_t zero_point);
void dequantize(const int16_t* in, float* out, size_t count, float scale, int32_t zero_point);

/// Pixels to float, and back to the nearest integer in [0, 255], halves to even; NaN becomes 0.
void widen_uint8(const uint8_t* in, float* out, size_t count);
void round_to_uint8(const float* in, uint8_t* out, size_t count);

/// IEEE half precision to float, exact; `in` holds the bits.
void widen_halves(const uint16_t* in, float* out, size_t count);

/// BF16, the upper half of a float, to float: exact. `in` holds the bits.
void widen_bfloat16(const uint16_t* in, float* out, size_t count);

/// Float to BF16, to nearest, halves to even; NaN stays NaN.
void narrow_to_bfloat16(const float* in, uint16_t* out, size_t count);

/// The integer nearest to a real in units of the output's scale: clamp(zero_point + round(real / scale)), in
/// double, halves away from zero; NaN becomes the zero point.
template <class T = int8_t>
T quantize(double real, float scale, int32_t zero_point, int32_t low = std::numeric_limits<T>::min(),
           int32_t high = std::numeric_limits<T>::max()) {
  const double steps = std::round(real / static_cast<double>(scale));
  if (steps != steps) return static_cast<T>(std::clamp(zero_point, low, high));
  return static_cast<T>(std::clamp(steps + zero_point, static_cast<double>(low), static_cast<double>(high)));
}

}  // namespace octet::kernels
