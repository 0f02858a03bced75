#include "quantize/channels/bias_absorption.h"

#include <algorithm>
#include <cstddef>
#include <span>
#include <vector>

#include "quantize/channels/channel_scaling.h"

namespace octet::quantize {
namespace {

/// By channel; empty where nothing is taken off.
using Offsets = std::vector<double>;

bool has_bias(const Graph& graph, const Node& node) { return NodeView(graph, node).has_input(2); }

bool ends_with_relu(const Node& node) {
  const Activation* activation = activation_of(node);
  return activation != nullptr && *activation == Activation::Relu;
}

/// True where every sum reads every weight, so that a constant in a channel adds the same to all of them.
bool reads_no_padding(const Node& node) {
  if (const auto* conv = std::get_if<Conv2d>(&node.attributes)) return conv->padding == Padding2d{};
  return node.op == OpKind::FullyConnected;
}

/// By tensor: what can be taken off each of its channels.
std::vector<Offsets> find_offsets(const Graph& graph, const std::vector<ScaledLayer>& layers,
                                  const ChannelStatistics& statistics) {
  const std::vector<std::vector<NodeId>> readers = consumers(graph);
  std::vector<bool> is_layer(graph.nodes.size(), false);
  for (const ScaledLayer& layer : layers)
    is_layer[index(layer.node)] = has_bias(graph, graph.node(layer.node));
  std::vector<Offsets> offsets(graph.tensors.size());
  for (const ScaledLayer& layer : layers) {
    const Node& node = graph.node(layer.node);
    const TensorId id = node.outputs[0];
    if (!is_layer[index(layer.node)] || !ends_with_relu(node)) continue;
    if (std::find(graph.outputs.begin(), graph.outputs.end(), id) != graph.outputs.end()) continue;
    const bool absorbed = std::all_of(
        readers[index(id)].begin(), readers[index(id)].end(),
        [&](NodeId reader) { return is_layer[index(reader)] && reads_no_padding(graph.node(reader)); });
    if (!absorbed) continue;
    for (const ChannelTotal& channel : statistics.channels(id))
      offsets[index(id)].push_back(std::max(channel.low, 0.0));
  }
  return offsets;
}

void rewrite_bias(Graph& graph, const ScaledLayer& layer, const Offsets& written, const Offsets& read) {
  const Node& node = graph.node(layer.node);
  const std::span<const float> bias = graph.tensor(node.inputs[2]).values<float>();
  std::vector<double> sums(bias.begin(), bias.end());
  for (size_t c = 0; c < written.size(); ++c) sums[c] -= written[c];
  if (!read.empty()) {
    const std::span<const float> weights = graph.tensor(node.inputs[1]).values<float>();
    each_weight(layer, weights.size(), [&](size_t w, size_t output, size_t input) {
      sums[output] += static_cast<double>(weights[w]) * read[input];
    });
  }
  replace_constant(graph, layer.node, 2, {sums.begin(), sums.end()});
}

}  // namespace

int absorb_biases(Graph& graph, ChannelStatistics& statistics) {
  const ChannelScaling scaling(graph, Relu6::Limits);
  const std::vector<Offsets> offsets = find_offsets(graph, scaling.layers(), statistics);
  for (const ScaledLayer& layer : scaling.layers()) {
    const Node& node = graph.node(layer.node);
    const Offsets& written = offsets[index(node.outputs[0])];
    const Offsets& read = offsets[index(node.inputs[0])];
    if (!written.empty() || !read.empty()) rewrite_bias(graph, layer, written, read);
  }
  int shifted = 0;
  for (size_t t = 0; t < offsets.size(); ++t) {
    for (size_t c = 0; c < offsets[t].size(); ++c) {
      if (offsets[t][c] == 0) continue;
      statistics.shift(static_cast<TensorId>(t), c, offsets[t][c]);
      ++shifted;
    }
  }
  return shifted;
}

}  // namespace octet::quantize
