// Sums and products of INT8 values, sixteen at a time.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "kernels/arithmetic/requantize.h"
#include "kernels/arithmetic/requantize_simd.h"
#include "kernels/simd.h"

namespace octet::kernels {

/// How an int32 result becomes an INT8 output: rescaled by one of the two rules of requantize.h, moved to the
/// zero point, clamped.
class Rescale {
 public:
  /// The `tflite` rule.
  Rescale(FixedPointMultiplier multiplier, const Int8Range& range) : multiplier_(multiplier), range_(range) {}
  /// The `sima` rule, by a shift in [1, 62].
  Rescale(int shift, const Int8Range& range) : shift_(shift), range_(range) {}

  int8_t operator()(int32_t value) const {
    const int64_t rescaled =
        shift_ > 0 ? rounding_shift_right(value, shift_) : int64_t{multiply_by(value, multiplier_)};
    return clamp_to_int8(rescaled + range_.zero_point, range_.low, range_.high);
  }
  /// The real factor that the rule stands for.
  double factor() const;
  /// How far what the rule rounds last may be from the real product, in steps of the output; 0 where it
  /// rounds the product itself, half a step upwards.
  double rounding_error() const;
  const Int8Range& range() const { return range_; }

 private:
  FixedPointMultiplier multiplier_;
  int shift_ = 0;  ///< 0: by the multiplier.
  Int8Range range_;
};

/// The value that an int8 stands for, by value + 128.
using TermTable = std::array<int32_t, 256>;

/// rescale(terms_a[a] + terms_b[b]), exact by way of an estimate: the terms rise by nearly the same amount
/// from each value to the next, so a linear function in 32 bits comes close to the sum. Its error is
/// measured, and where that leaves two integers possible, about once in a thousand vectors, the rule itself
/// is applied.
class SumInt8 {
 public:
  SumInt8(const TermTable& terms_a, const TermTable& terms_b, const Rescale& rescale);

  int8_t exact(int8_t a, int8_t b) const {
    return rescale_(terms_a_[static_cast<size_t>(a + 128)] + terms_b_[static_cast<size_t>(b + 128)]);
  }

  /// Sixteen results; lanes of `doubt` (any width) are not zero where one must be computed exactly.
  v128_t estimate(v128_t a, v128_t b, v128_t& doubt) const {
    const v128_t first = eight(wasm_i16x8_extend_low_i8x16(a), wasm_i16x8_extend_low_i8x16(b), doubt);
    const v128_t second = eight(wasm_i16x8_extend_high_i8x16(a), wasm_i16x8_extend_high_i8x16(b), doubt);
    return clamped(first, second, rescale_.range());
  }

 private:
  v128_t eight(v128_t a, v128_t b, v128_t& doubt) const {
    const v128_t low = four(wasm_i16x8_shuffle(a, b, 0, 8, 1, 9, 2, 10, 3, 11), doubt);
    const v128_t high = four(wasm_i16x8_shuffle(a, b, 4, 12, 5, 13, 6, 14, 7, 15), doubt);
    return wasm_i16x8_narrow_i32x4(low, high);
  }
  /// `pairs` are four times a value of a, and one of b.
  v128_t four(v128_t pairs, v128_t& doubt) const {
    const v128_t upper = wasm_i32x4_shl(wasm_i32x4_dot_i16x8(pairs, wasm_i32x4_splat(upper_)), kLowerBits);
    const v128_t lower = wasm_i32x4_dot_i16x8(pairs, wasm_i32x4_splat(lower_));
    const v128_t sum = wasm_i32x4_add(wasm_i32x4_add(upper, lower), wasm_i32x4_splat(offset_));
    const v128_t fraction = wasm_v128_and(sum, wasm_i32x4_splat(fraction_mask_));
    doubt = wasm_v128_or(doubt, wasm_i32x4_lt(fraction, wasm_i32x4_splat(doubtful_)));
    return wasm_i32x4_shr(sum, static_cast<uint32_t>(shift_));
  }

  static constexpr int kLowerBits = 14;

  TermTable terms_a_;
  TermTable terms_b_;
  Rescale rescale_;
  int32_t upper_ = 0;  ///< Upper bits of both slopes, a's in the lower half: an operand of dot_i16x8.
  int32_t lower_ = 0;
  int32_t offset_ = 0;  ///< With half a step, to round, and the margin.
  int32_t fraction_mask_ = 0;
  int32_t doubtful_ = 1;  ///< Fractions below are within the margin of a tie.
  int shift_ = 0;
};

/// (a - zero_a) * (b - zero_b), rescaled by the `tflite` rule.
class ProductInt8 {
 public:
  ProductInt8(int32_t zero_a, int32_t zero_b, FixedPointMultiplier multiplier, const Int8Range& range)
      : zero_a_(static_cast<int16_t>(zero_a)),
        zero_b_(static_cast<int16_t>(zero_b)),
        rescaling_({}, std::array{multiplier, multiplier, multiplier, multiplier, multiplier, multiplier,
                                  multiplier, multiplier}),
        range_(range) {}

  /// Sixteen results.
  v128_t operator()(v128_t a, v128_t b) const {
    return clamped(eight(wasm_i16x8_extend_low_i8x16(a), wasm_i16x8_extend_low_i8x16(b)),
                   eight(wasm_i16x8_extend_high_i8x16(a), wasm_i16x8_extend_high_i8x16(b)), range_);
  }

 private:
  v128_t eight(v128_t a, v128_t b) const {
    a = wasm_i16x8_sub(a, wasm_i16x8_splat(zero_a_));
    b = wasm_i16x8_sub(b, wasm_i16x8_splat(zero_b_));
    return rescaled_words(wasm_i32x4_extmul_low_i16x8(a, b), wasm_i32x4_extmul_high_i16x8(a, b), rescaling_);
  }

  int16_t zero_a_;
  int16_t zero_b_;
  RequantizationPanel rescaling_;
  Int8Range range_;
};

}  // namespace octet::kernels
