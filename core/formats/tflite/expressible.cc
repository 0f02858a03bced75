#include "formats/tflite/expressible.h"

#include <algorithm>
#include <limits>
#include <map>
#include <string>
#include <unordered_set>
#include <utility>

#include "formats/tflite/operators.h"
#include "formats/tflite/padding.h"
#include "ir/int4.h"
#include "ir/unique_name.h"
#include "ops/parts.h"

namespace octet::formats::tflite {
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

void replace(std::vector<TensorId>& ids, TensorId from, TensorId to) {
  std::replace(ids.begin(), ids.end(), from, to);
}

class EdgeStripper {
 public:
  EdgeStripper(Graph graph, DType type)
      : graph_(std::move(graph)), type_(type), dropped_(graph_.nodes.size(), false) {}

  Graph strip() {
    for (TensorId& input : graph_.inputs) strip_input(input);
    std::map<TensorId, TensorId> stripped;  // An output may be listed twice.
    for (TensorId& output : graph_.outputs) {
      const auto [entry, added] = stripped.try_emplace(output, output);
      if (added) strip_output(entry->second);
      output = entry->second;
    }
    std::vector<Node> kept;
    for (size_t n = 0; n < graph_.nodes.size(); ++n) {
      if (!dropped_[n]) kept.push_back(std::move(graph_.nodes[n]));
    }
    graph_.nodes = std::move(kept);
    remove_unused_tensors(graph_);
    return std::move(graph_);
  }

 private:
  void strip_input(TensorId& input) {
    const Tensor real = graph_.tensor(input);
    if (real.dtype != DType::Float32) return;
    TensorId integer = TensorId::None;
    const std::vector<NodeId> readers = consumers(graph_)[index(input)];
    for (const NodeId first : readers) {
      const NodeId reader = behind_clips(first);
      const Node& node = graph_.node(reader);
      const DType found = node.op == OpKind::Quantize ? graph_.tensor(node.outputs[0]).dtype : DType::Float32;
      if (found != type_) not_integer("Input", real.name, problem(node, found, "reads"));
      const TensorId output = node.outputs[0];
      if (integer == TensorId::None) {
        integer = output;
      } else if (graph_.tensor(output).quantization != graph_.tensor(integer).quantization) {
        not_integer("Input", real.name, "it is quantized in two ways.");
      }
      for (NodeId n = first; n != reader; n = consumers(graph_)[index(graph_.node(n).outputs[0])][0])
        dropped_[index(n)] = true;
      dropped_[index(reader)] = true;
      for (Node& other : graph_.nodes) replace(other.inputs, output, integer);
      replace(graph_.outputs, output, integer);
    }
    if (integer == TensorId::None) return;
    graph_.tensor(input).name += "_float";
    graph_.tensor(integer).name = real.name;
    replace(graph_.outputs, input, integer);
    input = integer;
  }

  /// The reader of values that quantization clips in front of QUANTIZE, which integers need not be.
  NodeId behind_clips(NodeId reader) const {
    const auto clips = [&](const Node& node) {
      return (node.op == OpKind::Maximum || node.op == OpKind::Minimum) && node.source_nodes.empty();
    };
    while (clips(graph_.node(reader))) {
      const std::vector<NodeId> next = consumers(graph_)[index(graph_.node(reader).outputs[0])];
      if (next.size() != 1) break;
      reader = next[0];
    }
    return reader;
  }

  void strip_output(TensorId& output) {
    const Tensor real = graph_.tensor(output);
    if (real.dtype != DType::Float32) return;
    const NodeId producer = producers(graph_)[index(output)];
    if (producer == NodeId::None) not_integer("Output", real.name, "it is an input or a constant.");
    const Node& node = graph_.node(producer);
    const DType found = node.op == OpKind::Dequantize ? graph_.tensor(node.inputs[0]).dtype : DType::Float32;
    if (found != type_) not_integer("Output", real.name, problem(node, found, "computes"));
    const TensorId integer = graph_.node(producer).inputs[0];
    if (consumers(graph_)[index(output)].empty()) dropped_[index(producer)] = true;
    const bool is_input =
        std::find(graph_.inputs.begin(), graph_.inputs.end(), integer) != graph_.inputs.end();
    if (!is_input) {
      graph_.tensor(output).name += "_float";
      graph_.tensor(integer).name = real.name;
    }
    output = integer;
  }

  [[noreturn]] void not_integer(const char* what, const std::string& tensor, const std::string& why) const {
    throw Error(
        ErrorCode::UnsupportedModel,
        std::string(what) + " '" + tensor + "' cannot be " + std::string(to_string(type_)) + ": " + why,
        {.tensor = tensor},
        "Export with float32 inputs and outputs, or quantize the nodes at the model's edges.");
  }
  /// Says what is in the way where it is not of the wanted type.
  std::string problem(const Node& node, DType found, const char* does) const {
    if (found == DType::Float32) return "the float node '" + node.name + "' " + does + " it.";
    return "'" + node.name + "' " + does + " it as " + std::string(to_string(found)) + ".";
  }

  Graph graph_;
  DType type_;
  std::vector<bool> dropped_;
};

}  // namespace

Graph with_parts(Graph graph) {
  ops::split_into_parts(graph, [&](const Node& node) {
    return !has_row(node.op) && graph.tensor(node.outputs[0]).dtype == DType::Float32;
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

Graph with_integer_edges(Graph graph, DType type) { return EdgeStripper(std::move(graph), type).strip(); }

}  // namespace octet::formats::tflite
