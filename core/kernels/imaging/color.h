// Conversions between colour spaces, pixel by pixel, three channels each.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "ir/attributes.h"

namespace octet::kernels {

/// out[c] = sum over k of factors[k][c] * in[k] + offsets[c], in single precision and this order. The fourth
/// entries are 0.
struct ColorMatrix {
  std::array<std::array<float, 4>, 3> factors = {};
  std::array<float, 4> offsets = {};
};

/// Between RGB in [0, 255] and YUV in the limited range: luma from 16 in 219 steps, chroma around 128 in 224.
/// `conversion` is one of the two that have such a matrix.
ColorMatrix color_matrix(ColorChange conversion, ColorStandard standard);

/// `pixels` pixels; bytes are rounded to nearest, halves to even, and limited to [0, 255]. `out` may be `in`.
void convert_colors(const ColorMatrix& matrix, const float* in, float* out, size_t pixels);
void convert_colors(const ColorMatrix& matrix, const uint8_t* in, uint8_t* out, size_t pixels);

/// The first three of each pixel's four bytes as floats, in reverse order where `swaps`. Writes one float
/// past the last pixel.
void widen_rgba(const uint8_t* rgba, float* out, size_t pixels, bool swaps);

}  // namespace octet::kernels
