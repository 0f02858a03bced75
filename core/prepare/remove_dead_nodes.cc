#include <algorithm>

#include "prepare/rewrites.h"

namespace octet::prepare {

int remove_dead_nodes(Graph& graph) {
  std::vector<bool> needed(graph.tensors.size(), false);
  for (const TensorId output : graph.outputs) needed[index(output)] = true;
  std::vector<bool> dead(graph.nodes.size(), false);
  for (size_t n = graph.nodes.size(); n-- > 0;) {
    const Node& node = graph.nodes[n];
    dead[n] = std::none_of(node.outputs.begin(), node.outputs.end(),
                           [&](TensorId id) { return needed[index(id)]; });
    if (dead[n]) continue;
    for (const TensorId input : node.inputs) {
      if (input != TensorId::None) needed[index(input)] = true;
    }
  }
  size_t n = 0;
  return static_cast<int>(std::erase_if(graph.nodes, [&](const Node&) { return dead[n++]; }));
}

}  // namespace octet::prepare
