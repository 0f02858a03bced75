// Sums of INT16 times INT8 products in 64 bits, for the kernels of 16x8 convolutions.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <span>

#include "kernels/convolution/panels.h"
#include "kernels/simd.h"

namespace octet::kernels {

/// Products that an int32 sum takes in any case: |input| <= 2^15, |weight| <= 2^7, so 2^9 - 1 of them stay
/// below 2^31. An even number, as they come in pairs.
inline constexpr int32_t kMostWordProducts = 510;

/// The most that a sum of INT16 inputs times these weights can be; int32 holds the sum where that is below
/// 2^31, in any order of adding.
inline int64_t largest_sum(std::span<const int8_t> weights) {
  int64_t magnitudes = 0;
  for (const int8_t weight : weights) magnitudes += std::abs(weight);
  return magnitudes << 15;
}

/// 64-bit sums of eight channels for each pixel of a tile.
template <int kPixels>
class WideSums {
 public:
  void add(int pixel, v128_t low, v128_t high) {
    int64_t* sums = sums_[pixel];
    widen_and_add(sums, low);
    widen_and_add(sums + 4, high);
  }
  const int64_t* of(int pixel) const { return sums_[pixel]; }

 private:
  static void widen_and_add(int64_t* sums, v128_t words) {
    wasm_v128_store(sums, wasm_i64x2_add(wasm_v128_load(sums), wasm_i64x2_extend_low_i32x4(words)));
    wasm_v128_store(sums + 2, wasm_i64x2_add(wasm_v128_load(sums + 2), wasm_i64x2_extend_high_i32x4(words)));
  }

  alignas(16) int64_t sums_[kPixels][kPanelChannels] = {};
};

}  // namespace octet::kernels
