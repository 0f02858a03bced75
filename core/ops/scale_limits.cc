#include "ops/scale_limits.h"

#include <algorithm>
#include <limits>

namespace octet::ops {
namespace {

/// Multipliers nearer to 1 would be rounded to it.
constexpr double kBelowOne = 1 - 0x1p-24;

bool is_normal_float(double value) {
  return value >= std::numeric_limits<float>::min() && value <= std::numeric_limits<float>::max();
}

}  // namespace

ScaleProblem multiplier_problem(double multiplier, double limit) {
  if (!(multiplier > 0) || multiplier > std::numeric_limits<float>::max()) return ScaleProblem::Unfit;
  return multiplier < limit * kBelowOne ? ScaleProblem::None : ScaleProblem::OutputTooFine;
}

ScaleProblem sum_scales(const NodeView&, const NodeScales& scales) {
  const double extra = scales.precision == Precision::Int16 ? 0x1p15 : 0x1p20;
  const double twice_larger = 2 * std::max(scales.inputs[0], scales.inputs[1]);
  if (!is_normal_float(twice_larger) || !is_normal_float(extra * scales.output)) return ScaleProblem::Unfit;
  return multiplier_problem(twice_larger / (extra * scales.output), 1);
}

ScaleProblem product_scales(const NodeView&, const NodeScales& scales) {
  const double product = scales.inputs[0] * scales.inputs[1];
  if (!is_normal_float(product)) return ScaleProblem::Unfit;
  return multiplier_problem(product / scales.output, scales.precision == Precision::Int16 ? 0x1p1 : 0x1p15);
}

ScaleProblem weighted_sum_scales(const NodeView&, const NodeScales& scales) {
  const double product = scales.inputs[0] * scales.inputs[1];
  if (!is_normal_float(product)) return ScaleProblem::Unfit;
  return multiplier_problem(product / scales.output, scales.precision == Precision::Int16 ? 0x1p7 : 0x1p8);
}

ScaleProblem exponent_scales(const NodeScales& scales, double beta) {
  if (scales.precision != Precision::Int8) return ScaleProblem::None;
  if (!(beta > 0)) return ScaleProblem::Unfit;
  return scales.inputs[0] * beta * 0x1p26 > 1 + 0x1p-24 ? ScaleProblem::None : ScaleProblem::InputTooFine;
}

}  // namespace octet::ops
