// PAD into the padding of the convolution behind it: converters from frameworks without SAME padding write it
// apart.
#include "ir/graph_edits.h"
#include "prepare/rewrites.h"

namespace octet::prepare {
namespace {

bool is_spatial_zero_padding(const Graph& graph, const Node& node) {
  if (node.op != OpKind::Pad || graph.tensor(node.inputs[0]).shape.rank() != 4) return false;
  const Pad& pad = std::get<Pad>(node.attributes);
  constexpr std::array<int32_t, 2> kNone = {0, 0};
  return pad.value == 0.0f && pad.paddings[0] == kNone && pad.paddings[3] == kNone;
}

}  // namespace

int fold_padding(Graph& graph) {
  int folded = 0;
  for (size_t n = 0; n < graph.nodes.size();) {
    const NodeId pad_id = static_cast<NodeId>(n);
    const Uses uses(graph);
    const TensorId padded = graph.node(pad_id).outputs[0];
    ++n;
    if (!is_spatial_zero_padding(graph, graph.node(pad_id)) || !uses.has_single_reader(padded)) continue;
    const NodeId reader = consumers(graph)[index(padded)].front();
    Node& convolution = graph.node(reader);
    if (convolution.op != OpKind::Conv2d && convolution.op != OpKind::DepthwiseConv2d) continue;
    if (convolution.inputs[0] != padded) continue;
    if (!same_representation(graph, graph.node(pad_id).inputs[0], padded)) continue;

    const std::vector<std::array<int32_t, 2>> paddings =
        std::get<Pad>(graph.node(pad_id).attributes).paddings;
    Padding2d& padding = std::get<Conv2d>(convolution.attributes).padding;
    padding.top += paddings[1][0];
    padding.bottom += paddings[1][1];
    padding.left += paddings[2][0];
    padding.right += paddings[2][1];
    convolution.inputs[0] = graph.node(pad_id).inputs[0];
    std::vector<std::string>& sources = graph.node(pad_id).source_nodes;
    convolution.source_nodes.insert(convolution.source_nodes.begin(), sources.begin(), sources.end());
    graph.nodes.erase(graph.nodes.begin() + static_cast<ptrdiff_t>(index(pad_id)));
    ++folded;
    --n;
  }
  return folded;
}

}  // namespace octet::prepare
