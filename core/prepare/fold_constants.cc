#include <algorithm>
#include <memory>
#include <utility>

#include "emulate/executor.h"
#include "ir/dequantized.h"
#include "prepare/rewrites.h"

namespace octet::prepare {
namespace {

bool reads_constants_only(const Graph& graph, const Node& node) {
  return std::all_of(node.inputs.begin(), node.inputs.end(),
                     [&](TensorId id) { return id == TensorId::None || graph.tensor(id).is_constant(); });
}

/// Integer weights behind DEQUANTIZE, per tensor or per channel.
bool dequantizes_integers(const Graph& graph, const Node& node) {
  return node.op == OpKind::Dequantize && graph.tensor(node.inputs[0]).quantization.has_value();
}

/// Runs the node by itself and makes its outputs constants of `graph`.
void evaluate(Graph& graph, const Node& node) {
  auto alone = std::make_shared<Graph>();
  const auto copies = [&](const std::vector<TensorId>& ids) {
    std::vector<TensorId> list;
    for (const TensorId id : ids)
      list.push_back(id == TensorId::None ? id : alone->add_tensor(graph.tensor(id)));
    return list;
  };
  Node copy = node;
  copy.inputs = copies(node.inputs);
  copy.outputs = copies(node.outputs);
  alone->outputs = copy.outputs;
  alone->nodes.push_back(std::move(copy));

  emulate::Executor executor(alone);
  executor.run();
  for (size_t i = 0; i < node.outputs.size(); ++i) {
    graph.tensor(node.outputs[i]).constant = make_constant(executor.output(i));
  }
}

}  // namespace

int fold_constants(Graph& graph) {
  std::vector<Node> kept;
  int folded = 0;
  for (Node& node : graph.nodes) {
    if (reads_constants_only(graph, node)) {
      if (dequantizes_integers(graph, node)) {
        graph.tensor(node.outputs[0]).constant = dequantized(graph.tensor(node.inputs[0])).constant;
      } else {
        evaluate(graph, node);
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
