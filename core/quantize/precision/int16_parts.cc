#include "quantize/precision/int16_parts.h"

#include <algorithm>

#include "ops/operator.h"
#include "ops/parts.h"
#include "quantize/settings/node_settings.h"

namespace octet::quantize {

bool has_int16_parts(const Node& node, const partition::Target& target) {
  const ops::Operator& op = ops::operator_of(node.op);
  const ops::Parts* const parts = op.parts;
  const auto runs = [&](const ops::Operator& part) {
    return partition::runs_in(part, target, Precision::Int16);
  };
  return parts != nullptr && !runs(op) &&
         std::all_of(parts->kinds.begin(), parts->kinds.end(),
                     [&](OpKind kind) { return runs(ops::operator_of(kind)); });
}

bool wants_int16_parts(const Node& node, const partition::Target& target, const QuantizationParams& params) {
  return has_int16_parts(node, target) && has_own_precision(params, node) &&
         format_of(params, node).precision == Precision::Int16;
}

void split_for_int16(Graph& graph, const partition::Target& target, const QuantizationParams& params) {
  ops::split_into_parts(graph, [&](const Node& node) { return wants_int16_parts(node, target, params); });
}

}  // namespace octet::quantize
