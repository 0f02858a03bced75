#include "kernels/convolution/dot_rescaling.h"

#include <cmath>

namespace octet::kernels {
namespace {

constexpr int kFractionBits = 16;

/// What estimates need to know of a multiplier.
struct Factor {
  double value = 0;
  int steps_shift = 0;    ///< The rule rounds to a multiple of 2^-this first; 0: it does not.
  bool is_exact = false;  ///< The estimate is the rule.
  bool is_usable = true;
};

Factor factor_of(FixedPointMultiplier m) {
  const bool is_power = (m.multiplier & (m.multiplier - 1)) == 0;
  const bool fits = m.multiplier == 0 || m.multiplier >= 1 << (31 - (kFractionBits - 1));
  return {.value = std::ldexp(m.multiplier, m.shift - 31),
          .steps_shift = m.shift < 0 && m.shift > -kFractionBits ? -m.shift : 0,
          .is_exact = m.shift == 0 && is_power && fits,
          .is_usable = m.shift <= 0};
}

Factor factor_of(double multiplier) { return {.value = multiplier}; }

template <class Multiplier>
std::optional<DotRescaling> make(std::span<const Multiplier> multipliers, const Int8Range& range,
                                 std::span<const int64_t> greatest_sums) {
  if (multipliers.size() != OCTET_DOT_CHANNELS) return {};
  DotRescaling by = {};
  by.low = static_cast<int8_t>(range.low);
  by.high = static_cast<int8_t>(range.high);
  for (size_t c = 0; c < multipliers.size(); ++c) {
    const Factor factor = factor_of(multipliers[c]);
    constexpr double kMostResult = (1 << 15) - 256;  // Room for the zero point and the roundings.
    if (!factor.is_usable || !(static_cast<double>(greatest_sums[c]) * factor.value < kMostResult)) return {};
    // Rounding of the sum, of the factor and of the product, of a number below 2^24; of the offset and the
    // result, below 2^23; truncation; and what a step below the last bit leaves.
    const int32_t margin = factor.is_exact ? 0 : 5;
    by.step[c] = factor.steps_shift > 0 ? 1 << (kFractionBits - factor.steps_shift) : 0;
    by.factor[c] = static_cast<float>(std::ldexp(factor.value, kFractionBits));
    by.offset[c] = std::ldexp(static_cast<float>(range.zero_point) + 0.5f, kFractionBits) +
                   static_cast<float>(margin) + static_cast<float>(by.step[c]) / 2;
    by.doubtful = std::max(by.doubtful, margin == 0 ? 0 : 2 * margin + 1);
    // Where the range begins at the zero point, as behind a ReLU, it is the result of every negative sum.
    by.has_steps = by.has_steps || (by.step[c] != 0 && range.low < range.zero_point);
  }
  return by;
}

}  // namespace

std::optional<DotRescaling> make_dot_rescaling(std::span<const FixedPointMultiplier> multipliers,
                                               const Int8Range& range,
                                               std::span<const int64_t> greatest_sums) {
  return make(multipliers, range, greatest_sums);
}

std::optional<DotRescaling> make_dot_rescaling(std::span<const double> multipliers, const Int8Range& range,
                                               std::span<const int64_t> greatest_sums) {
  return make(multipliers, range, greatest_sums);
}

}  // namespace octet::kernels
