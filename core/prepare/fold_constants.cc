// Nodes that read constants only are computed here, once: converters leave weights as float16 or integers
// behind DEQUANTIZE, and arithmetic of shapes that are known.
#include <utility>

#include "emulate/evaluate.h"
#include "ir/dequantized.h"
#include "prepare/rewrites.h"

namespace octet::prepare {
namespace {

/// Integer weights behind DEQUANTIZE, per tensor or per channel.
bool dequantizes_integers(const Graph& graph, const Node& node) {
  return node.op == OpKind::Dequantize && graph.tensor(node.inputs[0]).quantization.has_value();
}

}  // namespace

int fold_constants(Graph& graph) {
  std::vector<Node> kept;
  int folded = 0;
  for (Node& node : graph.nodes) {
    if (emulate::reads_constants_only(graph, node)) {
      if (dequantizes_integers(graph, node)) {
        graph.tensor(node.outputs[0]).constant = dequantized(graph.tensor(node.inputs[0])).constant;
      } else {
        emulate::make_constant_outputs(graph, node);
      }
      ++folded;
    } else {
      kept.push_back(std::move(node));
    }
  }
  graph.nodes = std::move(kept);
  return folded;
}

}  // namespace octet::prepare
