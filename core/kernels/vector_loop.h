// Rows of elements through a function of vectors: the innermost loops of what treats each element alone.
// Tails that do not fill a vector go through the same function, in a padded copy.
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
inline v128_t splat(int16_t value) { return wasm_i16x8_splat(value); }

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

/// out[i] = function.exact(a[i], b[i]) on int8, operands and output as in map_rows. `function` also has
/// estimate(a, b, doubt), which gives sixteen results at once and marks lanes of `doubt` where it may be
/// wrong.
template <class Function>
void map_rows_by_estimate(const int8_t* a, bool a_repeats, const int8_t* b, bool b_repeats, int8_t* out,
                          size_t count, const Function& function) {
  const auto results = [&](v128_t lanes_a, v128_t lanes_b) {
    v128_t doubt = wasm_i32x4_splat(0);
    const v128_t estimate = function.estimate(lanes_a, lanes_b, doubt);
    if (!wasm_v128_any_true(doubt)) return estimate;
    alignas(16) int8_t values_a[16], values_b[16];
    wasm_v128_store(values_a, lanes_a);
    wasm_v128_store(values_b, lanes_b);
    for (size_t i = 0; i < 16; ++i) values_a[i] = function.exact(values_a[i], values_b[i]);
    return wasm_v128_load(values_a);
  };
  map_rows(a, a_repeats, b, b_repeats, out, count, results);
}

}  // namespace octet::kernels
