#include "kernels/arithmetic/convert.h"

#include <algorithm>

#include "kernels/simd.h"
#include "kernels/vector_loop.h"

namespace octet::kernels {
namespace {

/// round(values / scale) + zero_point in 32-bit lanes, the first limited to what is far outside int16.
v128_t quantize_lanes(v128_t values, v128_t scale, v128_t zero_point) {
  const v128_t steps = wasm_f32x4_div(values, scale);
  // The fraction is exact, so a half is told from what is just below it.
  const v128_t whole = wasm_f32x4_trunc(steps);
  const v128_t fraction = wasm_f32x4_abs(wasm_f32x4_sub(steps, whole));
  const v128_t sign = wasm_v128_and(steps, wasm_f32x4_splat(-0.0f));
  const v128_t one = wasm_v128_or(wasm_f32x4_splat(1.0f), sign);
  const v128_t rounds_away = wasm_f32x4_ge(fraction, wasm_f32x4_splat(0.5f));
  v128_t rounded = wasm_f32x4_add(whole, wasm_v128_and(one, rounds_away));
  constexpr float kFarOutside = 0x1p17f;
  // Far outside the range already; keeps infinities and the sum with the zero point from overflowing. NaN
  // passes.
  rounded = wasm_f32x4_pmin(rounded, wasm_f32x4_splat(kFarOutside));
  rounded = wasm_f32x4_pmax(rounded, wasm_f32x4_splat(-kFarOutside));
  return wasm_i32x4_add(wasm_i32x4_trunc_sat_f32x4(rounded), zero_point);
}

/// The BF16 bits of four floats in 32-bit lanes.
v128_t bfloat16_lanes(v128_t values) {
  const v128_t odd = wasm_v128_and(wasm_u32x4_shr(values, 16), wasm_i32x4_splat(1));
  const v128_t rounded = wasm_i32x4_add(values, wasm_i32x4_add(odd, wasm_i32x4_splat(0x7fff)));
  // Rounding could carry a NaN over to an infinity; a quiet one of the same sign takes its place.
  const v128_t nan = wasm_v128_or(values, wasm_i32x4_splat(0x00400000));
  const v128_t ordered = wasm_f32x4_eq(values, values);
  return wasm_u32x4_shr(wasm_v128_bitselect(rounded, nan, ordered), 16);
}

/// The lower four of eight bytes in 16-bit lanes.
v128_t floats_of_low(v128_t eight) { return wasm_f32x4_convert_i32x4(wasm_u32x4_extend_low_u16x8(eight)); }
v128_t floats_of_high(v128_t eight) { return wasm_f32x4_convert_i32x4(wasm_u32x4_extend_high_u16x8(eight)); }

}  // namespace

void widen_uint8(const uint8_t* in, float* out, size_t count) {
  size_t i = 0;
  for (; i + 8 <= count; i += 8) {
    const v128_t eight = wasm_u16x8_load8x8(in + i);
    wasm_v128_store(out + i, floats_of_low(eight));
    wasm_v128_store(out + i + 4, floats_of_high(eight));
  }
  for (; i < count; ++i) out[i] = static_cast<float>(in[i]);
}

void round_to_uint8(const float* in, uint8_t* out, size_t count) {
  // Narrowing saturates, and the conversion makes NaN 0 and infinities the ends of int32.
  const auto eight = [](const float* from) {
    const auto four = [](const float* lanes) {
      return wasm_i32x4_trunc_sat_f32x4(wasm_f32x4_nearest(wasm_v128_load(lanes)));
    };
    const v128_t words = wasm_i16x8_narrow_i32x4(four(from), four(from + 4));
    return wasm_u8x16_narrow_i16x8(words, words);
  };
  size_t i = 0;
  for (; i + 8 <= count; i += 8) wasm_v128_store64_lane(out + i, eight(in + i), 0);
  if (i < count) {
    float rest[8] = {};
    std::copy(in + i, in + count, rest);
    store_some(out + i, eight(rest), count - i);
  }
}

void quantize(const float* in, int8_t* out, size_t count, float scale, int32_t zero_point) {
  const v128_t scales = wasm_f32x4_splat(scale);
  const v128_t zero_points = wasm_i32x4_splat(zero_point);
  const auto sixteen = [&](const float* from) {
    const auto four = [&](size_t i) { return quantize_lanes(wasm_v128_load(from + i), scales, zero_points); };
    return wasm_i8x16_narrow_i16x8(wasm_i16x8_narrow_i32x4(four(0), four(4)),
                                   wasm_i16x8_narrow_i32x4(four(8), four(12)));
  };
  size_t i = 0;
  for (; i + 16 <= count; i += 16) wasm_v128_store(out + i, sixteen(in + i));
  if (i < count) {
    float rest[16] = {};
    std::copy(in + i, in + count, rest);
    store_some(out + i, sixteen(rest), count - i);
  }
}

void quantize(const float* in, int16_t* out, size_t count, float scale, int32_t zero_point) {
  const v128_t scales = wasm_f32x4_splat(scale);
  const v128_t zero_points = wasm_i32x4_splat(zero_point);
  const auto eight = [&](const float* from) {
    return wasm_i16x8_narrow_i32x4(quantize_lanes(wasm_v128_load(from), scales, zero_points),
                                   quantize_lanes(wasm_v128_load(from + 4), scales, zero_points));
  };
  size_t i = 0;
  for (; i + 8 <= count; i += 8) wasm_v128_store(out + i, eight(in + i));
  if (i < count) {
    float rest[8] = {};
    std::copy(in + i, in + count, rest);
    store_some(out + i, eight(rest), count - i);
  }
}

void dequantize(const int8_t* in, float* out, size_t count, float scale, int32_t zero_point) {
  const v128_t scales = wasm_f32x4_splat(scale);
  const v128_t zero_points = wasm_i32x4_splat(zero_point);
  const auto four = [&](v128_t q) {
    return wasm_f32x4_mul(wasm_f32x4_convert_i32x4(wasm_i32x4_sub(q, zero_points)), scales);
  };
  const auto sixteen = [&](v128_t bytes, float* to) {
    const v128_t low = wasm_i16x8_extend_low_i8x16(bytes);
    const v128_t high = wasm_i16x8_extend_high_i8x16(bytes);
    wasm_v128_store(to, four(wasm_i32x4_extend_low_i16x8(low)));
    wasm_v128_store(to + 4, four(wasm_i32x4_extend_high_i16x8(low)));
    wasm_v128_store(to + 8, four(wasm_i32x4_extend_low_i16x8(high)));
    wasm_v128_store(to + 12, four(wasm_i32x4_extend_high_i16x8(high)));
  };
  size_t i = 0;
  for (; i + 16 <= count; i += 16) sixteen(wasm_v128_load(in + i), out + i);
  if (i < count) {
    float rest[16];
    sixteen(load_some(in + i, count - i), rest);
    std::copy(rest, rest + (count - i), out + i);
  }
}

void dequantize(const int16_t* in, float* out, size_t count, float scale, int32_t zero_point) {
  const v128_t scales = wasm_f32x4_splat(scale);
  const v128_t zero_points = wasm_i32x4_splat(zero_point);
  const auto four = [&](v128_t q) {
    return wasm_f32x4_mul(wasm_f32x4_convert_i32x4(wasm_i32x4_sub(q, zero_points)), scales);
  };
  size_t i = 0;
  for (; i + 4 <= count; i += 4) wasm_v128_store(out + i, four(wasm_i32x4_load16x4(in + i)));
  for (; i < count; ++i) out[i] = static_cast<float>(in[i] - zero_point) * scale;
}

void widen_halves(const uint16_t* in, float* out, size_t count) {
  for (size_t i = 0; i < count; ++i) {
    const uint32_t sign = (in[i] & 0x8000u) << 16;
    const uint32_t magnitude = in[i] & 0x7fffu;
    if (magnitude >= 0x7c00u) {  // Infinity or NaN.
      out[i] = __builtin_bit_cast(float, sign | 0x7f800000u | (magnitude & 0x3ffu) << 13);
    } else {
      // The bits at float's place have an exponent that is 112 too small, also for subnormal numbers.
      const float value = __builtin_bit_cast(float, magnitude << 13) * 0x1p112f;
      out[i] = __builtin_bit_cast(float, __builtin_bit_cast(uint32_t, value) | sign);
    }
  }
}

void widen_bfloat16(const uint16_t* in, float* out, size_t count) {
  size_t i = 0;
  for (; i + 4 <= count; i += 4) {
    wasm_v128_store(out + i, wasm_i32x4_shl(wasm_u32x4_load16x4(in + i), 16));
  }
  if (i == count) return;
  uint16_t rest[4] = {};
  float wide[4];
  std::copy(in + i, in + count, rest);
  wasm_v128_store(wide, wasm_i32x4_shl(wasm_u32x4_load16x4(rest), 16));
  std::copy_n(wide, count - i, out + i);
}

void narrow_to_bfloat16(const float* in, uint16_t* out, size_t count) {
  const auto eight = [](const float* from) {
    return wasm_u16x8_narrow_i32x4(bfloat16_lanes(wasm_v128_load(from)),
                                   bfloat16_lanes(wasm_v128_load(from + 4)));
  };
  size_t i = 0;
  for (; i + 8 <= count; i += 8) wasm_v128_store(out + i, eight(in + i));
  if (i == count) return;
  float rest[8] = {};
  uint16_t rounded[8];
  std::copy(in + i, in + count, rest);
  wasm_v128_store(rounded, eight(rest));
  std::copy_n(rounded, count - i, out + i);
}

}  // namespace octet::kernels
