#include "kernels/convolution/matrix_product.h"

#include <string>

#include "ir/error.h"
#include "kernels/simd.h"
#include "kernels/unrolled.h"

namespace octet::kernels {
namespace {

Shape batch_of(const Shape& shape) {
  return Shape(shape.dims().first(static_cast<size_t>(shape.rank()) - 2));
}

}  // namespace

MatmulGeometry::MatmulGeometry(const Shape& a, bool transpose_a, const Shape& b, bool transpose_b)
    : rows(a[transpose_a ? -1 : -2]),
      depth(a[transpose_a ? -2 : -1]),
      columns(b[transpose_b ? -2 : -1]),
      a_row_step(transpose_a ? 1 : a[-1]),
      a_depth_step(transpose_a ? a[-1] : 1),
      b_depth_step(transpose_b ? 1 : b[-1]),
      b_column_step(transpose_b ? b[-1] : 1),
      batch(batch_of(a), batch_of(b)),
      a_size(static_cast<size_t>(a[-1]) * static_cast<size_t>(a[-2])),
      b_size(static_cast<size_t>(b[-1]) * static_cast<size_t>(b[-2])) {
  const int32_t other = b[transpose_b ? -1 : -2];
  if (other != depth) {
    throw Error(ErrorCode::InvalidShape, "its first operand has rows of " + std::to_string(depth) +
                                             " elements, its second columns of " + std::to_string(other) +
                                             ".");
  }
}

template <class T>
BatchMatmul<T>::BatchMatmul(const MatmulGeometry& geometry, int32_t a_zero_point, int32_t b_zero_point)
    : geometry_(geometry), a_zero_point_(a_zero_point), b_zero_point_(b_zero_point) {}

template <class T>
uint64_t BatchMatmul<T>::row_elements() const {
  constexpr uint64_t kVector = 16 / sizeof(Packed);
  const uint64_t elements = static_cast<uint64_t>(geometry_.rows) * row_length();
  return (elements + kVector - 1) / kVector * kVector;
}

template <class T>
uint64_t BatchMatmul<T>::scratch_bytes() const {
  const uint64_t panels = static_cast<uint64_t>((int64_t{geometry_.columns} + kColumns - 1) / kColumns);
  return (row_elements() + panels * panel_elements()) * sizeof(Packed);
}

template <class T>
void BatchMatmul<T>::pack_rows(const T* a, Packed* rows) const {
  const Packed zero_point = static_cast<Packed>(a_zero_point_);
  for (int32_t row = 0; row < geometry_.rows; ++row) {
    const T* source = a + row * geometry_.a_row_step;
    for (int32_t k = 0; k < geometry_.depth; ++k, source += geometry_.a_depth_step)
      *rows++ = static_cast<Packed>(*source - zero_point);
    for (size_t k = static_cast<size_t>(geometry_.depth); k < row_length(); ++k) *rows++ = 0;
  }
}

template <class T>
void BatchMatmul<T>::pack_panels(const T* b, Packed* panels) const {
  const Packed zero_point = static_cast<Packed>(b_zero_point_);
  for (int32_t column = 0; column < geometry_.columns; column += kColumns) {
    for (int32_t k = 0; k < geometry_.depth; k += kTaps) {
      for (int32_t c = column; c < column + kColumns; ++c) {
        for (int32_t tap = k; tap < k + kTaps; ++tap) {
          const bool exists = c < geometry_.columns && tap < geometry_.depth;
          *panels++ = exists ? static_cast<Packed>(
                                   b[tap * geometry_.b_depth_step + c * geometry_.b_column_step] - zero_point)
                             : Packed{0};
        }
      }
    }
  }
}

template <class T>
template <int kRows>
void BatchMatmul<T>::tile(const Packed* rows, const Packed* panel, Sum* sums) const {
  if constexpr (std::is_same_v<T, int16_t>) {
    for (int i = 0; i < kRows * kColumns; ++i) sums[i] = 0;
    for (size_t k = 0; k < steps(); ++k, panel += kColumns) {
      for (int r = 0; r < kRows; ++r) {
        const int32_t element = rows[static_cast<size_t>(r) * row_length() + k];
        for (int c = 0; c < kColumns; ++c) sums[r * kColumns + c] += element * panel[c];
      }
    }
  } else {
    v128_t low[kRows];  // Sums of columns 0 to 3 of each row, then of columns 4 to 7.
    v128_t high[kRows];
    unrolled<kRows>([&](auto r) { low[r] = high[r] = wasm_i32x4_splat(0); });
    constexpr size_t kVector = 16 / sizeof(Packed);
    for (size_t k = 0; k < steps(); ++k, panel += 2 * kVector) {
      const v128_t panel_low = wasm_v128_load(panel);
      const v128_t panel_high = wasm_v128_load(panel + kVector);
      unrolled<kRows>([&](auto r) __attribute__((always_inline)) {
        const v128_t step =
            wasm_v128_load32_splat(rows + static_cast<size_t>(r) * row_length() + k * size_t{kTaps});
        if constexpr (std::is_same_v<T, float>) {
          low[r] = wasm_f32x4_add(low[r], wasm_f32x4_mul(step, panel_low));
          high[r] = wasm_f32x4_add(high[r], wasm_f32x4_mul(step, panel_high));
        } else {
          low[r] = wasm_i32x4_add(low[r], wasm_i32x4_dot_i16x8(step, panel_low));
          high[r] = wasm_i32x4_add(high[r], wasm_i32x4_dot_i16x8(step, panel_high));
        }
      });
    }
    unrolled<kRows>([&](auto r) {
      wasm_v128_store(sums + r * kColumns, low[r]);
      wasm_v128_store(sums + r * kColumns + 4, high[r]);
    });
  }
}

template <class T>
void BatchMatmul<T>::multiply(const Packed* rows, const Packed* panels, int32_t row, int32_t tile_rows,
                              int32_t column, Sum* sums) const {
  using Tile = void (BatchMatmul::*)(const Packed*, const Packed*, Sum*) const;
  static constexpr Tile kTiles[] = {&BatchMatmul::template tile<1>, &BatchMatmul::template tile<2>,
                                    &BatchMatmul::template tile<3>, &BatchMatmul::template tile<4>};
  const size_t panel = static_cast<size_t>(column / kColumns);
  (this->*kTiles[tile_rows - 1])(rows + static_cast<size_t>(row) * row_length(),
                                 panels + panel * static_cast<size_t>(panel_elements()), sums);
}

template class BatchMatmul<float>;
template class BatchMatmul<int8_t>;
template class BatchMatmul<int16_t>;

}  // namespace octet::kernels
