#include "emulate/evaluate.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "emulate/executor.h"

namespace octet::emulate {

bool reads_constants_only(const Graph& graph, const Node& node) {
  return std::all_of(node.inputs.begin(), node.inputs.end(),
                     [&](TensorId id) { return id == TensorId::None || graph.tensor(id).is_constant(); });
}

void make_constant_outputs(Graph& graph, const Node& node) {
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

  Executor executor(alone);
  executor.run();
  for (size_t i = 0; i < node.outputs.size(); ++i) {
    graph.tensor(node.outputs[i]).constant = make_constant(executor.output(i));
  }
}

}  // namespace octet::emulate
