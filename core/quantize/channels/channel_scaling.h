// Scaling channels between layers: what a layer writes is multiplied by a factor a channel, and the weights
// of the layers that read it are divided by the same. Cross-layer equalization and smooth quant choose the
// factors.
//
// Tensors that operators such as ADD tie together must keep their channels' factors in common: they form a
// set.
#pragma once

#include <cstddef>
#include <vector>

#include "ir/graph.h"

namespace octet::quantize {

/// The weights of a node: the largest magnitude over the taps between each output and input channel.
struct ScaledLayer {
  NodeId node;
  bool depthwise;
  size_t outputs;
  size_t inputs;
  std::vector<double> largest;  ///< By output, then input channel; depthwise: by output channel.

  /// The channels that entry `i` of `largest` is between.
  size_t output_of(size_t i) const { return depthwise ? i : i / inputs; }
  size_t input_of(size_t i) const { return depthwise ? i / multiplier() : i % inputs; }
  size_t multiplier() const { return outputs / inputs; }
};

/// Calls visit(i, output channel, input channel) for each of the layer's weights.
template <class Visit>
void each_weight(const ScaledLayer& layer, size_t weights, const Visit& visit) {
  for (size_t i = 0; i < weights; ++i) {
    if (layer.depthwise) {
      const size_t output = i % layer.outputs;
      visit(i, output, output / layer.multiplier());
    } else {
      visit(i, i / (weights / layer.outputs), i % layer.inputs);
    }
  }
}

/// The node gets a constant of its own as operand: the old one may have other readers.
void replace_constant(Graph& graph, NodeId node, size_t operand, const std::vector<float>& values);

/// A set of tensors that must scale together, and the layers around it.
struct ChannelSet {
  std::vector<TensorId> tensors = {};
  std::vector<size_t> writers = {};  ///< Indices of layers.
  std::vector<size_t> readers = {};
  std::vector<double> factors = {};  ///< By channel: what its values are multiplied by; 1 at first.
  /// RELU6 limits what is written: a factor must be at least 1, and keep values below 6.
  bool limited_to_6 = false;
};

/// What to do about RELU6, with which scaling is not exact for every input: sets end there, or go on and are
/// marked as limited.
enum class Relu6 : uint8_t { EndsSets, Limits };

class ChannelScaling {
 public:
  /// `graph` is a prepared float graph.
  ChannelScaling(const Graph& graph, Relu6 relu6);

  std::vector<ChannelSet>& sets() { return sets_; }
  const std::vector<ChannelSet>& sets() const { return sets_; }
  const ScaledLayer& layer(size_t i) const { return layers_[i]; }
  const std::vector<ScaledLayer>& layers() const { return layers_; }

  /// Largest magnitudes of weights with the factors of now: of those that write each channel of a set, and of
  /// those that read it.
  std::vector<double> written(const ChannelSet& set) const;
  std::vector<double> read(const ChannelSet& set) const;

  /// Rewrites weights and biases of `graph`, which is the one of the constructor, and returns how many
  /// channels it scaled. Names, nodes and placements stay; tensors may be numbered anew.
  int apply(Graph& graph) const;

 private:
  /// What a weight between two channels is multiplied by.
  double factor(size_t layer, size_t output, size_t input) const;
  void add_largest(size_t layer, bool by_output, std::vector<double>& largest) const;
  void apply(Graph& graph, size_t layer) const;

  std::vector<ScaledLayer> layers_;
  std::vector<size_t> set_of_writer_;  ///< By layer: the set it writes, or none.
  std::vector<size_t> set_of_reader_;
  std::vector<ChannelSet> sets_;
};

}  // namespace octet::quantize
