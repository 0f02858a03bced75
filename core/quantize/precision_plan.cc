#include "quantize/precision_plan.h"

#include <algorithm>
#include <string_view>

namespace octet::quantize {
namespace {

/// True when `pattern`, with '*' for any characters and '?' for one, covers the whole of `text`. The last '*'
/// is retried one character further at each mismatch, so that time is at most the product of the lengths.
bool matches(std::string_view pattern, std::string_view text) {
  size_t p = 0;
  size_t t = 0;
  size_t star = std::string_view::npos;
  size_t retry = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      retry = t;
    } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == text[t])) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++retry;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

bool is_pattern(std::string_view name) { return name.find_first_of("*?") != std::string_view::npos; }

/// How well an entry's name fits a node.
enum class Fit : uint8_t { None, Pattern, Exact };

Fit fit_of(const std::string& name, const Node& node) {
  if (partition::stands_for(node, name)) return Fit::Exact;
  if (!is_pattern(name)) return Fit::None;
  const bool source = std::any_of(node.source_nodes.begin(), node.source_nodes.end(),
                                  [&](const std::string& each) { return matches(name, each); });
  return source || matches(name, node.name) ? Fit::Pattern : Fit::None;
}

NodeFormat format_of(NodePrecision precision) {
  switch (precision) {
    case NodePrecision::Int8:
      return {.precision = Precision::Int8};
    case NodePrecision::Int16:
      return {.precision = Precision::Int16};
    case NodePrecision::BFloat16:
      return {.precision = Precision::BFloat16, .bfloat16_weights = true};
    case NodePrecision::BFloat16Int8Weights:
      return {.precision = Precision::BFloat16};
    case NodePrecision::Float:
      break;
  }
  return {.precision = Precision::Float32};
}

NodeFormat format_of(const QuantizationParams& params) {
  if (params.weights.bfloat16) return format_of(NodePrecision::BFloat16);
  if (params.activations.bfloat16) return format_of(NodePrecision::BFloat16Int8Weights);
  return format_of(params.activations.bits == 16 ? NodePrecision::Int16 : NodePrecision::Int8);
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

}  // namespace

NodeFormat format_of(const QuantizationParams& params, const Node& node) {
  NodeFormat format = format_of(params);
  for (const auto& [name, precision] : params.custom_precisions) {
    const Fit fit = fit_of(name, node);
    if (fit == Fit::None) continue;
    format = format_of(precision);
    if (fit == Fit::Exact) break;
  }
  return format;
}

partition::Report place(Graph& graph, const partition::Target& target, const QuantizationParams& params) {
  for (const auto& entry : params.custom_precisions) {
    const bool known = std::any_of(graph.nodes.begin(), graph.nodes.end(),
                                   [&](const Node& node) { return fit_of(entry.first, node) != Fit::None; });
    if (!known) partition::unknown_node(graph, entry.first, "which has a precision of its own");
  }
  check_target(graph, target, params);
  return partition::partition(
      graph, target,
      {.unquantized_nodes = params.unquantized_nodes,
       .precision = [&params](const Node& node) { return format_of(params, node).precision; }});
}

std::vector<std::string> precision_warnings(const QuantizationParams& params) {
  if (!params.weights.bfloat16 || params.activations.bfloat16) return {};
  return {"BF16 weights need BF16 activations; activations are BF16, not INT" +
          std::to_string(params.activations.bits) + " as the settings say."};
}

}  // namespace octet::quantize
