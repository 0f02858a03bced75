#include "quantize/ranges/relevant_values.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace octet::quantize {
namespace {

using ops::Interval;
using ops::KnownValues;

bool is_real(const Tensor& tensor) { return tensor.dtype == DType::Float32; }

KnownValues known_of(const Tensor& constant) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  KnownValues known{.range = {kInfinity, -kInfinity}, .least_magnitude = kInfinity};
  for (const float value : constant.values<float>()) {
    known.range.low = std::min<double>(known.range.low, value);
    known.range.high = std::max<double>(known.range.high, value);
    if (value != 0) known.least_magnitude = std::min(known.least_magnitude, std::fabs(double{value}));
  }
  return known;
}

KnownValues known_of(const calibrate::Calibrator& calibration, TensorId id) {
  const calibrate::TensorStatistics& statistics = calibration.statistics(id);
  if (statistics.count() == 0) return {};
  const calibrate::RowStatistics& rows = calibration.rows(id);
  return {.range = {statistics.low(), statistics.high()},
          .least_row_maximum = rows.least_maximum,
          .widest_row = rows.widest};
}

}  // namespace

RelevantValues::RelevantValues(const Graph& graph, const calibrate::Calibrator& calibration)
    : known_(graph.tensors.size()), relevant_(graph.tensors.size()), exceeded_(graph.tensors.size(), false) {
  for (size_t t = 0; t < graph.tensors.size(); ++t) {
    const Tensor& tensor = graph.tensors[t];
    if (tensor.is_constant() && is_real(tensor)) known_[t] = known_of(tensor);
  }
  for (const TensorId id : calibration.observed()) known_[index(id)] = known_of(calibration, id);

  // What no reader needs is not relevant, until one does.
  std::vector<bool> is_needed(graph.tensors.size(), false);
  const auto need = [&](TensorId id, const Interval& values) {
    Interval& all = relevant_[index(id)];
    if (is_needed[index(id)])
      all = {std::min(all.low, values.low), std::max(all.high, values.high)};
    else
      all = values;
    is_needed[index(id)] = true;
  };
  for (const TensorId output : graph.outputs) need(output, {});
  for (size_t n = graph.nodes.size(); n-- > 0;) {
    const Node& node = graph.nodes[n];
    for (size_t i = 0; i < node.inputs.size(); ++i) {
      if (node.inputs[i] != TensorId::None) need(node.inputs[i], of_operand(graph, node, i, {}));
    }
  }
  for (const TensorId id : calibration.observed()) {
    const Interval& relevant = relevant_[index(id)];
    const Interval& seen = known_[index(id)].range;
    const bool infinite = calibration.statistics(id).non_finite() > 0;
    exceeded_[index(id)] =
        is_bounded(relevant) && (infinite || seen.low < relevant.low || seen.high > relevant.high);
  }
}

Interval RelevantValues::of(TensorId id) const {
  return relevant_.empty() ? Interval() : relevant_[index(id)];
}

Interval RelevantValues::of_constant(const Graph& graph, const Node& node, size_t i,
                                     const std::vector<double>& scales) const {
  return relevant_.empty() ? Interval() : of_operand(graph, node, i, scales);
}

Interval RelevantValues::of_operand(const Graph& graph, const Node& node, size_t i,
                                    const std::vector<double>& scales) const {
  const ops::RelevantValues relevant = ops::operator_of(node.op).quantization.relevant;
  if (relevant == nullptr || !is_real(graph.tensor(node.inputs[i]))) return {};
  // Of a node with several outputs each holds values of the operand.
  Interval output = of(node.outputs[0]);
  for (const TensorId id : node.outputs) {
    output = {std::min(output.low, of(id).low), std::max(output.high, of(id).high)};
  }
  std::vector<KnownValues> operands(node.inputs.size());
  for (size_t o = 0; o < operands.size(); ++o) {
    if (node.inputs[o] == TensorId::None) continue;
    operands[o] = known_[index(node.inputs[o])];
    if (o < scales.size() && scales[o] > 0) operands[o].least_magnitude = scales[o];
  }
  const Interval values = relevant(NodeView(graph, node), i, output, operands);
  // An infinity less another, where nothing is known.
  if (std::isnan(values.low) || std::isnan(values.high)) return {};
  return values;
}

Tensor clamped_to(const Tensor& constant, const Interval& relevant) {
  const std::span<const float> values = constant.values<float>();
  const auto lies_beyond = [&](float value) { return value < relevant.low || value > relevant.high; };
  if (std::none_of(values.begin(), values.end(), lies_beyond)) return constant;
  std::vector<float> clamped(values.begin(), values.end());
  for (float& value : clamped) {
    if (lies_beyond(value))
      value = static_cast<float>(std::clamp<double>(value, relevant.low, relevant.high));
  }
  Tensor result = constant;
  result.constant = make_constant(std::span<const float>(clamped));
  return result;
}

}  // namespace octet::quantize
