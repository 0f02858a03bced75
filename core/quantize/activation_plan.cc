#include "quantize/activation_plan.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace octet::quantize {
namespace {

using ops::OutputQuantization;

/// Below this a scale's products with others would leave float32's normal range; no real activation is that
/// small.
constexpr double kSmallestScale = 0x1p-60;

const ops::QuantizationRule& rule_of(const Node& node) { return ops::operator_of(node.op).quantization; }

bool is_activation(const Graph& graph, TensorId id) {
  return id != TensorId::None && !graph.tensor(id).is_constant() && graph.tensor(id).dtype == DType::Float32;
}

/// The values that an operator adds to its group by itself: constants it selects among, and a padding value.
calibrate::Range constant_range(const Graph& graph, const Node& node) {
  calibrate::Range range;
  const auto include = [&](float value) {
    if (!std::isfinite(value)) return;
    range.low = std::min<double>(range.low, value);
    range.high = std::max<double>(range.high, value);
  };
  for (const TensorId input : node.inputs) {
    if (input == TensorId::None || !graph.tensor(input).is_constant()) continue;
    if (graph.tensor(input).dtype != DType::Float32) continue;
    for (const float value : graph.tensor(input).values<float>()) include(value);
  }
  if (const Pad* pad = std::get_if<Pad>(&node.attributes)) include(pad->value);
  return range;
}

calibrate::Range fixed_range(const ops::QuantizationRule& rule) {
  return {static_cast<double>(rule.fixed_scale) * (-128 - rule.fixed_zero_point),
          static_cast<double>(rule.fixed_scale) * (127 - rule.fixed_zero_point)};
}

}  // namespace

QuantParams int8_params(calibrate::Range range, bool asymmetric) {
  const double low = std::min(range.low, 0.0);
  const double high = std::max(range.high, 0.0);
  if (low == 0 && high == 0) return QuantParams::per_tensor(1.0f, 0);
  const double exact = asymmetric ? (high - low) / 255.0 : std::max(-low, high) / 127.0;
  const float scale = static_cast<float>(std::max(exact, kSmallestScale));
  if (!asymmetric) return QuantParams::per_tensor(scale, 0);
  const double zero_point = std::round(-128.0 - low / static_cast<double>(scale));
  return QuantParams::per_tensor(scale, static_cast<int32_t>(std::clamp(zero_point, -128.0, 127.0)));
}

ActivationPlan::ActivationPlan(const Graph& graph, const calibrate::Calibrator& calibration,
                               const QuantizationParams& params, std::vector<std::string>& warnings)
    : quantized_(graph.tensors.size(), false), parent_(graph.tensors.size()), groups_(graph.tensors.size()) {
  std::iota(parent_.begin(), parent_.end(), size_t{0});
  mark_quantized(graph);
  form_groups(graph);
  add_ranges(graph, calibration, params, warnings);
  for (size_t t = 0; t < graph.tensors.size(); ++t) {
    Group& group = groups_[t];
    if (parent_[t] == t && !group.fixed)
      group.params = int8_params(group.range, params.activations.asymmetric);
  }
}

size_t ActivationPlan::root(size_t tensor) const {
  while (parent_[tensor] != tensor) tensor = parent_[tensor];
  return tensor;
}

void ActivationPlan::unite(TensorId a, TensorId b) {
  const size_t root_a = root(index(a));
  const size_t root_b = root(index(b));
  if (root_a == root_b) return;
  // A fixed group stays the root; the caller never unites two different fixed ones.
  const bool keep_b = groups_[root_b].fixed;
  parent_[keep_b ? root_a : root_b] = keep_b ? root_b : root_a;
}

void ActivationPlan::mark_quantized(const Graph& graph) {
  for (const Node& node : graph.nodes) {
    if (!is_integer(node)) continue;
    for (const TensorId input : node.inputs) {
      if (is_activation(graph, input)) quantized_[index(input)] = true;
    }
    if (rule_of(node).output == OutputQuantization::NotQuantized) continue;
    for (const TensorId output : node.outputs) {
      if (is_activation(graph, output)) quantized_[index(output)] = true;
    }
  }
}

void ActivationPlan::form_groups(const Graph& graph) {
  for (const Node& node : graph.nodes) {
    if (!is_integer(node)) continue;
    const ops::QuantizationRule& rule = rule_of(node);
    switch (rule.output) {
      case OutputQuantization::Fixed: {
        Group& group = groups_[index(node.outputs[0])];
        group.fixed = true;
        group.range = fixed_range(rule);
        group.params = QuantParams::per_tensor(rule.fixed_scale, rule.fixed_zero_point);
        break;
      }
      case OutputQuantization::SameAsInput:
        for (const TensorId output : node.outputs) unite(node.inputs[rule.same_as], output);
        break;
      case OutputQuantization::AllSame:
        tie_all(graph, node);
        break;
      case OutputQuantization::Free:
      case OutputQuantization::NotQuantized:
        break;
    }
  }
}

/// Ties inputs and outputs together. Inputs of a fixed scale join only when all do, with the same parameters;
/// else they stay apart and are requantized where the node reads them.
void ActivationPlan::tie_all(const Graph& graph, const Node& node) {
  std::vector<TensorId> inputs;
  for (const TensorId input : node.inputs) {
    if (is_activation(graph, input)) inputs.push_back(input);
  }
  const auto fixed = [&](TensorId id) { return groups_[root(index(id))].fixed; };
  const bool all_equal = !inputs.empty() && std::all_of(inputs.begin(), inputs.end(), [&](TensorId id) {
    return fixed(id) && of(id) == of(inputs[0]);
  });
  for (const TensorId output : node.outputs) {
    for (const TensorId input : inputs) {
      if (!fixed(input)) unite(output, input);
    }
    if (all_equal) unite(output, inputs[0]);
  }
}

void ActivationPlan::widen(TensorId id, calibrate::Range range) {
  Group& group = groups_[root(index(id))];
  if (group.fixed) return;
  group.range.low = std::min(group.range.low, range.low);
  group.range.high = std::max(group.range.high, range.high);
}

void ActivationPlan::add_ranges(const Graph& graph, const calibrate::Calibrator& calibration,
                                const QuantizationParams& params, std::vector<std::string>& warnings) {
  // Values are computed into a group by graph inputs, by float nodes and by operators with a range of their
  // own; operators that only move or select values add no range, but for their constants.
  std::vector<bool> moved(graph.tensors.size(), false);
  for (const Node& node : graph.nodes) {
    if (!is_integer(node)) continue;
    const OutputQuantization output = rule_of(node).output;
    if (output != OutputQuantization::SameAsInput && output != OutputQuantization::AllSame) continue;
    for (const TensorId id : node.outputs) {
      moved[index(id)] = true;
      widen(id, constant_range(graph, node));
    }
    for (const TensorId input : node.inputs) {
      if (!is_activation(graph, input)) continue;
      const Group& group = groups_[root(index(input))];
      if (group.fixed) widen(node.outputs[0], group.range);
    }
  }
  for (size_t t = 0; t < graph.tensors.size(); ++t) {
    const TensorId id = static_cast<TensorId>(t);
    if (!quantized_[t] || moved[t]) continue;
    const std::string& name = graph.tensor(id).name;
    const calibrate::TensorStatistics& statistics = calibration.statistics(id);
    if (statistics.non_finite() > 0) {
      warnings.push_back("Tensor '" + name + "' held " + std::to_string(statistics.non_finite()) +
                         " NaN or infinite values during calibration; they were left out of its range.");
    }
    if (groups_[root(t)].fixed) continue;
    if (statistics.count() == 0) {
      warnings.push_back("Tensor '" + name + "' was never reached with a finite value; its scale is 1.");
    } else if (statistics.low() == 0 && statistics.high() == 0) {
      warnings.push_back("Tensor '" + name + "' was zero in every calibration sample; its scale is 1.");
    }
    widen(id, calibrate::choose_range(statistics, params.calibration, params.activations.bits,
                                      params.activations.asymmetric));
  }
}

bool ActivationPlan::double_scale(TensorId id) {
  Group& group = groups_[root(index(id))];
  if (group.fixed) return false;
  QuantParams& params = group.params;
  params.scale[0] *= 2.0f;
  // A zero point of 0 stays: symmetric schemes need it, and the range is covered with room to spare.
  if (params.zero_point[0] != 0) {
    const double low = group.range.low / static_cast<double>(params.scale[0]);
    params.zero_point[0] = static_cast<int32_t>(std::clamp(std::round(-128.0 - low), -128.0, 127.0));
  }
  return true;
}

}  // namespace octet::quantize
