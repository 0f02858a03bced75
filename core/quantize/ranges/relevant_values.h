// Which values of a tensor make a difference to the model's outputs. Logits that are masked before a SOFTMAX
// do not, whether they are 20 below the others or 10^38, nor do the masks that put them there; a scale that
// covered them would leave nothing for the others, and no kernel takes some of these scales.
#pragma once

#include <vector>

#include "calibrate/calibrator.h"
#include "ops/operator.h"

namespace octet::quantize {

class RelevantValues {
 public:
  /// Every value is relevant.
  RelevantValues() = default;
  /// Follows the graph from its outputs to its inputs; each operator says what of its operands is relevant
  /// (QuantizationRule::relevant) where calibration saw what it did. A tensor with several readers has what
  /// any of them needs.
  RelevantValues(const Graph& graph, const calibrate::Calibrator& calibration);

  /// The values of an activation that make a difference: one beyond may be moved to the nearer end.
  ops::Interval of(TensorId id) const;
  /// The same of constant operand `i` of a node. `scales`: by operand, the scale of an activation that the
  /// node reads as an integer; 0 of others.
  ops::Interval of_constant(const Graph& graph, const Node& node, size_t i,
                            const std::vector<double>& scales = {}) const;
  /// Whether calibration saw values of an activation that make no difference.
  bool are_exceeded(TensorId id) const { return !exceeded_.empty() && exceeded_[index(id)]; }

 private:
  ops::Interval of_operand(const Graph& graph, const Node& node, size_t i,
                           const std::vector<double>& scales) const;

  // By tensor; empty where every value is relevant.
  std::vector<ops::KnownValues> known_;
  std::vector<ops::Interval> relevant_;
  std::vector<bool> exceeded_;
};

/// True when something is not.
inline bool is_bounded(const ops::Interval& interval) {
  constexpr ops::Interval kAll;
  return interval.low != kAll.low || interval.high != kAll.high;
}

/// A float32 constant with the values beyond `relevant` moved to its ends. NaN stays.
Tensor clamped_to(const Tensor& constant, const ops::Interval& relevant);

}  // namespace octet::quantize
