// How dot kernels rescale the sums of a panel: see DotRescaling.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <optional>
#include <span>

#include "kernels/arithmetic/requantize_simd.h"
#include "kernels/relaxed/dot_tasks.h"

namespace octet::kernels {

/// What the weights of one channel add up to.
class DotChannel {
 public:
  void add(int8_t weight) {
    sum_ += static_cast<uint32_t>(weight);
    magnitudes_ += std::abs(weight);
  }

  /// The channel's bias less what the kernels' sums have too much: they are over bytes that are worth `zero`
  /// where the input is at its zero point. Modulo 2^32, as all sums.
  int32_t bias_for(int32_t bias, int32_t zero) const {
    return static_cast<int32_t>(static_cast<uint32_t>(bias) - sum_ * static_cast<uint32_t>(zero));
  }
  /// The greatest absolute value that a sum with its own bias may have.
  int64_t greatest_sum(int32_t bias) const {
    constexpr int64_t kMostOfInput = 255;  // Its distance to the zero point.
    return std::abs(int64_t{bias}) + kMostOfInput * magnitudes_;
  }

 private:
  uint32_t sum_ = 0;
  int64_t magnitudes_ = 0;
};

/// Equal to the rule (requantize.h) wherever a result is certain. `greatest_sums` bounds the absolute value
/// of each channel's sum, its bias included. None where the panel has fewer than eight channels, where a
/// shift to the left may wrap, or where sums are too great for the kernels' integers.
std::optional<DotRescaling> make_dot_rescaling(std::span<const FixedPointMultiplier> multipliers,
                                               const Int8Range& range,
                                               std::span<const int64_t> greatest_sums);

/// The same for multipliers that are used as they are (multiply_by_real).
std::optional<DotRescaling> make_dot_rescaling(std::span<const double> multipliers, const Int8Range& range,
                                               std::span<const int64_t> greatest_sums);

}  // namespace octet::kernels
