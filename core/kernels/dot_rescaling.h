// How dot kernels rescale the sums of a panel: see DotRescaling.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "kernels/dot.h"
#include "kernels/requantize_simd.h"

namespace octet::kernels {

/// What a weight of INT8 can add to a sum at most, by its absolute value: a byte's distance to the zero
/// point.
inline constexpr int64_t kMostOfByte = 255;

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
