// Elementary functions on 32-bit fixed-point numbers, as TFLite's reference kernels define them (gemmlowp's
// formulas). "Qm.n" is a signed number with m integer and n fraction bits.
#pragma once

#include <cstdint>

#include "kernels/arithmetic/requantize.h"

namespace octet::kernels {

/// e^x in Q0.31 for x <= 0 in Q5.26.
int32_t exp_of_negative(int32_t x);

/// 1 / (1 + x) in Q0.31 for x in [0, 1) in Q0.31.
int32_t reciprocal_of_one_plus(int32_t x);

/// ln(x) in Q5.26 for x >= 1 in Q12.19.
int32_t log_of_sum(int32_t x);

/// 1 / sqrt(x) for an integer x >= 0, as a multiplier; x = 0 gives almost one.
FixedPointMultiplier inverse_square_root(int32_t x);

}  // namespace octet::kernels
