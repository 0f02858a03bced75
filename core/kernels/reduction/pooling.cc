#include "kernels/reduction/pooling.h"

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <limits>

#include "kernels/simd.h"

namespace octet::kernels {
namespace {

/// The part of a window that lies in the image.
struct Window {
  int32_t rows;
  int32_t columns;
  ptrdiff_t row_stride;    ///< In elements.
  ptrdiff_t pixel_stride;  ///< In elements.

  int32_t pixels() const { return rows * columns; }
};

// How a window's pixels become one, for kLanes channels at a time: `start`, `include` each pixel, `finish`.
// The forms of one lane do what those of many do, for the channels that are left over.

template <class T>
struct Range {
  T low;
  T high;
};

struct AverageFloat4 {
  using Element = float;
  using Bound = float;
  static constexpr int kLanes = 4;
  static v128_t start() { return wasm_f32x4_splat(0.0f); }
  static v128_t include(v128_t sum, const float* pixel) { return wasm_f32x4_add(sum, wasm_v128_load(pixel)); }
  static void finish(v128_t sum, int32_t pixels, Range<float> range, float* output) {
    const v128_t mean = wasm_f32x4_div(sum, wasm_f32x4_splat(static_cast<float>(pixels)));
    const v128_t raised = wasm_f32x4_pmax(mean, wasm_f32x4_splat(range.low));
    wasm_v128_store(output, wasm_f32x4_pmin(raised, wasm_f32x4_splat(range.high)));
  }
};

struct AverageFloat1 {
  using Element = float;
  using Bound = float;
  static constexpr int kLanes = 1;
  static float start() { return 0.0f; }
  static float include(float sum, const float* pixel) { return sum + *pixel; }
  static void finish(float sum, int32_t pixels, Range<float> range, float* output) {
    *output = std::min(std::max(sum / static_cast<float>(pixels), range.low), range.high);
  }
};

struct MaxFloat4 {
  using Element = float;
  using Bound = float;
  static constexpr int kLanes = 4;
  static v128_t start() { return wasm_f32x4_splat(std::numeric_limits<float>::lowest()); }
  static v128_t include(v128_t most, const float* pixel) {
    return wasm_f32x4_pmax(most, wasm_v128_load(pixel));
  }
  static void finish(v128_t most, int32_t, Range<float> range, float* output) {
    const v128_t raised = wasm_f32x4_pmax(most, wasm_f32x4_splat(range.low));
    wasm_v128_store(output, wasm_f32x4_pmin(raised, wasm_f32x4_splat(range.high)));
  }
};

struct MaxFloat1 {
  using Element = float;
  using Bound = float;
  static constexpr int kLanes = 1;
  static float start() { return std::numeric_limits<float>::lowest(); }
  static float include(float most, const float* pixel) { return std::max(most, *pixel); }
  static void finish(float most, int32_t, Range<float> range, float* output) {
    *output = std::min(std::max(most, range.low), range.high);
  }
};

/// sum / pixels rounded to nearest, halves away from zero. Exact: a double holds the quotient's every integer
/// step.
v128_t rounded_mean(v128_t sum, int32_t pixels) {
  const v128_t magnitude = wasm_i32x4_add(wasm_i32x4_abs(sum), wasm_i32x4_splat(pixels / 2));
  const v128_t divisor = wasm_f64x2_splat(pixels);
  const v128_t upper_pair = wasm_i32x4_shuffle(magnitude, magnitude, 2, 3, 2, 3);
  const v128_t lower = wasm_f64x2_div(wasm_f64x2_convert_low_i32x4(magnitude), divisor);
  const v128_t upper = wasm_f64x2_div(wasm_f64x2_convert_low_i32x4(upper_pair), divisor);
  const v128_t quotient = wasm_i32x4_shuffle(wasm_i32x4_trunc_sat_f64x2_zero(lower),
                                             wasm_i32x4_trunc_sat_f64x2_zero(upper), 0, 1, 4, 5);
  const v128_t all_ones_if_negative = wasm_i32x4_shr(sum, 31);
  return wasm_i32x4_sub(wasm_v128_xor(quotient, all_ones_if_negative), all_ones_if_negative);
}

struct AverageInt8x8 {
  using Element = int8_t;
  using Bound = int32_t;
  static constexpr int kLanes = 8;
  struct Sums {
    v128_t lower, upper;
  };
  static Sums start() { return {wasm_i32x4_splat(0), wasm_i32x4_splat(0)}; }
  static Sums include(const Sums& sums, const int8_t* pixel) {
    const v128_t values = wasm_i16x8_load8x8(pixel);
    return {wasm_i32x4_add(sums.lower, wasm_i32x4_extend_low_i16x8(values)),
            wasm_i32x4_add(sums.upper, wasm_i32x4_extend_high_i16x8(values))};
  }
  static void finish(const Sums& sums, int32_t pixels, Range<int32_t> range, int8_t* output) {
    const v128_t mean =
        wasm_i16x8_narrow_i32x4(rounded_mean(sums.lower, pixels), rounded_mean(sums.upper, pixels));
    const v128_t raised = wasm_i16x8_max(mean, wasm_i16x8_splat(static_cast<int16_t>(range.low)));
    const v128_t clamped = wasm_i16x8_min(raised, wasm_i16x8_splat(static_cast<int16_t>(range.high)));
    wasm_v128_store64_lane(output, wasm_i8x16_narrow_i16x8(clamped, clamped), 0);
  }
};

template <class T>
struct AverageInteger {
  using Element = T;
  using Bound = int32_t;
  static constexpr int kLanes = 1;
  static int32_t start() { return 0; }
  static int32_t include(int32_t sum, const T* pixel) { return sum + *pixel; }
  static void finish(int32_t sum, int32_t pixels, Range<int32_t> range, T* output) {
    const int32_t magnitude = (std::abs(sum) + pixels / 2) / pixels;
    *output = static_cast<T>(std::min(std::max(sum < 0 ? -magnitude : magnitude, range.low), range.high));
  }
};

struct AverageInt16x8 {
  using Element = int16_t;
  using Bound = int32_t;
  static constexpr int kLanes = 8;
  using Sums = AverageInt8x8::Sums;
  static Sums start() { return AverageInt8x8::start(); }
  static Sums include(const Sums& sums, const int16_t* pixel) {
    const v128_t values = wasm_v128_load(pixel);
    return {wasm_i32x4_add(sums.lower, wasm_i32x4_extend_low_i16x8(values)),
            wasm_i32x4_add(sums.upper, wasm_i32x4_extend_high_i16x8(values))};
  }
  static void finish(const Sums& sums, int32_t pixels, Range<int32_t> range, int16_t* output) {
    const v128_t mean =
        wasm_i16x8_narrow_i32x4(rounded_mean(sums.lower, pixels), rounded_mean(sums.upper, pixels));
    const v128_t raised = wasm_i16x8_max(mean, wasm_i16x8_splat(static_cast<int16_t>(range.low)));
    wasm_v128_store(output, wasm_i16x8_min(raised, wasm_i16x8_splat(static_cast<int16_t>(range.high))));
  }
};

struct MaxInt8x16 {
  using Element = int8_t;
  using Bound = int32_t;
  static constexpr int kLanes = 16;
  static v128_t start() { return wasm_i8x16_splat(-128); }
  static v128_t include(v128_t most, const int8_t* pixel) {
    return wasm_i8x16_max(most, wasm_v128_load(pixel));
  }
  static void finish(v128_t most, int32_t, Range<int32_t> range, int8_t* output) {
    const v128_t raised = wasm_i8x16_max(most, wasm_i8x16_splat(static_cast<int8_t>(range.low)));
    wasm_v128_store(output, wasm_i8x16_min(raised, wasm_i8x16_splat(static_cast<int8_t>(range.high))));
  }
};

template <class T>
struct MaxInteger {
  using Element = T;
  using Bound = int32_t;
  static constexpr int kLanes = 1;
  static int32_t start() { return std::numeric_limits<T>::min(); }
  static int32_t include(int32_t most, const T* pixel) { return std::max<int32_t>(most, *pixel); }
  static void finish(int32_t most, int32_t, Range<int32_t> range, T* output) {
    *output = static_cast<T>(std::min(std::max(most, range.low), range.high));
  }
};

struct MaxInt16x8 {
  using Element = int16_t;
  using Bound = int32_t;
  static constexpr int kLanes = 8;
  static v128_t start() { return wasm_i16x8_splat(-32768); }
  static v128_t include(v128_t most, const int16_t* pixel) {
    return wasm_i16x8_max(most, wasm_v128_load(pixel));
  }
  static void finish(v128_t most, int32_t, Range<int32_t> range, int16_t* output) {
    const v128_t raised = wasm_i16x8_max(most, wasm_i16x8_splat(static_cast<int16_t>(range.low)));
    wasm_v128_store(output, wasm_i16x8_min(raised, wasm_i16x8_splat(static_cast<int16_t>(range.high))));
  }
};

template <class Lanes>
void pool_lanes(const Window& window, Range<typename Lanes::Bound> range,
                const typename Lanes::Element* first, typename Lanes::Element* output) {
  auto state = Lanes::start();
  for (int32_t row = 0; row < window.rows; ++row) {
    const typename Lanes::Element* pixel = first + row * window.row_stride;
    for (int32_t column = 0; column < window.columns; ++column, pixel += window.pixel_stride) {
      state = Lanes::include(state, pixel);
    }
  }
  Lanes::finish(state, window.pixels(), range, output);
}

/// The extent of a window along one axis, clipped to the image.
struct Extent {
  int32_t begin;
  int32_t end;
};

Extent clipped(int32_t output, int32_t stride, int32_t padding, int32_t window, int32_t input) {
  const int64_t begin = int64_t{output} * stride - padding;
  return {static_cast<int32_t>(std::max<int64_t>(begin, 0)),
          static_cast<int32_t>(std::min<int64_t>(begin + window, input))};
}

template <class Wide, class Narrow>
void pool(const PoolGeometry& g, Range<typename Wide::Bound> range, const typename Wide::Element* input,
          typename Wide::Element* output) {
  const int32_t channels = g.input.channels();
  const ptrdiff_t row_stride = ptrdiff_t{g.input.width()} * channels;
  for (int32_t batch = 0; batch < g.output.batch(); ++batch, input += g.input.height() * row_stride) {
    for (int32_t y = 0; y < g.output.height(); ++y) {
      const Extent rows = clipped(y, g.stride.height, g.padding.top, g.window.height, g.input.height());
      for (int32_t x = 0; x < g.output.width(); ++x, output += channels) {
        const Extent columns = clipped(x, g.stride.width, g.padding.left, g.window.width, g.input.width());
        const Window window = {rows.end - rows.begin, columns.end - columns.begin, row_stride, channels};
        const typename Wide::Element* first =
            input + rows.begin * row_stride + ptrdiff_t{columns.begin} * channels;
        int32_t channel = 0;
        for (; channel + Wide::kLanes <= channels; channel += Wide::kLanes) {
          pool_lanes<Wide>(window, range, first + channel, output + channel);
        }
        for (; channel < channels; channel += Narrow::kLanes)
          pool_lanes<Narrow>(window, range, first + channel, output + channel);
      }
    }
  }
}

}  // namespace

void average_pool(const PoolGeometry& geometry, float low, float high, const float* input, float* output) {
  pool<AverageFloat4, AverageFloat1>(geometry, {low, high}, input, output);
}

void max_pool(const PoolGeometry& geometry, float low, float high, const float* input, float* output) {
  pool<MaxFloat4, MaxFloat1>(geometry, {low, high}, input, output);
}

void average_pool(const PoolGeometry& geometry, int32_t low, int32_t high, const int8_t* input,
                  int8_t* output) {
  pool<AverageInt8x8, AverageInteger<int8_t>>(geometry, {low, high}, input, output);
}

void max_pool(const PoolGeometry& geometry, int32_t low, int32_t high, const int8_t* input, int8_t* output) {
  pool<MaxInt8x16, MaxInteger<int8_t>>(geometry, {low, high}, input, output);
}

void average_pool(const PoolGeometry& geometry, int32_t low, int32_t high, const int16_t* input,
                  int16_t* output) {
  pool<AverageInt16x8, AverageInteger<int16_t>>(geometry, {low, high}, input, output);
}

void max_pool(const PoolGeometry& geometry, int32_t low, int32_t high, const int16_t* input,
              int16_t* output) {
  pool<MaxInt16x8, MaxInteger<int16_t>>(geometry, {low, high}, input, output);
}

}  // namespace octet::kernels
