// Products of matrices that are both computed: what is packed for the inner loop is packed while running.
#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "kernels/elementwise/broadcast.h"

namespace octet::kernels {

/// Which elements are multiplied: matrices of the last two axes of `a` and `b`, those before broadcast.
struct MatmulGeometry {
  /// Needs ranks of at least 2, equal depths, and batches that broadcast; throws InvalidShape otherwise.
  MatmulGeometry(const Shape& a, bool transpose_a, const Shape& b, bool transpose_b);

  int32_t rows;
  int32_t depth;
  int32_t columns;
  ptrdiff_t a_row_step, a_depth_step;     ///< In elements.
  ptrdiff_t b_depth_step, b_column_step;  ///< In elements.

  /// Calls visit(offset of the first element in a, in b) for each matrix of the output, in order.
  template <class Visit>
  void for_each_matrix(Visit visit) const {
    batch.for_each_element([&](size_t at_a, size_t at_b, size_t) { visit(at_a * a_size, at_b * b_size); });
  }

  BroadcastLoops batch;
  size_t a_size, b_size;  ///< Elements of one matrix.
};

/// What elements of T become on their way to the sum. Sums of floats add the products in the order of depth;
/// those of int8 are exact below 2^15 of depth, those of int16 in any case.
template <class T>
struct MatmulTypes {
  using Packed = int16_t;  ///< Less the zero point.
  using Sum = int32_t;
};
template <>
struct MatmulTypes<int16_t> {
  using Packed = int16_t;
  using Sum = int64_t;
};
template <>
struct MatmulTypes<float> {
  using Packed = float;
  using Sum = float;
};

template <class T>
class BatchMatmul {
 public:
  using Packed = typename MatmulTypes<T>::Packed;
  using Sum = typename MatmulTypes<T>::Sum;

  /// Zero points are those of int8, else 0.
  BatchMatmul(const MatmulGeometry& geometry, int32_t a_zero_point, int32_t b_zero_point);

  /// The most elements of Sum that one call of `finish` is given.
  static constexpr int32_t kColumns = 8;

  uint64_t scratch_bytes() const;

  /// Calls finish(sums, count, offset) for `count` neighbouring results that begin at `offset` of the output.
  /// `scratch` is aligned to 16 bytes and holds scratch_bytes().
  template <class Finish>
  void run(const T* a, const T* b, std::byte* scratch, Finish finish) const {
    Packed* rows = reinterpret_cast<Packed*>(scratch);
    Packed* panels = rows + static_cast<size_t>(row_elements());
    size_t output = 0;
    const MatmulGeometry& g = geometry_;
    size_t packed_a = 0, packed_b = 0;  // Where what is packed came from.
    g.for_each_matrix([&](size_t at_a, size_t at_b) {
      if (output == 0 || at_a != packed_a) pack_rows(a + at_a, rows);
      if (output == 0 || at_b != packed_b) pack_panels(b + at_b, panels);
      packed_a = at_a;
      packed_b = at_b;
      for (int32_t row = 0; row < g.rows; row += kTileRows) {
        const int32_t tile_rows = g.rows - row < kTileRows ? g.rows - row : kTileRows;
        for (int32_t column = 0; column < g.columns; column += kColumns) {
          alignas(16) Sum sums[kTileRows * kColumns];
          multiply(rows, panels, row, tile_rows, column, sums);
          const int32_t count = g.columns - column < kColumns ? g.columns - column : kColumns;
          for (int32_t r = 0; r < tile_rows; ++r) {
            const size_t at = output + static_cast<size_t>(row + r) * static_cast<size_t>(g.columns);
            finish(sums + r * kColumns, count, at + static_cast<size_t>(column));
          }
        }
      }
      output += static_cast<size_t>(g.rows) * static_cast<size_t>(g.columns);
    });
  }

 private:
  static constexpr int32_t kTileRows = 4;
  /// Neighbours in depth that one step takes; zeros fill up the last.
  static constexpr int32_t kTaps = std::is_same_v<T, int8_t> ? 2 : 1;

  size_t steps() const { return static_cast<size_t>((geometry_.depth + kTaps - 1) / kTaps); }
  size_t row_length() const { return steps() * size_t{kTaps}; }
  /// Of all rows, in whole tiles and vectors.
  uint64_t row_elements() const;
  uint64_t panel_elements() const { return uint64_t{row_length()} * kColumns; }
  void pack_rows(const T* a, Packed* rows) const;
  /// Eight columns a panel: for each step the taps of column 0, then those of column 1, ...
  void pack_panels(const T* b, Packed* panels) const;
  void multiply(const Packed* rows, const Packed* panels, int32_t row, int32_t tile_rows, int32_t column,
                Sum* sums) const;
  template <int kRows>
  void tile(const Packed* rows, const Packed* panel, Sum* sums) const;

  MatmulGeometry geometry_;
  int32_t a_zero_point_;
  int32_t b_zero_point_;
};

extern template class BatchMatmul<float>;
extern template class BatchMatmul<int8_t>;
extern template class BatchMatmul<int16_t>;

}  // namespace octet::kernels
