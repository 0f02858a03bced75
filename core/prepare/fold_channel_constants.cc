// Batch normalizations into the weights and the bias of the convolution in front: training leaves them as MUL
// and ADD by a constant for each channel, and nothing is to be rounded between.
#include <optional>
#include <string>
#include <utility>

#include "ir/graph_edits.h"
#include "ops/operator.h"
#include "prepare/rewrites.h"

namespace octet::prepare {
namespace {

/// y = x * factor + shift for each channel; one element where it is the same for all.
struct ChannelConstants {
  std::vector<float> factor = {1.0f};
  std::vector<float> shift = {0.0f};
};

/// The constant operand of MUL, DIV, ADD or SUB, if it has one value a channel, or one at all.
std::optional<std::vector<float>> channel_values(const Graph& graph, TensorId id, int32_t channels) {
  const auto values = float_constant(graph, id);
  if (!values) return {};
  const Shape& shape = graph.tensor(id).shape;
  const bool per_channel = shape.rank() > 0 && shape[-1] == channels && shape.elements() == channels;
  if (!per_channel && shape.elements() != 1) return {};
  return std::vector<float>(values->begin(), values->end());
}

std::vector<float> each(std::vector<float> values, float (*change)(float)) {
  for (float& value : values) value = change(value);
  return values;
}

/// What the node does to the tensor `data`, which must have the shape of its output.
std::optional<ChannelConstants> constants_of(const Graph& graph, const Node& node, TensorId data) {
  const bool data_first = node.inputs[0] == data;
  const int32_t channels = graph.tensor(data).shape[-1];
  auto values = channel_values(graph, node.inputs[data_first ? 1 : 0], channels);
  if (!values || !(graph.tensor(node.outputs[0]).shape == graph.tensor(data).shape)) return {};
  ChannelConstants constants;
  switch (node.op) {
    case OpKind::Mul:
      constants.factor = std::move(*values);
      return constants;
    case OpKind::Add:
      constants.shift = std::move(*values);
      return constants;
    case OpKind::Sub:
      if (data_first) {
        constants.shift = each(std::move(*values), [](float value) { return -value; });
      } else {
        constants.factor = {-1.0f};
        constants.shift = std::move(*values);
      }
      return constants;
    case OpKind::Div:
      if (!data_first) return {};
      for (const float value : *values) {
        if (value == 0.0f) return {};
      }
      constants.factor = each(std::move(*values), [](float value) { return 1.0f / value; });
      return constants;
    default:
      return {};
  }
}

bool is_elementwise(OpKind op) {
  return op == OpKind::Mul || op == OpKind::Add || op == OpKind::Sub || op == OpKind::Div;
}

/// A new constant with the shape and name of another: the old one may have other readers.
TensorId add_changed(Graph& graph, TensorId original, const std::vector<float>& values) {
  Tensor tensor = graph.tensor(original);
  tensor.constant = make_constant(std::span<const float>(values));
  return graph.add_tensor(std::move(tensor));
}

/// values[...c...] * factor[c] along `axis`.
std::vector<float> scaled(const Tensor& tensor, const std::vector<float>& factor, int axis) {
  const std::span<const float> values = tensor.values<float>();
  const size_t channels = static_cast<size_t>(tensor.shape[axis]);
  const size_t inner = static_cast<size_t>(tensor.shape.elements(axis + 1, tensor.shape.rank()));
  std::vector<float> result(values.size());
  for (size_t i = 0; i < values.size(); ++i) {
    const size_t channel = i / inner % channels;
    result[i] = values[i] * factor[factor.size() == 1 ? 0 : channel];
  }
  return result;
}

/// The weight rule of a node that can take over channel constants: it computes from float constants and
/// clamps nothing.
const ops::WeightOperand* weights_to_change(const Graph& graph, Node& node) {
  const auto& rule = ops::operator_of(node.op).quantization.weight;
  const Activation* const activation = activation_of(node);
  if (!rule || !rule->bias || activation == nullptr || *activation != Activation::None) return nullptr;
  const NodeView view(graph, node);
  if (!view.has_input(rule->index) || !float_constant(graph, node.inputs[rule->index])) return nullptr;
  if (view.has_input(*rule->bias) && !float_constant(graph, node.inputs[*rule->bias])) return nullptr;
  return &*rule;
}

void apply(Graph& graph, NodeId id, const ops::WeightOperand& rule, const ChannelConstants& constants) {
  const TensorId weights = graph.node(id).inputs[rule.index];
  const size_t channels = static_cast<size_t>(graph.tensor(weights).shape[rule.channel_axis]);
  const bool has_bias = NodeView(graph, graph.node(id)).has_input(*rule.bias);
  std::vector<float> bias(channels, 0.0f);
  if (has_bias) {
    const std::span<const float> values = graph.tensor(graph.node(id).inputs[*rule.bias]).values<float>();
    bias.assign(values.begin(), values.end());
  }
  for (size_t c = 0; c < channels; ++c) {
    bias[c] = bias[c] * constants.factor[constants.factor.size() == 1 ? 0 : c] +
              constants.shift[constants.shift.size() == 1 ? 0 : c];
  }
  graph.node(id).inputs[rule.index] =
      add_changed(graph, weights, scaled(graph.tensor(weights), constants.factor, rule.channel_axis));
  std::vector<TensorId>& inputs = graph.node(id).inputs;
  if (inputs.size() <= *rule.bias) inputs.resize(*rule.bias + 1, TensorId::None);
  inputs[*rule.bias] = has_bias ? add_changed(graph, inputs[*rule.bias], bias)
                                : graph.add_tensor({.name = graph.node(id).name + "/bias",
                                                    .dtype = DType::Float32,
                                                    .shape = {static_cast<int32_t>(channels)},
                                                    .constant = make_constant(std::span<const float>(bias)),
                                                    .quantization = {}});
}

}  // namespace

int fold_channel_constants(Graph& graph) {
  int folded = 0;
  for (size_t n = 0; n < graph.nodes.size(); ++n) {
    const NodeId follower = static_cast<NodeId>(n);
    if (!is_elementwise(graph.node(follower).op)) continue;
    const Uses uses(graph);
    for (const TensorId data : graph.node(follower).inputs) {
      const NodeId first = uses.producer(data);
      if (first == NodeId::None || !uses.has_single_reader(data)) continue;
      const ops::WeightOperand* const rule = weights_to_change(graph, graph.node(first));
      if (rule == nullptr) continue;
      const auto constants = constants_of(graph, graph.node(follower), data);
      if (!constants) continue;
      apply(graph, first, *rule, *constants);
      *activation_of(graph.node(first)) = std::get<Elementwise>(graph.node(follower).attributes).activation;
      absorb_follower(graph, first, follower);
      ++folded;
      --n;
      break;
    }
  }
  return folded;
}

}  // namespace octet::prepare
