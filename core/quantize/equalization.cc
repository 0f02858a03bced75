#include "quantize/equalization.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "ops/operator.h"

namespace octet::quantize {
namespace {

constexpr int kMostRounds = 100;
/// Rounds end when no factor changes by more than this.
constexpr double kSettled = 1e-4;
/// A channel is scaled by at most 2^±24, whatever its weights: beyond, one side does not matter at all.
constexpr double kLargestFactor = 0x1p24;

/// The weights of a node: the largest magnitude over the taps between each output and input channel.
struct Layer {
  NodeId node;
  bool depthwise;
  size_t outputs;
  size_t inputs;
  std::vector<double> largest;  ///< By output, then input channel; depthwise: by output channel.

  size_t multiplier() const { return outputs / inputs; }
};

bool commutes_with_scaling(Activation activation) {
  return activation == Activation::None || activation == Activation::Relu;
}

std::optional<Activation> activation_of(const Node& node) {
  return std::visit(
      [](const auto& attributes) -> std::optional<Activation> {
        if constexpr (requires { attributes.activation; }) {
          return attributes.activation;
        } else {
          return std::nullopt;
        }
      },
      node.attributes);
}

bool is_float_constant(const Graph& graph, TensorId id) {
  return id != TensorId::None && graph.tensor(id).is_constant() && graph.tensor(id).dtype == DType::Float32;
}

bool is_computed(const Graph& graph, TensorId id) {
  return id != TensorId::None && !graph.tensor(id).is_constant();
}

/// Input and output channel of each weight, for all four kinds of layers.
template <class Visit>
void each_weight(const Layer& layer, size_t weights, const Visit& visit) {
  for (size_t i = 0; i < weights; ++i) {
    if (layer.depthwise) {
      const size_t output = i % layer.outputs;
      visit(i, output, output / layer.multiplier());
    } else {
      visit(i, i / (weights / layer.outputs), i % layer.inputs);
    }
  }
}

/// The node as a layer, when it has constant weights whose input channels are those of its input.
std::optional<Layer> layer_of(const Graph& graph, NodeId id) {
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
  Layer layer = {.node = id,
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

bool pads_channels(const std::vector<std::array<int32_t, 2>>& paddings) {
  return paddings.back() != std::array<int32_t, 2>{0, 0};
}

/// True where scaling a channel of every computed operand scales that channel of the output, exactly.
bool passes_scales(const Graph& graph, const Node& node) {
  const std::optional<Activation> activation = activation_of(node);
  if (activation && !commutes_with_scaling(*activation)) return false;
  const Shape& input = graph.tensor(node.inputs[0]).shape;
  const Shape& output = graph.tensor(node.outputs[0]).shape;
  if (input.rank() == 0 || output.rank() == 0 || input[-1] != output[-1]) return false;
  switch (node.op) {
    case OpKind::Add:
    case OpKind::Sub:
    case OpKind::Maximum:
    case OpKind::Minimum:
      return std::all_of(node.inputs.begin(), node.inputs.end(), [&](TensorId id) {
        return is_computed(graph, id) && graph.tensor(id).shape == output;
      });
    case OpKind::Relu:
    case OpKind::LeakyRelu:
    case OpKind::AveragePool2d:
    case OpKind::MaxPool2d:
    case OpKind::ResizeBilinear:
    case OpKind::ResizeNearestNeighbor:
      return true;
    case OpKind::Prelu:
      return is_float_constant(graph, node.inputs[1]);
    case OpKind::Mean:
    case OpKind::Sum: {
      const std::vector<int32_t>& axes = std::get<Reduce>(node.attributes).axes;
      return std::find(axes.begin(), axes.end(), input.rank() - 1) == axes.end();
    }
    case OpKind::Pad: {
      const Pad& pad = std::get<Pad>(node.attributes);
      return pad.value == 0 && !pads_channels(pad.paddings);
    }
    case OpKind::MirrorPad:
      return !pads_channels(std::get<MirrorPad>(node.attributes).paddings);
    default:
      return false;
  }
}

/// A set of tensors that must scale together, and the layers around it.
struct ChannelSet {
  std::vector<size_t> writers;  ///< Indices into Equalizer::layers_.
  std::vector<size_t> readers;
  std::vector<double> factors;  ///< By channel: what its values are multiplied by.
};

class Equalizer {
 public:
  explicit Equalizer(Graph& graph) : graph_(graph), parent_(graph.tensors.size()) {
    std::iota(parent_.begin(), parent_.end(), size_t{0});
    form_sets();
  }

  int run() {
    for (int round = 0; round < kMostRounds; ++round) {
      double change = 0;
      for (ChannelSet& set : sets_) change = std::max(change, equalize(set));
      if (change <= kSettled) break;
    }
    int scaled = 0;
    for (const ChannelSet& set : sets_)
      scaled += static_cast<int>(
          std::count_if(set.factors.begin(), set.factors.end(), [](double factor) { return factor != 1; }));
    for (size_t layer = 0; layer < layers_.size(); ++layer) apply(layer);
    remove_unused_tensors(graph_);
    return scaled;
  }

 private:
  static constexpr size_t kNoSet = static_cast<size_t>(-1);

  size_t root(size_t tensor) const {
    while (parent_[tensor] != tensor) tensor = parent_[tensor];
    return tensor;
  }

  void form_sets() {
    std::vector<bool> fixed(graph_.tensors.size(), false);
    const auto fix = [&](TensorId id) {
      if (id != TensorId::None) fixed[index(id)] = true;
    };
    for (const TensorId id : graph_.inputs) fix(id);
    for (const TensorId id : graph_.outputs) fix(id);
    for (size_t n = 0; n < graph_.nodes.size(); ++n) {
      const Node& node = graph_.nodes[n];
      if (std::optional<Layer> layer = layer_of(graph_, static_cast<NodeId>(n))) {
        layers_.push_back(std::move(*layer));
        if (!commutes_with_scaling(activation_of(node).value_or(Activation::None))) fix(node.outputs[0]);
      } else if (passes_scales(graph_, node)) {
        for (const TensorId id : node.inputs) {
          if (is_computed(graph_, id)) parent_[root(index(id))] = root(index(node.outputs[0]));
        }
      } else {
        for (const TensorId id : node.inputs) fix(id);
        for (const TensorId id : node.outputs) fix(id);
      }
    }
    std::vector<bool> fixed_set(fixed.size(), false);
    for (size_t t = 0; t < fixed.size(); ++t) {
      if (fixed[t]) fixed_set[root(t)] = true;
    }
    gather_layers(fixed_set);
  }

  void gather_layers(const std::vector<bool>& fixed_set) {
    std::vector<ChannelSet> by_root(fixed_set.size());
    for (size_t i = 0; i < layers_.size(); ++i) {
      const Node& node = graph_.node(layers_[i].node);
      by_root[root(index(node.inputs[0]))].readers.push_back(i);
      by_root[root(index(node.outputs[0]))].writers.push_back(i);
    }
    set_of_reader_.assign(layers_.size(), kNoSet);
    set_of_writer_.assign(layers_.size(), kNoSet);
    for (size_t t = 0; t < by_root.size(); ++t) {
      ChannelSet& set = by_root[t];
      if (fixed_set[t] || set.readers.empty() || set.writers.empty()) continue;
      for (const size_t layer : set.readers) set_of_reader_[layer] = sets_.size();
      for (const size_t layer : set.writers) set_of_writer_[layer] = sets_.size();
      set.factors.assign(layers_[set.writers[0]].outputs, 1.0);
      sets_.push_back(std::move(set));
    }
  }

  /// What a weight between two channels is multiplied by now.
  double factor(size_t layer, size_t output, size_t input) const {
    const size_t writes = set_of_writer_[layer];
    const size_t reads = set_of_reader_[layer];
    return (writes == kNoSet ? 1.0 : sets_[writes].factors[output]) /
           (reads == kNoSet ? 1.0 : sets_[reads].factors[input]);
  }

  /// Largest magnitudes, by output or by input channel, of a layer with the factors of now.
  void add_largest(size_t index, bool by_output, std::vector<double>& largest) const {
    const Layer& layer = layers_[index];
    for (size_t i = 0; i < layer.largest.size(); ++i) {
      const size_t output = layer.depthwise ? i : i / layer.inputs;
      const size_t input = layer.depthwise ? i / layer.multiplier() : i % layer.inputs;
      double& channel = largest[by_output ? output : input];
      channel = std::max(channel, layer.largest[i] * factor(index, output, input));
    }
  }

  /// Brings both sides of a set to the same magnitudes; returns the largest relative change of a factor.
  double equalize(ChannelSet& set) {
    std::vector<double> written(set.factors.size());
    std::vector<double> read(set.factors.size());
    for (const size_t layer : set.writers) add_largest(layer, true, written);
    for (const size_t layer : set.readers) add_largest(layer, false, read);
    double change = 0;
    for (size_t c = 0; c < set.factors.size(); ++c) {
      if (!(written[c] > 0) || !(read[c] > 0) || !std::isfinite(written[c] * read[c])) continue;
      const double before = set.factors[c];
      set.factors[c] =
          std::clamp(before * std::sqrt(read[c] / written[c]), 1 / kLargestFactor, kLargestFactor);
      change = std::max(change, std::fabs(set.factors[c] / before - 1));
    }
    return change;
  }

  void apply(size_t index) {
    if (set_of_writer_[index] == kNoSet && set_of_reader_[index] == kNoSet) return;
    const Layer& layer = layers_[index];
    const TensorId weights = graph_.node(layer.node).inputs[1];
    std::vector<float> values = copy_of(weights);
    each_weight(layer, values.size(), [&](size_t i, size_t output, size_t input) {
      values[i] = static_cast<float>(static_cast<double>(values[i]) * factor(index, output, input));
    });
    replace(layer.node, 1, values);
    if (set_of_writer_[index] == kNoSet || !NodeView(graph_, graph_.node(layer.node)).has_input(2)) return;
    std::vector<float> bias = copy_of(graph_.node(layer.node).inputs[2]);
    const std::vector<double>& factors = sets_[set_of_writer_[index]].factors;
    for (size_t c = 0; c < bias.size(); ++c)
      bias[c] = static_cast<float>(static_cast<double>(bias[c]) * factors[c]);
    replace(layer.node, 2, bias);
  }

  std::vector<float> copy_of(TensorId id) const {
    const std::span<const float> values = graph_.tensor(id).values<float>();
    return {values.begin(), values.end()};
  }

  /// The node gets a constant of its own: the old one may have other readers.
  void replace(NodeId node, size_t operand, const std::vector<float>& values) {
    Tensor tensor = graph_.tensor(graph_.node(node).inputs[operand]);
    tensor.constant = make_constant(std::span<const float>(values));
    graph_.node(node).inputs[operand] = graph_.add_tensor(std::move(tensor));
  }

  Graph& graph_;
  std::vector<size_t> parent_;  ///< Union-find over tensors.
  std::vector<Layer> layers_;
  std::vector<size_t> set_of_writer_;  ///< By layer: the set it writes, or kNoSet.
  std::vector<size_t> set_of_reader_;
  std::vector<ChannelSet> sets_;
};

}  // namespace

int equalize_channels(Graph& graph) { return Equalizer(graph).run(); }

}  // namespace octet::quantize
