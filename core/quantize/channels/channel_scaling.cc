#include "quantize/channels/channel_scaling.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>
#include <span>
#include <utility>

#include "ops/operator.h"

namespace octet::quantize {
namespace {

constexpr size_t kNoSet = static_cast<size_t>(-1);

/// The activation that the node is or ends with.
Activation applied_activation(const Node& node) {
  const Activation* const fused = activation_of(node);
  if (fused != nullptr) return *fused;
  const std::optional<Activation> own = ops::operator_of(node.op).fused_as;
  return own.value_or(Activation::None);
}

bool is_float_constant(const Graph& graph, TensorId id) {
  return id != TensorId::None && graph.tensor(id).is_constant() && graph.tensor(id).dtype == DType::Float32;
}

bool is_computed(const Graph& graph, TensorId id) {
  return id != TensorId::None && !graph.tensor(id).is_constant();
}

/// The node as a layer, when it has constant weights whose input channels are those of its input.
std::optional<ScaledLayer> layer_of(const Graph& graph, NodeId id) {
  const Node& node = graph.node(id);
  const auto& rule = ops::operator_of(node.op).quantization.weight;
  if (!rule || rule->index != 1 || !is_computed(graph, node.inputs[0])) return {};
  for (size_t i = 1; i < node.inputs.size(); ++i) {
    if (node.inputs[i] != TensorId::None && !is_float_constant(graph, node.inputs[i])) return {};
  }
  const Tensor& weights = graph.tensor(node.inputs[1]);
  const Shape& input = graph.tensor(node.inputs[0]).shape;
  if (input.rank() == 0) return {};
  const bool depthwise = node.op == OpKind::DepthwiseConv2d;
  if (!depthwise && weights.shape[-1] != input[-1]) return {};  // A flattened image, or groups.
  ScaledLayer layer = {.node = id,
                       .depthwise = depthwise,
                       .outputs = static_cast<size_t>(weights.shape[rule->channel_axis]),
                       .inputs = static_cast<size_t>(input[-1]),
                       .largest = {}};
  layer.largest.resize(depthwise ? layer.outputs : layer.outputs * layer.inputs);
  const std::span<const float> values = weights.values<float>();
  each_weight(layer, values.size(), [&](size_t i, size_t output, size_t in) {
    double& largest = layer.largest[depthwise ? output : output * layer.inputs + in];
    largest = std::max(largest, std::fabs(static_cast<double>(values[i])));
  });
  return layer;
}

/// Joins tensors to sets and finds the layers around each.
class SetBuilder {
 public:
  SetBuilder(const Graph& graph, Relu6 relu6, std::vector<ScaledLayer>& layers)
      : graph_(graph), relu6_(relu6), layers_(layers), parent_(graph.tensors.size()) {
    std::iota(parent_.begin(), parent_.end(), size_t{0});
  }

  std::vector<ChannelSet> build() {
    std::vector<bool> fixed(graph_.tensors.size(), false);
    std::vector<bool> limited(graph_.tensors.size(), false);
    const auto fix = [&](TensorId id) {
      if (id != TensorId::None) fixed[index(id)] = true;
    };
    for (const TensorId id : graph_.inputs) fix(id);
    for (const TensorId id : graph_.outputs) fix(id);
    for (size_t n = 0; n < graph_.nodes.size(); ++n) {
      const Node& node = graph_.nodes[n];
      if (std::optional<ScaledLayer> layer = layer_of(graph_, static_cast<NodeId>(n))) {
        layers_.push_back(std::move(*layer));
        if (!commutes_with_scaling(applied_activation(node))) fix(node.outputs[0]);
      } else if (passes_factors(node)) {
        for (const TensorId id : node.inputs) {
          if (is_computed(graph_, id)) parent_[root(index(id))] = root(index(node.outputs[0]));
        }
      } else {
        for (const TensorId id : node.inputs) fix(id);
        for (const TensorId id : node.outputs) fix(id);
      }
      if (applied_activation(node) == Activation::Relu6) limited[index(node.outputs[0])] = true;
    }
    return gather(fixed, limited);
  }

 private:
  size_t root(size_t tensor) const {
    while (parent_[tensor] != tensor) tensor = parent_[tensor];
    return tensor;
  }

  bool commutes_with_scaling(Activation activation) const {
    return activation == Activation::None || activation == Activation::Relu ||
           (activation == Activation::Relu6 && relu6_ == Relu6::Limits);
  }

  /// True where scaling a channel of every computed operand scales that channel of the output.
  bool passes_factors(const Node& node) const {
    if (!commutes_with_scaling(applied_activation(node))) return false;
    const Shape& input = graph_.tensor(node.inputs[0]).shape;
    const Shape& output = graph_.tensor(node.outputs[0]).shape;
    if (input.rank() == 0 || output.rank() == 0 || input[-1] != output[-1]) return false;
    return ops::operator_of(node.op).passes_channel_factors(NodeView(graph_, node));
  }

  std::vector<ChannelSet> gather(const std::vector<bool>& fixed, const std::vector<bool>& limited) {
    std::vector<ChannelSet> by_root(graph_.tensors.size());
    std::vector<bool> fixed_root(graph_.tensors.size(), false);
    for (size_t t = 0; t < graph_.tensors.size(); ++t) {
      ChannelSet& set = by_root[root(t)];
      if (fixed[t]) fixed_root[root(t)] = true;
      if (limited[t]) set.limited_to_6 = true;
      set.tensors.push_back(static_cast<TensorId>(t));
    }
    for (size_t i = 0; i < layers_.size(); ++i) {
      const Node& node = graph_.node(layers_[i].node);
      by_root[root(index(node.inputs[0]))].readers.push_back(i);
      by_root[root(index(node.outputs[0]))].writers.push_back(i);
    }
    std::vector<ChannelSet> sets;
    for (size_t t = 0; t < by_root.size(); ++t) {
      ChannelSet& set = by_root[t];
      if (fixed_root[t] || set.readers.empty() || set.writers.empty()) continue;
      set.factors.assign(layers_[set.writers[0]].outputs, 1.0);
      sets.push_back(std::move(set));
    }
    return sets;
  }

  const Graph& graph_;
  Relu6 relu6_;
  std::vector<ScaledLayer>& layers_;
  std::vector<size_t> parent_;  ///< Union-find over tensors.
};

std::vector<float> copy_of(const Graph& graph, TensorId id) {
  const std::span<const float> values = graph.tensor(id).values<float>();
  return {values.begin(), values.end()};
}

}  // namespace

void replace_constant(Graph& graph, NodeId node, size_t operand, const std::vector<float>& values) {
  Tensor tensor = graph.tensor(graph.node(node).inputs[operand]);
  tensor.constant = make_constant(std::span<const float>(values));
  graph.node(node).inputs[operand] = graph.add_tensor(std::move(tensor));
}

ChannelScaling::ChannelScaling(const Graph& graph, Relu6 relu6) {
  sets_ = SetBuilder(graph, relu6, layers_).build();
  set_of_writer_.assign(layers_.size(), kNoSet);
  set_of_reader_.assign(layers_.size(), kNoSet);
  for (size_t s = 0; s < sets_.size(); ++s) {
    for (const size_t layer : sets_[s].readers) set_of_reader_[layer] = s;
    for (const size_t layer : sets_[s].writers) set_of_writer_[layer] = s;
  }
}

double ChannelScaling::factor(size_t layer, size_t output, size_t input) const {
  const size_t writes = set_of_writer_[layer];
  const size_t reads = set_of_reader_[layer];
  return (writes == kNoSet ? 1.0 : sets_[writes].factors[output]) /
         (reads == kNoSet ? 1.0 : sets_[reads].factors[input]);
}

void ChannelScaling::add_largest(size_t i, bool by_output, std::vector<double>& largest) const {
  const ScaledLayer& layer = layers_[i];
  for (size_t w = 0; w < layer.largest.size(); ++w) {
    const size_t output = layer.output_of(w);
    const size_t input = layer.input_of(w);
    double& channel = largest[by_output ? output : input];
    channel = std::max(channel, layer.largest[w] * factor(i, output, input));
  }
}

std::vector<double> ChannelScaling::written(const ChannelSet& set) const {
  std::vector<double> largest(set.factors.size());
  for (const size_t layer : set.writers) add_largest(layer, true, largest);
  return largest;
}

std::vector<double> ChannelScaling::read(const ChannelSet& set) const {
  std::vector<double> largest(set.factors.size());
  for (const size_t layer : set.readers) add_largest(layer, false, largest);
  return largest;
}

int ChannelScaling::apply(Graph& graph) const {
  for (size_t layer = 0; layer < layers_.size(); ++layer) apply(graph, layer);
  remove_unused_tensors(graph);
  int scaled = 0;
  for (const ChannelSet& set : sets_)
    scaled += static_cast<int>(
        std::count_if(set.factors.begin(), set.factors.end(), [](double factor) { return factor != 1; }));
  return scaled;
}

void ChannelScaling::apply(Graph& graph, size_t i) const {
  if (set_of_writer_[i] == kNoSet && set_of_reader_[i] == kNoSet) return;
  const ScaledLayer& layer = layers_[i];
  std::vector<float> values = copy_of(graph, graph.node(layer.node).inputs[1]);
  each_weight(layer, values.size(), [&](size_t w, size_t output, size_t input) {
    values[w] = static_cast<float>(static_cast<double>(values[w]) * factor(i, output, input));
  });
  replace_constant(graph, layer.node, 1, values);
  if (set_of_writer_[i] == kNoSet || !NodeView(graph, graph.node(layer.node)).has_input(2)) return;
  std::vector<float> bias = copy_of(graph, graph.node(layer.node).inputs[2]);
  const std::vector<double>& factors = sets_[set_of_writer_[i]].factors;
  for (size_t c = 0; c < bias.size(); ++c)
    bias[c] = static_cast<float>(static_cast<double>(bias[c]) * factors[c]);
  replace_constant(graph, layer.node, 2, bias);
}

}  // namespace octet::quantize
