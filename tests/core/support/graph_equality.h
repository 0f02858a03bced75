// Compares graphs field by field and says where they differ.
#pragma once

#include <algorithm>
#include <string>

#include "ir/graph.h"

namespace octet::test {

inline std::string difference(const Tensor& a, const Tensor& b) {
  if (a.name != b.name) return "name " + b.name;
  if (a.dtype != b.dtype) return "type " + std::string(to_string(b.dtype));
  if (a.shape != b.shape) return "shape " + to_string(b.shape);
  if (a.is_constant() != b.is_constant()) return "one is constant";
  if (a.is_constant() && !std::ranges::equal(*a.constant, *b.constant)) return "contents";
  if (a.quantization != b.quantization) return "quantization";
  return {};
}

inline std::string difference(const Node& a, const Node& b) {
  if (a.name != b.name) return "name " + b.name;
  if (a.op != b.op) return "operator " + std::string(to_string(b.op));
  if (a.attributes != b.attributes) return "attributes";
  if (a.inputs != b.inputs || a.outputs != b.outputs) return "operands";
  if (a.source_nodes != b.source_nodes) return "source nodes";
  if (a.placement.unit != b.placement.unit || a.placement.segment != b.placement.segment ||
      a.placement.reasons != b.placement.reasons) {
    return "placement";
  }
  if (a.requantization != b.requantization) return "requantization";
  return {};
}

/// Empty when the graphs are equal in every field.
inline std::string difference(const Graph& a, const Graph& b) {
  if (a.name != b.name) return "graph name " + b.name;
  if (a.tensors.size() != b.tensors.size()) return std::to_string(b.tensors.size()) + " tensors";
  if (a.nodes.size() != b.nodes.size()) return std::to_string(b.nodes.size()) + " nodes";
  for (size_t i = 0; i < a.tensors.size(); ++i) {
    const std::string found = difference(a.tensors[i], b.tensors[i]);
    if (!found.empty()) return "tensor " + a.tensors[i].name + ": " + found;
  }
  for (size_t i = 0; i < a.nodes.size(); ++i) {
    const std::string found = difference(a.nodes[i], b.nodes[i]);
    if (!found.empty()) return "node " + a.nodes[i].name + ": " + found;
  }
  if (a.inputs != b.inputs) return "inputs";
  if (a.outputs != b.outputs) return "outputs";
  return {};
}

}  // namespace octet::test
