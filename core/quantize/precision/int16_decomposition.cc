#include "quantize/precision/int16_decomposition.h"

#include <algorithm>

#include "ops/decomposition.h"
#include "ops/operator.h"
#include "quantize/settings/node_settings.h"

namespace octet::quantize {

bool is_decomposed_for_int16(const Node& node, const partition::Target& target) {
  const ops::Operator& op = ops::operator_of(node.op);
  const ops::Decomposition* const decomposition = op.decomposition;
  const auto runs = [&](const ops::Operator& component) {
    return partition::runs_in(component, target, Precision::Int16);
  };
  return decomposition != nullptr && !runs(op) &&
         std::all_of(decomposition->kinds.begin(), decomposition->kinds.end(),
                     [&](OpKind kind) { return runs(ops::operator_of(kind)); });
}

bool wants_int16_decomposition(const Node& node, const partition::Target& target,
                               const QuantizationParams& params) {
  return is_decomposed_for_int16(node, target) && has_own_precision(params, node) &&
         format_of(params, node).precision == Precision::Int16;
}

void decompose_for_int16(Graph& graph, const partition::Target& target, const QuantizationParams& params) {
  ops::decompose(graph, [&](const Node& node) { return wants_int16_decomposition(node, target, params); });
}

}  // namespace octet::quantize
