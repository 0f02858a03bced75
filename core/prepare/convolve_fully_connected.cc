// FULLY_CONNECTED as CONV_2D: the accelerator multiplies matrices as 1x1 convolutions of four dimensions.
#include <optional>

#include "ir/graph_edits.h"
#include "prepare/mla_rewrites.h"

namespace octet::prepare {
namespace {

/// What a chain of nodes that keep all elements in order begins with.
TensorId behind_reshapes(const Graph& graph, const Uses& uses, TensorId id) {
  for (NodeId producer = uses.producer(id); producer != NodeId::None; producer = uses.producer(id)) {
    const Node& node = graph.node(producer);
    if (node.op != OpKind::Reshape && node.op != OpKind::Squeeze) break;
    id = node.inputs[0];
  }
  return id;
}

bool is_convertible(const Graph& graph, const Node& node) {
  if (node.op != OpKind::FullyConnected) return false;
  const Tensor& input = graph.tensor(node.inputs[0]);
  const Tensor& filter = graph.tensor(node.inputs[1]);
  const bool constant = filter.is_constant() && filter.dtype == DType::Float32;
  const bool four = input.shape.rank() == 4 && graph.tensor(node.outputs[0]).shape.rank() == 4;
  return constant && input.dtype == DType::Float32 && !input.is_constant() && !four;
}

}  // namespace

int convolve_fully_connected(Graph& graph) {
  int converted = 0;
  NewNames names(graph);
  for (size_t n = 0; n < graph.nodes.size(); ++n) {
    if (!is_convertible(graph, graph.nodes[n])) continue;
    const Uses uses(graph);
    const TensorId source = behind_reshapes(graph, uses, graph.nodes[n].inputs[0]);
    const Shape image = graph.tensor(source).shape;
    const Shape filter = graph.tensor(graph.nodes[n].inputs[1]).shape;
    const int32_t units = filter[0], depth = filter[1];
    const int32_t rows = static_cast<int32_t>(image.elements() / depth);
    const bool whole = image.rank() == 4 && image.batch() == 1 && rows == 1;
    if (!whole) {
      n += insert_reshape(graph, names, static_cast<NodeId>(n), 0, source, Shape{1, 1, rows, depth},
                          graph.nodes[n].name + "/rows");
    }
    Node& node = graph.nodes[n];
    if (whole) node.inputs[0] = source;
    Tensor weights = graph.tensor(node.inputs[1]);
    weights.shape =
        whole ? Shape{units, image.height(), image.width(), image.channels()} : Shape{units, 1, 1, depth};
    node.inputs[1] = graph.add_tensor(std::move(weights));
    node.op = OpKind::Conv2d;
    node.attributes = Conv2d{.stride = {},
                             .dilation = {},
                             .padding = {},
                             .activation = std::get<FullyConnected>(node.attributes).activation};
    reshape_output(graph, names, static_cast<NodeId>(n), Shape{1, 1, rows, units});
    ++converted;
  }
  return converted;
}

}  // namespace octet::prepare
