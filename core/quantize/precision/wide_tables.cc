#include "quantize/precision/wide_tables.h"

#include <algorithm>

#include "ops/operator.h"
#include "quantize/settings/node_settings.h"

namespace octet::quantize {
namespace {

/// Functions of one value; those that only clamp or scale it gain nothing by a finer result.
bool is_function(OpKind kind) { return ops::operator_of(kind).elements == ops::Elements::Curved; }

bool is_arithmetic(OpKind kind) { return kind == OpKind::Add || kind == OpKind::Sub || kind == OpKind::Mul; }

bool is_int8(const Node& node) {
  return node.placement.unit == Unit::Mla && node.placement.precision == Precision::Int8;
}

}  // namespace

std::vector<bool> wide_table_nodes(const Graph& graph, const partition::Target& target,
                                   const QuantizationParams& params) {
  const std::vector<std::vector<NodeId>> readers = consumers(graph);
  const auto may_widen = [&](const Node& node) {
    return is_int8(node) && partition::runs_in(ops::operator_of(node.op), target, Precision::Int16) &&
           !has_own_precision(params, node);
  };
  const auto takes_int16 = [&](NodeId id) {
    const Node& reader = graph.node(id);
    return !is_int8(reader) || (is_arithmetic(reader.op) && may_widen(reader));
  };
  std::vector<bool> wide(graph.nodes.size(), false);
  for (size_t n = 0; n < graph.nodes.size(); ++n) {
    const Node& node = graph.nodes[n];
    if (!is_function(node.op) || !may_widen(node)) continue;
    const std::vector<NodeId>& list = readers[index(node.outputs[0])];
    if (!std::all_of(list.begin(), list.end(), takes_int16)) continue;
    wide[n] = true;
    for (const NodeId reader : list) {
      if (is_int8(graph.node(reader))) wide[index(reader)] = true;
    }
  }
  return wide;
}

}  // namespace octet::quantize
