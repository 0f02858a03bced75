#include "kernels/imaging/color.h"

#include <cstring>

#include "kernels/arithmetic/convert.h"
#include "kernels/simd.h"
#include "kernels/vector_loop.h"

namespace octet::kernels {
namespace {

/// Shares of red, green and blue in the luma (ITU-R BT.601, BT.709, BT.2020).
std::array<double, 3> luma_shares(ColorStandard standard) {
  switch (standard) {
    case ColorStandard::Bt601:
      break;
    case ColorStandard::Bt709:
      return {0.2126, 0.7152, 0.0722};
    case ColorStandard::Bt2020:
      return {0.2627, 0.6780, 0.0593};
  }
  return {0.299, 0.587, 0.114};
}

constexpr double kLumaScale = 255.0 / 219.0;
constexpr double kChromaScale = 255.0 / 224.0;
constexpr double kLumaOffset = 16;
constexpr double kChromaOffset = 128;

using Rows = std::array<std::array<double, 3>, 3>;

/// Y, U, V in full range from red, green, blue: U = (B - Y) / (2 (1 - b)), V = (R - Y) / (2 (1 - r)).
Rows yuv_rows(const std::array<double, 3>& luma) {
  const double u = 2 * (1 - luma[2]);
  const double v = 2 * (1 - luma[0]);
  return {{{luma[0], luma[1], luma[2]},
           {-luma[0] / u, -luma[1] / u, (1 - luma[2]) / u},
           {(1 - luma[0]) / v, -luma[1] / v, -luma[2] / v}}};
}

Rows rgb_rows(const std::array<double, 3>& luma) {
  const double u = 2 * (1 - luma[2]);
  const double v = 2 * (1 - luma[0]);
  return {{{1, 0, v}, {1, -luma[2] * u / luma[1], -luma[0] * v / luma[1]}, {1, u, 0}}};
}

/// Four pixels; each is stored over the fourth lane of the one before.
template <bool kSwaps>
void widen_four_pixels(const uint8_t* rgba, float* out) {
  const v128_t bytes = wasm_v128_load(rgba);
  const v128_t zero = wasm_i32x4_splat(0);
  constexpr int kFirst = kSwaps ? 2 : 0;
  constexpr int kThird = 2 - kFirst;
  const auto store = [&](int pixel, v128_t lanes) {
    wasm_v128_store(out + 3 * pixel, wasm_f32x4_convert_i32x4(lanes));
  };
  store(0, wasm_i8x16_shuffle(bytes, zero, kFirst, 16, 16, 16, 1, 16, 16, 16, kThird, 16, 16, 16, 16, 16, 16,
                              16));
  store(1, wasm_i8x16_shuffle(bytes, zero, 4 + kFirst, 16, 16, 16, 5, 16, 16, 16, 4 + kThird, 16, 16, 16, 16,
                              16, 16, 16));
  store(2, wasm_i8x16_shuffle(bytes, zero, 8 + kFirst, 16, 16, 16, 9, 16, 16, 16, 8 + kThird, 16, 16, 16, 16,
                              16, 16, 16));
  store(3, wasm_i8x16_shuffle(bytes, zero, 12 + kFirst, 16, 16, 16, 13, 16, 16, 16, 12 + kThird, 16, 16, 16,
                              16, 16, 16, 16));
}

v128_t converted(const ColorMatrix& matrix, const float* pixel) {
  const auto term = [&](size_t k) {
    return wasm_f32x4_mul(wasm_v128_load(matrix.factors[k].data()), wasm_f32x4_splat(pixel[k]));
  };
  return wasm_f32x4_add(wasm_f32x4_add(wasm_f32x4_add(term(0), term(1)), term(2)),
                        wasm_v128_load(matrix.offsets.data()));
}

}  // namespace

ColorMatrix color_matrix(ColorChange conversion, ColorStandard standard) {
  const std::array<double, 3> luma = luma_shares(standard);
  const bool to_rgb = conversion == ColorChange::YuvToRgb;
  const Rows rows = to_rgb ? rgb_rows(luma) : yuv_rows(luma);
  const double scales[] = {kLumaScale, kChromaScale, kChromaScale};
  const double offsets[] = {kLumaOffset, kChromaOffset, kChromaOffset};
  ColorMatrix matrix;
  for (size_t c = 0; c < 3; ++c) {
    double offset = to_rgb ? 0 : offsets[c];
    for (size_t k = 0; k < 3; ++k) {
      const double factor = to_rgb ? rows[c][k] * scales[k] : rows[c][k] / scales[c];
      if (to_rgb) offset -= factor * offsets[k];
      matrix.factors[k][c] = static_cast<float>(factor);
    }
    matrix.offsets[c] = static_cast<float>(offset);
  }
  return matrix;
}

void convert_colors(const ColorMatrix& matrix, const float* in, float* out, size_t pixels) {
  // Whole vectors: a pixel's fourth lane is overwritten by the next pixel, and kept apart for the last.
  for (size_t i = 0; i + 1 < pixels; ++i, in += 3, out += 3) {
    const float pixel[3] = {in[0], in[1], in[2]};
    const float next = in[3];
    wasm_v128_store(out, converted(matrix, pixel));
    out[3] = next;  // Where `out` is `in`, it is read next.
  }
  if (pixels > 0) store_some(out, converted(matrix, in), 3);
}

void widen_rgba(const uint8_t* rgba, float* out, size_t pixels, bool swaps) {
  size_t i = 0;
  for (; i + 4 <= pixels; i += 4, rgba += 16, out += 12) {
    if (swaps) {
      widen_four_pixels<true>(rgba, out);
    } else {
      widen_four_pixels<false>(rgba, out);
    }
  }
  for (; i < pixels; ++i, rgba += 4, out += 3) {
    out[swaps ? 2 : 0] = rgba[0];
    out[1] = rgba[1];
    out[swaps ? 0 : 2] = rgba[2];
  }
}

void convert_colors(const ColorMatrix& matrix, const uint8_t* in, uint8_t* out, size_t pixels) {
  constexpr size_t kBlock = 64;  // Pixels that are floats for a while.
  float values[3 * kBlock + 4];
  for (size_t done = 0; done < pixels; done += kBlock, in += 3 * kBlock, out += 3 * kBlock) {
    const size_t count = std::min(kBlock, pixels - done);
    widen_uint8(in, values, 3 * count);
    convert_colors(matrix, values, values, count);
    round_to_uint8(values, out, 3 * count);
  }
}

}  // namespace octet::kernels
