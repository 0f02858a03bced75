#include "lowering/tflite_rewrites.h"

#include <algorithm>
#include <limits>
#include <string>
#include <unordered_set>
#include <utility>

#include "ir/int4.h"
#include "ir/same_padding.h"
#include "ir/unique_name.h"
#include "ops/decomposition.h"

namespace octet::lowering {
namespace {

std::string unique_name(const Graph& graph, const std::string& base) {
  std::unordered_set<std::string> taken;
  for (const Tensor& tensor : graph.tensors) taken.insert(tensor.name);
  return take_unique_name(taken, base, 1);
}

bool has_expressible_padding(const Graph& graph, const Node& node) {
  const Conv2d& conv = std::get<Conv2d>(node.attributes);
  const NodeView view(graph, node);
  const Shape& input = view.input(0).shape;
  const Shape& filter = view.input(1).shape;
  return conv.padding == Padding2d{} ||
         conv.padding == same_padding({input.height(), input.width()}, {filter.height(), filter.width()},
                                      conv.stride, conv.dilation);
}

/// CONV_2D takes no node without a bias, and DEPTHWISE_CONV_2D none of INT16; the others do.
bool needs_bias(const NodeView& node) {
  if (node.has_input(2)) return false;
  if (node.node().op == OpKind::Conv2d) return true;
  return node.node().op == OpKind::DepthwiseConv2d && node.input(0).dtype == DType::Int16;
}

/// Zeros of the type that TFLite's kernel adds to the sums of the node's products.
Tensor zero_bias(const NodeView& node) {
  const DType activations = node.input(0).dtype;
  const bool integer = activations == DType::Int8 || activations == DType::Int16;
  Tensor bias;
  bias.shape = {node.output().shape.channels()};
  if (integer) {
    bias.dtype = activations == DType::Int16 ? DType::Int64 : DType::Int32;
    QuantParams params = *node.input(1).quantization;
    // A product that underflowed would be no scale.
    constexpr float kLeast = std::numeric_limits<float>::min();
    for (float& scale : params.scale) scale = std::max(scale * node.input(0).quantization->scale[0], kLeast);
    params.axis = 0;
    params.bits = 0;
    bias.quantization = std::move(params);
  }
  bias.constant = make_constant(Bytes(bias.byte_size()));
  return bias;
}

/// Adds the padded tensor and returns the PAD that computes it; `convolution` then reads it unpadded.
Node move_padding(Graph& graph, Node& convolution) {
  Conv2d& conv = std::get<Conv2d>(convolution.attributes);
  const Padding2d padding = std::exchange(conv.padding, {});
  Tensor padded = graph.tensor(convolution.inputs[0]);
  const Shape shape = padded.shape;
  padded.name = unique_name(graph, convolution.name + "/padded");
  padded.constant = nullptr;
  padded.shape = Shape{shape.batch(), shape.height() + padding.top + padding.bottom,
                       shape.width() + padding.left + padding.right, shape.channels()};
  Node pad;
  pad.name = padded.name;
  pad.op = OpKind::Pad;
  pad.attributes = Pad{{{0, 0}, {padding.top, padding.bottom}, {padding.left, padding.right}, {0, 0}}, 0.0f};
  pad.inputs = {convolution.inputs[0]};
  pad.outputs = {graph.add_tensor(std::move(padded))};
  pad.source_nodes = convolution.source_nodes;
  pad.requantization = convolution.requantization;
  convolution.inputs[0] = pad.outputs[0];
  return pad;
}

}  // namespace

Graph with_components(Graph graph, bool (*has)(OpKind)) {
  ops::decompose(graph, [&](const Node& node) {
    return !has(node.op) && graph.tensor(node.outputs[0]).dtype == DType::Float32;
  });
  return graph;
}

Graph with_pad_nodes(Graph graph) {
  std::vector<Node> nodes;
  for (Node& node : graph.nodes) {
    const bool convolution = node.op == OpKind::Conv2d || node.op == OpKind::DepthwiseConv2d;
    if (convolution && !has_expressible_padding(graph, node)) nodes.push_back(move_padding(graph, node));
    nodes.push_back(std::move(node));
  }
  graph.nodes = std::move(nodes);
  return graph;
}

Graph with_biases(Graph graph) {
  for (Node& node : graph.nodes) {
    if (!needs_bias(NodeView(graph, node))) continue;
    Tensor bias = zero_bias(NodeView(graph, node));
    bias.name = unique_name(graph, node.name + "/bias");
    node.inputs.resize(3, TensorId::None);
    node.inputs[2] = graph.add_tensor(std::move(bias));
  }
  return graph;
}

bool takes_int4_weights(const NodeView& node) {
  const DType activations = node.input(0).dtype;
  switch (node.node().op) {
    case OpKind::Conv2d:
    case OpKind::FullyConnected:
      return activations == DType::Int8 || activations == DType::Int16;
    case OpKind::DepthwiseConv2d:
      return activations == DType::Int8;
    default:
      return false;
  }
}

Graph with_whole_byte_weights(Graph graph) {
  for (const Node& node : graph.nodes) {
    if (takes_int4_weights(NodeView(graph, node))) continue;
    for (const TensorId id : node.inputs) {
      if (id != TensorId::None && is_int4(graph.tensor(id))) graph.tensor(id).quantization->bits = 0;
    }
  }
  return graph;
}

}  // namespace octet::lowering
