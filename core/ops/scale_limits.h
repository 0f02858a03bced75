// The scales that TFLite's kernels, and XNNPACK's in LiteRT, take: others end the process, keep a file from
// being opened, or overflow without a word. Each limit was found by running LiteRT 2.3 on scales from 2^-120
// to 2^120.
#pragma once

#include "ops/operator.h"

namespace octet::ops {

/// What takes a multiplier above 0 and below `limit`. One that leaves float32, in which TFLite forms some, is
/// unfit.
ScaleProblem multiplier_problem(double multiplier, double limit);

/// ADD and SUB: terms are brought to twice the larger scale with 20 more bits, 15 in INT16, and from there to
/// the output's by a multiplier below 1.
ScaleProblem sum_scales(const NodeView& node, const NodeScales& scales);
/// MUL: the product of two integers, shifted to the left where the multiplier is above 1, must fit 32 bits.
ScaleProblem product_scales(const NodeView& node, const NodeScales& scales);
/// Operators that sum products of operands 0 and 1: XNNPACK takes multipliers below 2^8, and INT16 kernels
/// shift to the left by less than 8.
ScaleProblem weighted_sum_scales(const NodeView& node, const NodeScales& scales);
/// SOFTMAX and LOG_SOFTMAX in INT8: a step, times beta, is more than 1 in 26 bits of fraction.
ScaleProblem exponent_scales(const NodeScales& scales, double beta);

}  // namespace octet::ops
