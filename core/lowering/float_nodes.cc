#include "lowering/float_nodes.h"

#include <algorithm>
#include <iterator>
#include <span>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

#include "emulate/bfloat16_kernel.h"
#include "ir/dequantized.h"
#include "ir/graph_edits.h"
#include "ir/unique_name.h"
#include "ops/operator.h"

namespace octet::lowering {
namespace {

bool is_narrow_integer(const Tensor& tensor) {
  return tensor.dtype == DType::Int8 || tensor.dtype == DType::Int16;
}

bool converts(const Node& node) { return node.op == OpKind::Quantize || node.op == OpKind::Dequantize; }

/// Whether each integer operand and result of the node is a real by its own parameters. A bias is not: its
/// meaning follows from input and weights.
bool integers_are_reals(const NodeView& view) {
  const std::optional<ops::WeightOperand>& weight = ops::operator_of(view.node().op).quantization.weight;
  if (weight && weight->bias && view.has_input(*weight->bias)) return false;
  const auto is_real = [&](TensorId id) {
    if (id == TensorId::None || !is_narrow_integer(view.graph().tensor(id))) return true;
    const Tensor& tensor = view.graph().tensor(id);
    return tensor.quantization && (tensor.is_constant() || !tensor.quantization->is_per_channel());
  };
  const Node& node = view.node();
  return std::all_of(node.inputs.begin(), node.inputs.end(), is_real) &&
         std::all_of(node.outputs.begin(), node.outputs.end(), is_real);
}

class Rewriter {
 public:
  explicit Rewriter(Graph graph) : graph_(std::move(graph)) {
    for (const Tensor& tensor : graph_.tensors) names_.insert(tensor.name);
  }

  Graph rewrite() {
    for (Node& node : graph_.nodes) {
      const std::optional<FloatReason> reason = reason_for_float(NodeView(graph_, node));
      if (reason == FloatReason::NoIntegerKernel || reason == FloatReason::Scales) {
        add_between_conversions(std::move(node));
      } else {
        if (reason == FloatReason::BFloat16 && !converts(node)) widen_weights(node);
        nodes_.push_back(std::move(node));
      }
    }
    graph_.nodes = std::move(nodes_);
    widen_tensors();
    remove_conversions();
    remove_unused_tensors(graph_);
    return std::move(graph_);
  }

 private:
  TensorId add_tensor(Tensor tensor, const std::string& suffix) {
    tensor.name = take_unique_name(names_, tensor.name + suffix, 1);
    return graph_.add_tensor(std::move(tensor));
  }

  /// A tensor of the reals that `integer` stands for.
  TensorId add_real(Tensor integer) {
    integer.dtype = DType::Float32;
    integer.quantization.reset();
    return add_tensor(std::move(integer), "_float");
  }

  /// `real` is the one of the two tensors that is new, and gives the node its name.
  Node conversion(OpKind op, TensorId from, TensorId to, TensorId real, const Node& of) const {
    return {.name = graph_.tensor(real).name,
            .op = op,
            .attributes = NoAttributes{},
            .inputs = {from},
            .outputs = {to},
            .source_nodes = of.source_nodes,
            .placement = of.placement,
            .requantization = of.requantization};
  }

  TensorId real_operand(const Node& node, TensorId id) {
    const Tensor integer = graph_.tensor(id);
    if (integer.is_constant()) return add_tensor(dequantized(integer), "_float");
    const TensorId real = add_real(integer);
    nodes_.push_back(conversion(OpKind::Dequantize, id, real, real, node));
    return real;
  }

  void add_between_conversions(Node node) {
    for (TensorId& input : node.inputs) {
      if (input != TensorId::None && is_narrow_integer(graph_.tensor(input)))
        input = real_operand(node, input);
    }
    std::vector<Node> behind;
    for (TensorId& output : node.outputs) {
      if (!is_narrow_integer(graph_.tensor(output))) continue;
      const TensorId real = add_real(graph_.tensor(output));
      behind.push_back(conversion(OpKind::Quantize, real, output, real, node));
      output = real;
    }
    nodes_.push_back(std::move(node));
    std::move(behind.begin(), behind.end(), std::back_inserter(nodes_));
  }

  /// INT8 weights may serve nodes in INT8 too, so they are copied.
  void widen_weights(Node& node) {
    for (TensorId& input : node.inputs) {
      if (input == TensorId::None) continue;
      const Tensor& tensor = graph_.tensor(input);
      if (tensor.is_constant() && tensor.dtype == DType::Int8 && tensor.quantization)
        input = add_tensor(emulate::widened(tensor), "_bfloat16");
    }
  }

  void widen_tensors() {
    for (Tensor& tensor : graph_.tensors) {
      if (tensor.dtype != DType::BFloat16) continue;
      if (tensor.is_constant()) tensor = emulate::widened(tensor);
      tensor.dtype = DType::Float32;
      tensor.quantization.reset();
    }
  }

  /// Those that convert nothing any more. One between an input and an output of the model has to compute.
  void remove_conversions() {
    for (size_t n = 0; n < graph_.nodes.size(); ++n) {
      Node& node = graph_.nodes[n];
      if (!converts(node) || graph_.tensor(node.inputs[0]).dtype != DType::Float32 ||
          graph_.tensor(node.outputs[0]).dtype != DType::Float32) {
        continue;
      }
      if (bypass(graph_, static_cast<NodeId>(n), 0)) {
        --n;
      } else {
        const std::span<const int32_t> shape = graph_.tensor(node.outputs[0]).shape.dims();
        node.op = OpKind::Reshape;
        node.attributes = Reshape{{shape.begin(), shape.end()}};
      }
    }
  }

  Graph graph_;
  std::vector<Node> nodes_;
  std::unordered_set<std::string> names_;
};

}  // namespace

std::optional<DType> type_without_kernel(const NodeView& node) {
  const ops::Support& support = ops::operator_of(node.node().op).tflite;
  const auto touches = [&](DType type) { return node.input(0).dtype == type || node.output().dtype == type; };
  if (touches(DType::Int8) && !support.int8) return DType::Int8;
  if (touches(DType::Int16) && !support.int16) return DType::Int16;
  return {};
}

bool takes_scales(const NodeView& node) {
  const ops::ScaleCheck check = ops::operator_of(node.node().op).tflite.scales;
  const DType type = node.input(0).dtype;
  if (check == nullptr || (type != DType::Int8 && type != DType::Int16)) return true;
  ops::NodeScales scales{.precision = type == DType::Int8 ? Precision::Int8 : Precision::Int16};
  const auto scale_of = [](const Tensor& tensor) {
    if (!tensor.quantization) return 0.0;
    const std::vector<float>& all = tensor.quantization->scale;
    return static_cast<double>(*std::max_element(all.begin(), all.end()));
  };
  for (size_t i = 0; i < node.input_count(); ++i) {
    scales.inputs.push_back(node.has_input(i) ? scale_of(node.input(i)) : 0.0);
  }
  scales.output = scale_of(node.output());
  return check(node, scales) == ops::ScaleProblem::None;
}

std::optional<FloatReason> reason_for_float(const NodeView& node) {
  if (emulate::uses_bfloat16(node)) return FloatReason::BFloat16;
  if (type_without_kernel(node) && integers_are_reals(node)) return FloatReason::NoIntegerKernel;
  if (!takes_scales(node) && integers_are_reals(node)) return FloatReason::Scales;
  return {};
}

Graph with_float_nodes(Graph graph) {
  const auto is_written_in_float = [&](const Node& node) {
    return reason_for_float(NodeView(graph, node)).has_value();
  };
  if (std::none_of(graph.nodes.begin(), graph.nodes.end(), is_written_in_float)) return graph;
  return Rewriter(std::move(graph)).rewrite();
}

}  // namespace octet::lowering
