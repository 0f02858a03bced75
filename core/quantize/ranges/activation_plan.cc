#include "quantize/ranges/activation_plan.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <numeric>
#include <optional>
#include <set>
#include <utility>

#include "quantize/ranges/integer_params.h"
#include "quantize/ranges/part_ratio.h"
#include "quantize/settings/node_settings.h"

namespace octet::quantize {
namespace {

using ops::OutputQuantization;

const ops::QuantizationRule& rule_of(const Node& node) { return ops::operator_of(node.op).quantization; }

bool is_activation(const Graph& graph, TensorId id) {
  return id != TensorId::None && !graph.tensor(id).is_constant() && graph.tensor(id).dtype == DType::Float32;
}

/// The values that an operator adds to its group by itself: constants it selects among, and a padding value.
/// Infinite ones are left out, where they make a difference, as those of calibration.
calibrate::Range constant_range(const Graph& graph, const Node& node, const ops::Interval& relevant) {
  calibrate::Range range;
  const auto include = [&](float value) {
    const double moved = std::clamp<double>(value, relevant.low, relevant.high);
    if (!std::isfinite(moved)) return;
    range.low = std::min(range.low, moved);
    range.high = std::max(range.high, moved);
  };
  for (const TensorId input : node.inputs) {
    if (input == TensorId::None || !graph.tensor(input).is_constant()) continue;
    if (graph.tensor(input).dtype != DType::Float32) continue;
    for (const float value : graph.tensor(input).values<float>()) include(value);
  }
  if (const Pad* pad = std::get_if<Pad>(&node.attributes)) include(pad->value);
  return range;
}

/// Parameters that an operator fixes for its output, whatever was calibrated.
std::optional<QuantParams> fixed_params(const ops::QuantizationRule& rule, Precision precision) {
  if (rule.output != OutputQuantization::Fixed) return {};
  if (precision == Precision::Int8) return QuantParams::per_tensor(rule.fixed_scale, rule.fixed_zero_point);
  if (rule.fixed_scale_int16 > 0) return QuantParams::per_tensor(rule.fixed_scale_int16, 0);
  return {};
}

}  // namespace

ActivationPlan::ActivationPlan(const Graph& graph, RelevantValues relevant, std::vector<bool> untied)
    : relevant_(std::move(relevant)),
      untied_(std::move(untied)),
      quantized_(2 * graph.tensors.size(), false),
      parent_(2 * graph.tensors.size()),
      groups_(2 * graph.tensors.size()) {
  std::iota(parent_.begin(), parent_.end(), size_t{0});
  mark_quantized(graph);
  form_groups(graph);
}

ActivationPlan::ActivationPlan(const Graph& graph, const calibrate::Calibrator& calibration,
                               RelevantValues relevant, const QuantizationParams& params,
                               std::vector<std::string>& warnings)
    : ActivationPlan(graph, std::move(relevant)) {
  const auto cover = [&] {
    std::vector<std::string> about_tensors;
    choose_symmetry(graph, params);
    add_ranges(graph, calibration, params, about_tensors);
    choose_params();
    return about_tensors;
  };
  std::vector<std::string> about_tensors = cover();
  if (std::vector<bool> untied = unequal_ties(graph, calibration, params); !untied.empty()) {
    *this = ActivationPlan(graph, std::move(relevant_), std::move(untied));
    about_tensors = cover();
  }
  std::move(about_tensors.begin(), about_tensors.end(), std::back_inserter(warnings));
}

ActivationPlan::ActivationPlan(const Graph& graph, const std::map<std::string, QuantParams>& stored)
    : ActivationPlan(graph, RelevantValues()) {
  const std::vector<bool> moved = add_moved_ranges(graph);
  std::vector<std::optional<QuantParams>> first(groups_.size());  // By root, of the tensors computed into it.
  std::vector<bool> differ(groups_.size(), false);
  for (size_t t = 0; t < graph.tensors.size(); ++t) {
    const TensorId id = static_cast<TensorId>(t);
    const auto params = stored.find(graph.tensor(id).name);
    if (params == stored.end()) continue;
    for (const Precision precision : {Precision::Int8, Precision::Int16}) {
      const size_t s = slot(id, precision);
      if (!quantized_[s] || moved[s]) continue;
      widen(id, precision, range_of(params->second, precision));
      std::optional<QuantParams>& known = first[root(s)];
      if (known && *known != params->second) differ[root(s)] = true;
      known = params->second;
    }
  }
  choose_params();
  for (size_t s = 0; s < groups_.size(); ++s) {
    if (first[s] && !differ[s] && !groups_[s].fixed) groups_[s].params = *first[s];
  }
}

void ActivationPlan::choose_params() {
  for (size_t s = 0; s < groups_.size(); ++s) {
    Group& group = groups_[s];
    if (parent_[s] != s || group.fixed) continue;
    const bool int16 = s == slot(static_cast<TensorId>(s / 2), Precision::Int16);
    group.params = int16 ? int16_params(group.range) : int8_params(group.range, group.asymmetric);
  }
}

size_t ActivationPlan::root(size_t slot) const {
  while (parent_[slot] != slot) slot = parent_[slot];
  return slot;
}

void ActivationPlan::unite(TensorId a, TensorId b, Precision precision) {
  const size_t root_a = root(slot(a, precision));
  const size_t root_b = root(slot(b, precision));
  if (root_a == root_b) return;
  // A fixed group stays the root; the caller never unites two different fixed ones.
  const bool keep_b = groups_[root_b].fixed;
  parent_[keep_b ? root_a : root_b] = keep_b ? root_b : root_a;
}

void ActivationPlan::mark_quantized(const Graph& graph) {
  for (const Node& node : graph.nodes) {
    if (!is_integer(node)) continue;
    const Precision precision = node.placement.precision;
    for (const TensorId input : node.inputs) {
      if (is_activation(graph, input)) quantized_[slot(input, precision)] = true;
    }
    if (rule_of(node).output == OutputQuantization::NotQuantized) continue;
    for (const TensorId output : node.outputs) {
      if (is_activation(graph, output)) quantized_[slot(output, precision)] = true;
    }
  }
}

void ActivationPlan::form_groups(const Graph& graph) {
  for (const Node& node : graph.nodes) {
    if (!is_integer(node)) continue;
    const ops::QuantizationRule& rule = rule_of(node);
    const Precision precision = node.placement.precision;
    switch (rule.output) {
      case OutputQuantization::Fixed:
        if (const std::optional<QuantParams> params = fixed_params(rule, precision)) {
          group(node.outputs[0], precision) = {
              .range = range_of(*params, precision), .fixed = true, .params = *params};
        }
        break;
      case OutputQuantization::SameAsInput:
        for (const TensorId output : node.outputs) unite(node.inputs[rule.same_as], output, precision);
        break;
      case OutputQuantization::AllSame:
        if (ties(graph, node)) tie_all(graph, node);
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
  const Precision precision = node.placement.precision;
  const auto fixed = [&](TensorId id) { return group(id, precision).fixed; };
  const bool all_equal = !inputs.empty() && std::all_of(inputs.begin(), inputs.end(), [&](TensorId id) {
    return fixed(id) && of(id, precision) == of(inputs[0], precision);
  });
  for (const TensorId output : node.outputs) {
    for (const TensorId input : inputs) {
      if (!fixed(input)) unite(output, input, precision);
    }
    if (all_equal) unite(output, inputs[0], precision);
  }
}

void ActivationPlan::widen(TensorId id, Precision precision, calibrate::Range range) {
  Group& widened = group(id, precision);
  if (widened.fixed) return;
  widened.range.low = std::min(widened.range.low, range.low);
  widened.range.high = std::max(widened.range.high, range.high);
}

std::vector<bool> ActivationPlan::add_moved_ranges(const Graph& graph) {
  std::vector<bool> moved(groups_.size(), false);
  for (const Node& node : graph.nodes) {
    if (!is_integer(node)) continue;
    if (!ties(graph, node)) continue;
    const Precision precision = node.placement.precision;
    for (const TensorId id : node.outputs) {
      moved[slot(id, precision)] = true;
      widen(id, precision, constant_range(graph, node, relevant_.of(id)));
    }
    for (const TensorId input : node.inputs) {
      if (!is_activation(graph, input)) continue;
      const Group& source = group(input, precision);
      if (source.fixed) widen(node.outputs[0], precision, source.range);
    }
  }
  return moved;
}

void ActivationPlan::choose_symmetry(const Graph& graph, const QuantizationParams& params) {
  for (Group& group : groups_) group.asymmetric = int8_is_asymmetric(params);
  std::set<size_t> symmetric;
  for (const Node& node : graph.nodes) {
    if (!is_integer(node) || node.placement.precision != Precision::Int8) continue;
    const std::optional<bool> asymmetric = format_of(params, node).asymmetric;
    if (!asymmetric) continue;
    for (const TensorId output : node.outputs) {
      const size_t of_group = root(slot(output, Precision::Int8));
      if (!*asymmetric) symmetric.insert(of_group);
      groups_[of_group].asymmetric = *asymmetric;
    }
  }
  for (const size_t of_group : symmetric) groups_[of_group].asymmetric = false;
}

bool ActivationPlan::ties(const Graph& graph, const Node& node) const {
  if (!ops::keeps_scale(ops::operator_of(node.op))) return false;
  return untied_.empty() || !untied_[static_cast<size_t>(&node - graph.nodes.data())];
}

std::vector<bool> ActivationPlan::unequal_ties(const Graph& graph, const calibrate::Calibrator& calibration,
                                               const QuantizationParams& params) const {
  const std::map<TensorId, calibrate::Method> own = own_methods(graph, params);
  // How many steps of its group's scale a tensor takes by itself; nothing for one that is always zero.
  const auto steps = [&](TensorId id, Precision precision) -> std::optional<double> {
    const Group& shared = group(id, precision);
    if (!is_activation(graph, id) || shared.fixed || calibration.statistics(id).count() == 0) return {};
    const calibrate::Range range =
        own_range(id, precision, calibration.statistics(id), method_of(id, own, params));
    const double width = std::max(range.high - range.low, 0.0);
    return width > 0 ? std::optional(width / static_cast<double>(shared.params.scale[0])) : std::nullopt;
  };
  std::vector<bool> untied(graph.nodes.size(), false);
  bool any = false;
  for (size_t n = 0; n < graph.nodes.size(); ++n) {
    const Node& node = graph.nodes[n];
    if (!is_integer(node) || rule_of(node).output != OutputQuantization::AllSame) continue;
    const Precision precision = node.placement.precision;
    std::vector<double> taken;
    for (const std::vector<TensorId>* list : {&node.inputs, &node.outputs}) {
      for (const TensorId id : *list) {
        if (id == TensorId::None) continue;
        if (const std::optional<double> own_steps = steps(id, precision)) taken.push_back(*own_steps);
      }
    }
    if (taken.empty()) continue;
    const auto [fewest, most] = std::minmax_element(taken.begin(), taken.end());
    // MAXIMUM and MINIMUM may drop a constant that is far beyond all values.
    const bool is_choice = node.op == OpKind::Maximum || node.op == OpKind::Minimum;
    const bool drops = is_choice && std::any_of(node.inputs.begin(), node.inputs.end(), [&](TensorId id) {
                         return id != TensorId::None && graph.tensor(id).is_constant();
                       });
    untied[n] = *fewest < kFewestSteps && (drops || *most > 2 * *fewest);
    any = any || untied[n];
  }
  return any ? untied : std::vector<bool>();
}

calibrate::Range ActivationPlan::own_range(TensorId id, Precision precision,
                                           const calibrate::TensorStatistics& statistics,
                                           const calibrate::Method& method) const {
  const bool int16 = precision == Precision::Int16;
  const bool asymmetric = !int16 && group(id, precision).asymmetric;
  return calibrate::choose_range(statistics, method, int16 ? 16 : 8, asymmetric, relevant_.of(id));
}

void ActivationPlan::add_ranges(const Graph& graph, const calibrate::Calibrator& calibration,
                                const QuantizationParams& params, std::vector<std::string>& warnings) {
  const std::map<TensorId, calibrate::Method> own = own_methods(graph, params);
  // Values are computed into a group by graph inputs, by float nodes and by operators with a range of their
  // own; operators that only move or select values add no range, but for their constants.
  const std::vector<bool> moved = add_moved_ranges(graph);
  for (size_t t = 0; t < graph.tensors.size(); ++t) {
    const TensorId id = static_cast<TensorId>(t);
    std::vector<Precision> computed;
    for (const Precision precision : {Precision::Int8, Precision::Int16}) {
      const size_t s = slot(id, precision);
      if (quantized_[s] && !moved[s]) computed.push_back(precision);
    }
    if (computed.empty()) continue;
    const calibrate::TensorStatistics& statistics = calibration.statistics(id);
    const std::string& name = graph.tensor(id).name;
    const bool masked = statistics.non_finite() > 0 && is_bounded(relevant_.of(id));
    if (statistics.non_finite() > 0 && !masked) {
      warnings.push_back("Tensor '" + name + "' held " + std::to_string(statistics.non_finite()) +
                         " NaN or infinite values during calibration; they were left out of its range.");
    }
    std::erase_if(computed, [&](Precision precision) { return group(id, precision).fixed; });
    if (computed.empty()) continue;
    if (masked) {
      // Infinities, of which calibration took what is relevant.
    } else if (statistics.count() == 0) {
      warnings.push_back("Tensor '" + name + "' was never reached with a finite value; its scale is 1.");
    } else if (statistics.low() == 0 && statistics.high() == 0) {
      warnings.push_back("Tensor '" + name + "' was zero in every calibration sample; its scale is 1.");
    }
    const calibrate::Method& chosen = method_of(id, own, params);
    for (const Precision precision : computed)
      widen(id, precision, own_range(id, precision, statistics, chosen));
  }
}

bool ActivationPlan::double_scale(TensorId id, Precision precision) {
  Group& doubled = group(id, precision);
  if (doubled.fixed) return false;
  QuantParams& params = doubled.params;
  params.scale[0] *= 2.0f;
  // A zero point of 0 stays: symmetric schemes need it, and the range is covered with room to spare.
  if (params.zero_point[0] != 0) {
    const double low = doubled.range.low / static_cast<double>(params.scale[0]);
    params.zero_point[0] = static_cast<int32_t>(std::clamp(std::round(-128.0 - low), -128.0, 127.0));
  }
  return true;
}

}  // namespace octet::quantize
