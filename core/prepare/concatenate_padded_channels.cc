// PAD of channels as CONCATENATION with zeros: residual networks widen their shortcuts so, and the
// accelerator pads height and width alone.
#include <array>
#include <utility>
#include <vector>

#include "ir/graph_edits.h"
#include "prepare/mla_rewrites.h"

namespace octet::prepare {
namespace {

constexpr size_t kChannels = 3;

bool pads_channels_with_zeros(const Graph& graph, const Node& node) {
  if (node.op != OpKind::Pad) return false;
  const Tensor& input = graph.tensor(node.inputs[0]);
  const Pad& pad = std::get<Pad>(node.attributes);
  return input.dtype == DType::Float32 && !input.is_constant() && pad.paddings.size() == kChannels + 1 &&
         pad.value == 0.0f && pad.paddings[kChannels] != std::array<int32_t, 2>{0, 0};
}

TensorId zeros(Graph& graph, NewNames& names, const Node& node, Shape image, int32_t channels) {
  const Shape shape = {image.batch(), image.height(), image.width(), channels};
  const std::vector<float> values(static_cast<size_t>(shape.elements()), 0.0f);
  return graph.add_tensor({.name = names.take(node.name + "/zeros"),
                           .dtype = DType::Float32,
                           .shape = shape,
                           .constant = make_constant(std::span<const float>(values)),
                           .quantization = {}});
}

}  // namespace

int concatenate_padded_channels(Graph& graph) {
  int changed = 0;
  NewNames names(graph);
  for (size_t n = 0; n < graph.nodes.size(); ++n) {
    if (!pads_channels_with_zeros(graph, graph.nodes[n])) continue;
    Node node = graph.nodes[n];
    Pad& pad = std::get<Pad>(node.attributes);
    const auto [before, after] = std::exchange(pad.paddings[kChannels], {0, 0});
    const Shape output = graph.tensor(node.outputs[0]).shape;
    const Shape input = graph.tensor(node.inputs[0]).shape;
    const Shape padded = {output.batch(), output.height(), output.width(), input.channels()};
    if (padded != input) {
      // What it pads besides stays a PAD of its own, which takes the name.
      Tensor between = graph.tensor(node.outputs[0]);
      between.name = names.take(node.name + "/padded");
      between.shape = padded;
      Node rest = node;
      rest.name = between.name;
      rest.outputs = {graph.add_tensor(std::move(between))};
      node.inputs[0] = rest.outputs[0];
      graph.nodes.insert(graph.nodes.begin() + static_cast<ptrdiff_t>(n++), std::move(rest));
    }
    std::vector<TensorId> parts;
    if (before > 0) parts.push_back(zeros(graph, names, node, padded, before));
    parts.push_back(node.inputs[0]);
    if (after > 0) parts.push_back(zeros(graph, names, node, padded, after));
    node.op = OpKind::Concatenation;
    node.attributes = Axis{static_cast<int32_t>(kChannels)};
    node.inputs = std::move(parts);
    graph.nodes[n] = std::move(node);
    ++changed;
  }
  return changed;
}

}  // namespace octet::prepare
