// Rows of elements through a function of vectors: the innermost loops of elementwise operators. Tails that do
// not fill a vector go through the same function, in a padded copy.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "kernels/simd.h"

namespace octet::kernels {

template <class T>
inline constexpr size_t kLanes = 16 / sizeof(T);

inline v128_t splat(float value) { return wasm_f32x4_splat(value); }
inline v128_t splat(int8_t value) { return wasm_i8x16_splat(value); }

/// The first `count` elements, and zeros behind them.
template <class T>
v128_t load_some(const T* from, size_t count) {
  alignas(16) T lanes[kLanes<T>] = {};
  std::memcpy(lanes, from, count * sizeof(T));
  return wasm_v128_load(lanes);
}

template <class T>
void store_some(T* to, v128_t values, size_t count) {
  alignas(16) T lanes[kLanes<T>];
  wasm_v128_store(lanes, values);
  std::memcpy(to, lanes, count * sizeof(T));
}

/// out[i] = function(in[i]); `function` maps vectors of T to vectors of T. `out` may be `in`.
template <class T, class Function>
void map_row(const T* in, T* out, size_t count, Function function) {
  size_t i = 0;
  for (; i + kLanes<T> <= count; i += kLanes<T>) wasm_v128_store(out + i, function(wasm_v128_load(in + i)));
  if (i < count) store_some(out + i, function(load_some(in + i, count - i)), count - i);
}

/// out[i] = function(a[i], b[i]), where an operand that repeats is one element. `out` may be `a` or `b` where
/// that does not repeat.
template <class T, class Function>
void map_rows(const T* a, bool a_repeats, const T* b, bool b_repeats, T* out, size_t count,
              Function function) {
  if (a_repeats) {
    const v128_t value = splat(*a);
    map_row(b, out, count, [&](v128_t lanes) { return function(value, lanes); });
    return;
  }
  if (b_repeats) {
    const v128_t value = splat(*b);
    map_row(a, out, count, [&](v128_t lanes) { return function(lanes, value); });
    return;
  }
  size_t i = 0;
  for (; i + kLanes<T> <= count; i += kLanes<T>) {
    wasm_v128_store(out + i, function(wasm_v128_load(a + i), wasm_v128_load(b + i)));
  }
  if (i < count) {
    const size_t rest = count - i;
    store_some(out + i, function(load_some(a + i, rest), load_some(b + i, rest)), rest);
  }
}

/// Calls block(first, values, count) for each run of at most 16 elements, `values` being 16 zero-initialised
/// int32 to fill, and stores finish(values) as int8: the frame of kernels that pass through 32-bit integers.
template <class Block, class Finish>
void map_through_int32(int8_t* out, size_t count, Block block, Finish finish) {
  alignas(16) int32_t values[16] = {};
  const auto finished = [&] {
    const auto four = [&](size_t i) { return finish(wasm_v128_load(values + i)); };
    return wasm_i8x16_narrow_i16x8(wasm_i16x8_narrow_i32x4(four(0), four(4)),
                                   wasm_i16x8_narrow_i32x4(four(8), four(12)));
  };
  size_t i = 0;
  for (; i + 16 <= count; i += 16) {
    block(i, values, size_t{16});
    wasm_v128_store(out + i, finished());
  }
  if (i < count) {
    block(i, values, count - i);
    store_some(out + i, finished(), count - i);
  }
}

}  // namespace octet::kernels
