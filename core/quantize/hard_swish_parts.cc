#include "quantize/hard_swish_parts.h"

#include <algorithm>
#include <span>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

#include "ir/unique_name.h"
#include "ops/operator.h"
#include "quantize/precision_plan.h"

namespace octet::quantize {
namespace {

class Splitter {
 public:
  explicit Splitter(Graph& graph) : graph_(graph) {
    for (const Tensor& tensor : graph.tensors) names_.insert(tensor.name);
    for (const Node& node : graph.nodes) names_.insert(node.name);
  }

  /// The parts of a node, in order.
  std::vector<Node> split(const Node& node) {
    const TensorId x = node.inputs[0];
    const TensorId gate = add_tensor(node, "gate");
    const TensorId share = add_tensor(node, "share");
    Node last = part(node, OpKind::Mul, Activation::None, {x, share}, node.outputs[0]);
    last.name = node.name;
    return {part(node, OpKind::Add, Activation::Relu6, {x, add_constant(node, "three", 3.0f)}, gate),
            part(node, OpKind::Mul, Activation::None, {gate, add_constant(node, "sixth", 1.0f / 6)}, share),
            std::move(last)};
  }

 private:
  std::string unique_name(const Node& node, const std::string& what) {
    return take_unique_name(names_, node.name + "/" + what, 2);
  }

  TensorId add_tensor(const Node& node, const std::string& what) {
    const Tensor& x = graph_.tensor(node.inputs[0]);
    return graph_.add_tensor({.name = unique_name(node, what),
                              .dtype = DType::Float32,
                              .shape = x.shape,
                              .constant = nullptr,
                              .quantization = {}});
  }

  TensorId add_constant(const Node& node, const std::string& what, float value) {
    return graph_.add_tensor({.name = unique_name(node, what),
                              .dtype = DType::Float32,
                              .shape = {1},
                              .constant = make_constant(std::span<const float>(&value, 1)),
                              .quantization = {}});
  }

  Node part(const Node& node, OpKind op, Activation activation, std::vector<TensorId> inputs,
            TensorId output) {
    Node part = {.name = graph_.tensor(output).name,
                 .op = op,
                 .attributes = Elementwise{activation},
                 .inputs = std::move(inputs),
                 .outputs = {output},
                 .source_nodes = node.source_nodes,
                 .placement = node.placement,
                 .requantization = node.requantization};
    part.source_nodes.push_back(node.name);
    return part;
  }

  Graph& graph_;
  std::unordered_set<std::string> names_;
};

}  // namespace

bool has_int16_parts(const Node& node, const partition::Target& target) {
  const auto runs = [&](OpKind op) {
    return partition::runs_in(ops::operator_of(op), target, Precision::Int16);
  };
  return node.op == OpKind::HardSwish && !runs(OpKind::HardSwish) && runs(OpKind::Add) && runs(OpKind::Mul);
}

bool wants_int16_parts(const Node& node, const partition::Target& target, const QuantizationParams& params) {
  return has_int16_parts(node, target) && has_own_precision(params, node) &&
         format_of(params, node).precision == Precision::Int16;
}

void split_hard_swish(Graph& graph, const partition::Target& target, const QuantizationParams& params) {
  Splitter splitter(graph);
  std::vector<Node> nodes;
  for (Node& node : graph.nodes) {
    if (wants_int16_parts(node, target, params)) {
      for (Node& part : splitter.split(node)) nodes.push_back(std::move(part));
    } else {
      nodes.push_back(std::move(node));
    }
  }
  graph.nodes = std::move(nodes);
}

}  // namespace octet::quantize
