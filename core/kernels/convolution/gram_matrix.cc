#include "kernels/convolution/gram_matrix.h"

#include <algorithm>
#include <array>

#include "kernels/convolution/convolution_tiles.h"
#include "kernels/simd.h"

namespace octet::kernels {
namespace {

/// Products that are summed together: 2 rows times 4, eight accumulators of four lanes.
constexpr int kTall = 2;
constexpr int kWide = 4;

int64_t sum_of_lanes(v128_t sums) {
  return int64_t{wasm_i32x4_extract_lane(sums, 0)} + wasm_i32x4_extract_lane(sums, 1) +
         wasm_i32x4_extract_lane(sums, 2) + wasm_i32x4_extract_lane(sums, 3);
}

/// The sums of products of rows `tall` with rows `wide`, the latter fastest.
std::array<int64_t, kTall * kWide> tile(const int16_t* const (&tall)[kTall],
                                        const int16_t* const (&wide)[kWide], size_t length) {
  v128_t sums[kTall * kWide];
  unrolled<kTall * kWide>([&](auto s) { sums[s] = wasm_i32x4_splat(0); });
  for (size_t k = 0; k < length; k += kProductLanes) {
    v128_t values[kWide];
    unrolled<kWide>([&](auto w) { values[w] = wasm_v128_load(wide[w] + k); });
    const v128_t first = wasm_v128_load(tall[0] + k);
    const v128_t second = wasm_v128_load(tall[1] + k);
    unrolled<kWide>([&](auto w) {
      sums[w] = wasm_i32x4_add(sums[w], wasm_i32x4_dot_i16x8(first, values[w]));
      sums[kWide + w] = wasm_i32x4_add(sums[kWide + w], wasm_i32x4_dot_i16x8(second, values[w]));
    });
  }
  std::array<int64_t, kTall * kWide> result;
  for (size_t s = 0; s < result.size(); ++s) result[s] = sum_of_lanes(sums[s]);
  return result;
}

}  // namespace

void add_products(const int16_t* rows, size_t count, size_t length, std::span<int64_t> products) {
  // Past the last row the last one is read again; what comes of it is not stored.
  const auto row = [&](size_t i) { return rows + std::min(i, count - 1) * length; };
  for (size_t i = 0; i < count; i += kTall) {
    const int16_t* const tall[kTall] = {row(i), row(i + 1)};
    for (size_t j = 0; j <= i + 1; j += kWide) {
      const int16_t* const wide[kWide] = {row(j), row(j + 1), row(j + 2), row(j + 3)};
      const std::array<int64_t, kTall* kWide> sums = tile(tall, wide, length);
      for (size_t t = 0; t < kTall && i + t < count; ++t) {
        for (size_t w = 0; w < kWide && j + w <= i + t; ++w)
          products[(i + t) * count + j + w] += sums[t * kWide + w];
      }
    }
  }
}

}  // namespace octet::kernels
