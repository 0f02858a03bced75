// The loops of an operation on two tensors that are broadcast together by NumPy's rules.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "ir/shape.h"

namespace octet::kernels {

/// Made once for two shapes. Dimensions along which both operands advance alike are merged, so that the
/// common cases (equal shapes, a scalar, one value a channel) become one or two loops.
class BroadcastLoops {
 public:
  /// Throws InvalidShape when the shapes do not broadcast.
  BroadcastLoops(const Shape& a, const Shape& b);

  /// Elements of one row, in which the output is contiguous and each operand is contiguous or repeats one
  /// element.
  size_t row_length() const { return row_length_; }
  bool a_repeats() const { return row_step_a_ == 0; }
  bool b_repeats() const { return row_step_b_ == 0; }

  /// Calls row(offset in a, offset in b, offset in the output) for each row, in the output's order.
  template <class Row>
  void for_each_row(Row row) const {
    std::array<size_t, Shape::kMaxRank> index = {};
    size_t a = 0, b = 0;
    for (size_t r = 0; r < rows_; ++r) {
      row(a, b, r * row_length_);
      for (size_t d = 0; d < depth_; ++d) {
        const Loop& loop = loops_[d];
        a += loop.step_a;
        b += loop.step_b;
        if (++index[d] < loop.count) break;
        index[d] = 0;
        a -= loop.step_a * loop.count;
        b -= loop.step_b * loop.count;
      }
    }
  }

  /// Calls element(offset in a, offset in b, offset in the output) for each element of the output, in order.
  template <class Element>
  void for_each_element(Element element) const {
    const size_t step_a = a_repeats() ? 0 : 1;
    const size_t step_b = b_repeats() ? 0 : 1;
    for_each_row([&](size_t a, size_t b, size_t out) {
      for (size_t i = 0; i < row_length_; ++i) element(a + i * step_a, b + i * step_b, out + i);
    });
  }

 private:
  /// Steps in elements; 0 where the operand repeats.
  struct Loop {
    size_t count = 1;
    size_t step_a = 0;
    size_t step_b = 0;
  };

  size_t rows_ = 1;
  size_t row_length_ = 1;
  size_t row_step_a_ = 1;
  size_t row_step_b_ = 1;
  size_t depth_ = 0;
  std::array<Loop, Shape::kMaxRank> loops_ = {};  // Innermost first.
};

}  // namespace octet::kernels
