// Conversions between representations of reals: float, int8 with scale and zero point, half precision.
#pragma once

#include <cstddef>
#include <cstdint>

namespace octet::kernels {

/// out = clamp(zero_point + round(in / scale)), the quotient in float, halves away from zero: TFLite's rule.
/// NaN becomes the zero point, infinities the ends of the range.
void quantize(const float* in, int8_t* out, size_t count, float scale, int32_t zero_point);

/// out = scale * (in - zero_point).
void dequantize(const int8_t* in, float* out, size_t count, float scale, int32_t zero_point);

/// IEEE half precision to float, exact; `in` holds the bits.
void widen_halves(const uint16_t* in, float* out, size_t count);

/// BF16, the upper half of a float, to float: exact. `in` holds the bits.
void widen_bfloat16(const uint16_t* in, float* out, size_t count);

/// Float to BF16, to nearest, halves to even; NaN stays NaN.
void narrow_to_bfloat16(const float* in, uint16_t* out, size_t count);

/// The int8 nearest to a real in units of the output's scale: clamp(zero_point + round(real / scale)), in
/// double, halves away from zero; NaN becomes the zero point.
int8_t quantize(double real, float scale, int32_t zero_point, int32_t low = -128, int32_t high = 127);

}  // namespace octet::kernels
