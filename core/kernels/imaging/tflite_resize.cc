#include "kernels/imaging/tflite_resize.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdlib>

#include "kernels/simd.h"

namespace octet::kernels {
namespace {

constexpr int kWeightBits = 10;
constexpr int32_t kOne = 1 << kWeightBits;

std::vector<Interpolation<float>> float_interpolations(int32_t input, int32_t output, const Resize& resize) {
  const bool corners = resize.align_corners && output > 1;
  const float scale = corners ? static_cast<float>(input - 1) / static_cast<float>(output - 1)
                              : static_cast<float>(input) / static_cast<float>(output);
  std::vector<Interpolation<float>> all;
  for (int32_t i = 0; i < output; ++i) {
    const float index = static_cast<float>(i);
    const float position = resize.half_pixel_centers ? (index + 0.5f) * scale - 0.5f : index * scale;
    const int32_t lower = std::clamp(static_cast<int32_t>(std::floor(position)), 0, input - 1);
    const int32_t upper = std::min(static_cast<int32_t>(std::ceil(position)), input - 1);
    // Beyond the border both are the same pixel, which then gets all the weight.
    all.push_back(
        {lower, std::max(lower, upper), upper > lower ? position - static_cast<float>(lower) : 0.0f});
  }
  return all;
}

std::vector<Interpolation<int32_t>> integer_interpolations(int32_t input, int32_t output,
                                                           const Resize& resize) {
  const bool corners = resize.align_corners && output > 1;
  const int64_t steps_in = corners ? input - 1 : input;
  const int64_t steps_out = corners ? output - 1 : output;
  const int64_t scale = (kOne * steps_in + steps_out / 2) / steps_out;
  std::vector<Interpolation<int32_t>> all;
  for (int64_t i = 0; i < output; ++i) {
    const int64_t position = resize.half_pixel_centers ? i * scale + scale / 2 - kOne / 2 : i * scale;
    // TFLite's divisions round towards zero; positions below zero end at the first pixel either way.
    const int64_t lower = std::clamp<int64_t>(position / kOne, 0, input - 1);
    const int64_t upper = std::min<int64_t>((position + kOne - 1) / kOne, input - 1);
    const int64_t weight = upper > lower ? position - lower * kOne : 0;
    all.push_back({static_cast<int32_t>(lower), static_cast<int32_t>(std::max(lower, upper)),
                   static_cast<int32_t>(weight)});
  }
  return all;
}

/// The four pixels that an output pixel lies between.
template <class T>
struct Corners {
  const T* upper_left;
  const T* upper_right;
  const T* lower_left;
  const T* lower_right;
};

// One output pixel of kLanes channels at a time; `down` and `right` weigh the lower and the right pixels.

struct Float4 {
  static constexpr int kLanes = 4;
  static void blend(const Corners<float>& at, ptrdiff_t channel, float down, float right, float* output) {
    const v128_t across = wasm_f32x4_splat(right);
    const v128_t upper =
        between(wasm_v128_load(at.upper_left + channel), wasm_v128_load(at.upper_right + channel), across);
    const v128_t lower =
        between(wasm_v128_load(at.lower_left + channel), wasm_v128_load(at.lower_right + channel), across);
    wasm_v128_store(output + channel, between(upper, lower, wasm_f32x4_splat(down)));
  }
  static v128_t between(v128_t a, v128_t b, v128_t weight) {
    const v128_t rest = wasm_f32x4_sub(wasm_f32x4_splat(1.0f), weight);
    return wasm_f32x4_add(wasm_f32x4_mul(a, rest), wasm_f32x4_mul(b, weight));
  }
};

struct Float1 {
  static constexpr int kLanes = 1;
  static void blend(const Corners<float>& at, ptrdiff_t channel, float down, float right, float* output) {
    const float upper = between(at.upper_left[channel], at.upper_right[channel], right);
    const float lower = between(at.lower_left[channel], at.lower_right[channel], right);
    output[channel] = between(upper, lower, down);
  }
  static float between(float a, float b, float weight) { return a * (1.0f - weight) + b * weight; }
};

struct Int8x8 {
  static constexpr int kLanes = 8;
  static void blend(const Corners<int8_t>& at, ptrdiff_t channel, int32_t down, int32_t right,
                    int8_t* output) {
    const v128_t across =
        wasm_i32x4_splat(((kOne - right) & 0xffff) | (right << 16));  // One pair of weights a lane.
    const Pair upper = between(at.upper_left + channel, at.upper_right + channel, across);
    const Pair lower = between(at.lower_left + channel, at.lower_right + channel, across);
    const v128_t values = wasm_i16x8_narrow_i32x4(rounded(upper.first, lower.first, down),
                                                  rounded(upper.second, lower.second, down));
    wasm_v128_store64_lane(output + channel, wasm_i8x16_narrow_i16x8(values, values), 0);
  }

 private:
  /// Channels 0 to 3 and 4 to 7.
  struct Pair {
    v128_t first, second;
  };
  static Pair between(const int8_t* left, const int8_t* right, v128_t weights) {
    const v128_t a = wasm_i16x8_load8x8(left);
    const v128_t b = wasm_i16x8_load8x8(right);
    const v128_t interleaved_first = wasm_i16x8_shuffle(a, b, 0, 8, 1, 9, 2, 10, 3, 11);
    const v128_t interleaved_second = wasm_i16x8_shuffle(a, b, 4, 12, 5, 13, 6, 14, 7, 15);
    return {wasm_i32x4_dot_i16x8(interleaved_first, weights),
            wasm_i32x4_dot_i16x8(interleaved_second, weights)};
  }
  /// Sums of 20 fractional bits to the nearest integers, halves away from zero.
  static v128_t rounded(v128_t upper, v128_t lower, int32_t down) {
    const v128_t sum = wasm_i32x4_add(wasm_i32x4_mul(upper, wasm_i32x4_splat(kOne - down)),
                                      wasm_i32x4_mul(lower, wasm_i32x4_splat(down)));
    const v128_t half = wasm_i32x4_splat(1 << (2 * kWeightBits - 1));
    const v128_t magnitude = wasm_i32x4_shr(wasm_i32x4_add(wasm_i32x4_abs(sum), half), 2 * kWeightBits);
    const v128_t all_ones_if_negative = wasm_i32x4_shr(sum, 31);
    return wasm_i32x4_sub(wasm_v128_xor(magnitude, all_ones_if_negative), all_ones_if_negative);
  }
};

struct Int8x1 {
  static constexpr int kLanes = 1;
  static void blend(const Corners<int8_t>& at, ptrdiff_t channel, int32_t down, int32_t right,
                    int8_t* output) {
    const int32_t upper = at.upper_left[channel] * (kOne - right) + at.upper_right[channel] * right;
    const int32_t lower = at.lower_left[channel] * (kOne - right) + at.lower_right[channel] * right;
    const int32_t sum = upper * (kOne - down) + lower * down;
    const int32_t magnitude = (std::abs(sum) + (1 << (2 * kWeightBits - 1))) >> (2 * kWeightBits);
    output[channel] = static_cast<int8_t>(sum < 0 ? -magnitude : magnitude);
  }
};

/// Sums of 36 bits, so one channel at a time.
struct Int16x1 {
  static constexpr int kLanes = 1;
  static void blend(const Corners<int16_t>& at, ptrdiff_t channel, int32_t down, int32_t right,
                    int16_t* output) {
    const int32_t upper = at.upper_left[channel] * (kOne - right) + at.upper_right[channel] * right;
    const int32_t lower = at.lower_left[channel] * (kOne - right) + at.lower_right[channel] * right;
    const int64_t sum = int64_t{upper} * (kOne - down) + int64_t{lower} * down;
    const int64_t magnitude = (std::abs(sum) + (1 << (2 * kWeightBits - 1))) >> (2 * kWeightBits);
    output[channel] = static_cast<int16_t>(sum < 0 ? -magnitude : magnitude);
  }
};

}  // namespace

ResizeBilinear::ResizeBilinear(const Shape& input, const Resize& resize)
    : input_(input),
      float_rows_(float_interpolations(input.height(), resize.output.height, resize)),
      float_columns_(float_interpolations(input.width(), resize.output.width, resize)),
      integer_rows_(integer_interpolations(input.height(), resize.output.height, resize)),
      integer_columns_(integer_interpolations(input.width(), resize.output.width, resize)) {}

template <class Wide, class Narrow, class Weight, class T>
void ResizeBilinear::resize(const std::vector<Interpolation<Weight>>& rows,
                            const std::vector<Interpolation<Weight>>& columns, const T* input,
                            T* output) const {
  const ptrdiff_t channels = input_.channels();
  const ptrdiff_t row_stride = input_.width() * channels;
  for (int32_t batch = 0; batch < input_.batch(); ++batch, input += input_.height() * row_stride) {
    for (const Interpolation<Weight>& row : rows) {
      const T* upper = input + row.lower * row_stride;
      const T* lower = input + row.upper * row_stride;
      for (const Interpolation<Weight>& column : columns) {
        const ptrdiff_t left = column.lower * channels;
        const ptrdiff_t right = column.upper * channels;
        const Corners<T> corners = {upper + left, upper + right, lower + left, lower + right};
        ptrdiff_t channel = 0;
        for (; channel + Wide::kLanes <= channels; channel += Wide::kLanes) {
          Wide::blend(corners, channel, row.weight, column.weight, output);
        }
        for (; channel < channels; channel += Narrow::kLanes)
          Narrow::blend(corners, channel, row.weight, column.weight, output);
        output += channels;
      }
    }
  }
}

void ResizeBilinear::operator()(const float* input, float* output) const {
  resize<Float4, Float1>(float_rows_, float_columns_, input, output);
}

void ResizeBilinear::operator()(const int8_t* input, int8_t* output) const {
  resize<Int8x8, Int8x1>(integer_rows_, integer_columns_, input, output);
}

void ResizeBilinear::operator()(const int16_t* input, int16_t* output) const {
  resize<Int16x1, Int16x1>(integer_rows_, integer_columns_, input, output);
}

}  // namespace octet::kernels
