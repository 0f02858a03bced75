// Reductions over height and width keep four dimensions, which the accelerator runs, and a RESHAPE drops
// them.
#include "ir/graph_edits.h"
#include "prepare/mla_rewrites.h"

namespace octet::prepare {

int keep_reduced_dimensions(Graph& graph) {
  int changed = 0;
  NewNames names(graph);
  for (size_t n = 0; n < graph.nodes.size(); ++n) {
    Node& node = graph.nodes[n];
    if (node.op != OpKind::Mean && node.op != OpKind::Sum && node.op != OpKind::ReduceMax) continue;
    const Tensor& input = graph.tensor(node.inputs[0]);
    Reduce& reduce = std::get<Reduce>(node.attributes);
    const bool of_image = input.shape.rank() == 4 && reduce.axes == std::vector<int32_t>{1, 2};
    if (reduce.keep_dims || !of_image || input.dtype != DType::Float32) continue;
    reduce.keep_dims = true;
    const Shape kept = {input.shape.batch(), 1, 1, input.shape.channels()};
    reshape_output(graph, names, static_cast<NodeId>(n), kept);
    ++changed;
  }
  return changed;
}

}  // namespace octet::prepare
