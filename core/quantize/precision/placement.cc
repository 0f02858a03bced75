#include "quantize/precision/placement.h"

#include <algorithm>
#include <string>

#include "partition/node_names.h"
#include "partition/normalization_parts.h"
#include "quantize/precision/int16_decomposition.h"
#include "quantize/precision/unequal_parts.h"
#include "quantize/precision/wide_tables.h"
#include "quantize/settings/node_settings.h"

namespace octet::quantize {
namespace {

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

partition::Report place(Graph& graph, const partition::Target& target, const QuantizationParams& params) {
  for (const auto& entry : params.custom_configs)
    partition::check_name(graph, entry.first, "which has settings of its own");
  check_target(graph, target, params);
  const Relocations none = {.by_node = std::vector<std::optional<Relocation>>(graph.nodes.size()),
                            .notes = {}};
  return place_with(graph, target, params, wide_nodes(graph, target, params), none);
}

partition::Report place(Graph& graph, const partition::Target& target, const QuantizationParams& params,
                        const calibrate::Calibrator& calibration, const RelevantValues& relevant) {
  partition::Report report = place(graph, target, params);
  const Relocations relocations = relocate_unequal_parts(graph, target, calibration, relevant, params);
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
    const bool runs = node.placement.unit == Unit::Mla || is_decomposed_for_int16(node, target);
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
