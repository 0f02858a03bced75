#include "quantize/settings/node_settings.h"

#include <algorithm>
#include <string>

#include "partition/node_names.h"

namespace octet::quantize {
namespace {

struct NumberKinds {
  Precision precision;
  bool bfloat16_weights = false;
};

NumberKinds kinds_of(NodePrecision precision) {
  switch (precision) {
    case NodePrecision::Int8:
      return {Precision::Int8};
    case NodePrecision::Int16:
      return {Precision::Int16};
    case NodePrecision::BFloat16:
      return {Precision::BFloat16, true};
    case NodePrecision::BFloat16Int8Weights:
      return {Precision::BFloat16};
    case NodePrecision::Float:
      break;
  }
  return {Precision::Float32};
}

NumberKinds kinds_of(const Scheme& activations, const Scheme& weights) {
  if (weights.bfloat16) return kinds_of(NodePrecision::BFloat16);
  if (activations.bfloat16) return kinds_of(NodePrecision::BFloat16Int8Weights);
  return kinds_of(activations.bits == 16 ? NodePrecision::Int16 : NodePrecision::Int8);
}

/// An entry, and how its name fits the node.
struct FittingConfig {
  const NodeConfig* config = nullptr;
  partition::Fit fit = partition::Fit::None;
};

FittingConfig fitting_config(const QuantizationParams& params, const Node& node) {
  FittingConfig found;
  for (const auto& [name, config] : params.custom_configs) {
    const partition::Fit fit = partition::fit_of(name, node);
    if (fit == partition::Fit::None) continue;
    found = {&config, fit};
    if (fit == partition::Fit::Exact) break;
  }
  return found;
}

}  // namespace

QuantizationParams with_whole_names(const Graph& graph, const QuantizationParams& params) {
  QuantizationParams whole = params;
  whole.unquantized_nodes.clear();
  for (const std::string& name : params.unquantized_nodes)
    whole.unquantized_nodes.insert(partition::whole_name(graph, name));
  whole.custom_configs.clear();
  for (const auto& [name, config] : params.custom_configs) {
    const std::string node = partition::whole_name(graph, name);
    if (whole.custom_configs.emplace(node, config).second) continue;
    throw Error(ErrorCode::InvalidConfig, "'" + node + "' has settings of its own under two names.",
                {.node = node}, "Give them once, under the whole name or under the short one.");
  }
  return whole;
}

const NodeConfig* config_of(const QuantizationParams& params, const Node& node) {
  return fitting_config(params, node).config;
}

NodeFormat format_of(const QuantizationParams& params, const Node& node) {
  static const NodeConfig kNone;
  const NodeConfig* const entry = config_of(params, node);
  const NodeConfig& own = entry != nullptr ? *entry : kNone;
  const Scheme& weights = own.weights.value_or(params.weights);
  const Scheme& activations = own.activations.value_or(params.activations);
  const NumberKinds kinds = own.precision ? kinds_of(*own.precision) : kinds_of(activations, weights);
  NodeFormat format = {.precision = kinds.precision, .bfloat16_weights = kinds.bfloat16_weights};
  // Where all others' weights are BF16, integer ones are as by default.
  format.weights = weights.bfloat16 ? QuantizationParams{}.weights : weights;
  if (own.activations) format.asymmetric = own.activations->asymmetric;
  return format;
}

bool has_own_precision(const QuantizationParams& params, const Node& node) {
  const NodeConfig* const own = config_of(params, node);
  return own != nullptr && (own->precision || own->activations);
}

bool is_precision_given(const QuantizationParams& params, const Node& node) {
  const auto& kept = params.unquantized_nodes;
  return has_own_precision(params, node) || std::any_of(kept.begin(), kept.end(), [&](const auto& name) {
           return partition::fit_of(name, node) != partition::Fit::None;
         });
}

bool can_be_given_a_precision(const QuantizationParams& params, const Node& node) {
  const auto [own, fit] = fitting_config(params, node);
  return own == nullptr || (fit == partition::Fit::Exact && !own->precision && !own->activations);
}

bool int8_is_asymmetric(const QuantizationParams& params) {
  const bool int8 = !params.activations.bfloat16 && params.activations.bits == 8;
  return !int8 || params.activations.asymmetric;
}

std::map<TensorId, calibrate::Method> own_methods(const Graph& graph, const QuantizationParams& params) {
  std::map<TensorId, calibrate::Method> methods;
  for (const Node& node : graph.nodes) {
    const NodeConfig* const own = config_of(params, node);
    if (own == nullptr || !own->calibration) continue;
    for (const TensorId output : node.outputs) methods[output] = *own->calibration;
  }
  return methods;
}

const calibrate::Method& method_of(TensorId id, const std::map<TensorId, calibrate::Method>& own,
                                   const QuantizationParams& params) {
  const auto found = own.find(id);
  return found != own.end() ? found->second : params.calibration;
}

}  // namespace octet::quantize
