#include "quantize/precision/placement.h"

#include <algorithm>
#include <string>

#include "partition/node_names.h"
#include "partition/normalization_parts.h"
#include "quantize/precision/int16_parts.h"
#include "quantize/precision/unequal_parts.h"
#include "quantize/precision/wide_tables.h"

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

/// True where a precision can be added to what the node has of its own: an entry of its own name would hide
/// what a pattern says.
bool can_be_given_a_precision(const QuantizationParams& params, const Node& node) {
  const auto [own, fit] = fitting_config(params, node);
  return own == nullptr || (fit == partition::Fit::Exact && !own->precision && !own->activations);
}

void check_target(const Graph& graph, const partition::Target& target, const QuantizationParams& params) {
  if (target.bf16) return;
  for (const Node& node : graph.nodes) {
    if (quantize::format_of(params, node).precision != Precision::BFloat16) continue;
    throw Error(
        ErrorCode::InvalidConfig,
        "BF16 was asked for '" + node.name + "', and " + std::string(target.description) + " has no BF16.",
        {.node = node.name}, "Choose the target gen2 (Modalix), which has it, or another precision.");
  }
}

/// Places with some nodes in INT16, and with others where they were found to lose fewer values.
partition::Report place_with(Graph& graph, const partition::Target& target, const QuantizationParams& params,
                             const std::vector<bool>& wide, const Relocations& relocations) {
  const auto number = [&](const Node& node) { return static_cast<size_t>(&node - graph.nodes.data()); };
  const auto precision = [&](const Node& node) {
    if (const std::optional<Relocation>& moved = relocations.by_node[number(node)]) return moved->precision;
    return wide[number(node)] ? Precision::Int16 : quantize::format_of(params, node).precision;
  };
  const auto float_sentence = [&](const Node& node) {
    const std::optional<Relocation>& moved = relocations.by_node[number(node)];
    return moved ? moved->reason : std::string(partition::kAskedForFloat);
  };
  partition::Report report = partition::partition(graph, target,
                                                  {.unquantized_nodes = params.unquantized_nodes,
                                                   .precision = precision,
                                                   .float_sentence = float_sentence});
  report.notes.insert(report.notes.end(), relocations.notes.begin(), relocations.notes.end());
  return report;
}

/// By node: true where a function's result is not rounded to 8 bits.
std::vector<bool> wide_nodes(const Graph& graph, const partition::Target& target,
                             const QuantizationParams& params) {
  std::vector<bool> none(graph.nodes.size(), false);
  if (params.prefer_int8_udf) return none;
  Graph placed = graph;
  place_with(placed, target, params, none,
             {.by_node = decltype(Relocations::by_node)(none.size()), .notes = {}});
  return wide_table_nodes(placed, target, params);
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

std::map<TensorId, calibrate::Method> own_methods(const Graph& graph, const QuantizationParams& params) {
  std::map<TensorId, calibrate::Method> methods;
  for (const Node& node : graph.nodes) {
    const NodeConfig* const own = config_of(params, node);
    if (own == nullptr || !own->calibration) continue;
    for (const TensorId output : node.outputs) methods[output] = *own->calibration;
  }
  return methods;
}

partition::Report place(Graph& graph, const partition::Target& target, const QuantizationParams& params) {
  for (const auto& entry : params.custom_configs)
    partition::check_name(graph, entry.first, "which has settings of its own");
  check_target(graph, target, params);
  const Relocations none = {.by_node = std::vector<std::optional<Relocation>>(graph.nodes.size()),
                            .notes = {}};
  return place_with(graph, target, params, wide_nodes(graph, target, params), none);
}

partition::Report place(Graph& graph, const partition::Target& target, const QuantizationParams& params,
                        const calibrate::Calibrator& calibration) {
  partition::Report report = place(graph, target, params);
  const Relocations relocations = relocate_unequal_parts(graph, target, calibration, params);
  if (relocations.empty()) return report;
  const std::vector<bool> wide = wide_nodes(graph, target, params);
  return place_with(graph, target, params, wide, relocations);
}

std::vector<bool> may_compute_in_int16(const Graph& graph, const partition::Target& target,
                                       const QuantizationParams& params) {
  Graph int16 = graph;
  const auto wanted = [](const Node&) { return Precision::Int16; };
  partition::partition(int16, target, {.unquantized_nodes = params.unquantized_nodes, .precision = wanted});
  std::vector<bool> may;
  for (const Node& node : int16.nodes) {
    const bool runs = node.placement.unit == Unit::Mla || has_int16_parts(node, target);
    may.push_back(runs && can_be_given_a_precision(params, node));
  }
  if (!target.has_mla()) return may;
  for (const partition::Norm& norm : partition::find_norms(graph)) {
    for (const NodeId node : norm.nodes) may[index(node)] = false;
  }
  return may;
}

std::vector<std::string> precision_warnings(const QuantizationParams& params) {
  if (!params.weights.bfloat16 || params.activations.bfloat16) return {};
  return {"BF16 weights need BF16 activations; activations are BF16, not INT" +
          std::to_string(params.activations.bits) + " as the settings say."};
}

}  // namespace octet::quantize
