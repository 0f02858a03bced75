#include "calibrate/edge_channels.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "ir/byte_stream.h"
#include "ops/operator.h"

namespace octet::calibrate {
namespace {

/// An axis of one element tells nothing; along a longer one than this lie places, not kinds of values.
constexpr int32_t kMostChannels = 4096;

constexpr Extremes kNothing = {std::numeric_limits<float>::infinity(),
                               -std::numeric_limits<float>::infinity()};

bool sums_or_multiplies(const Graph& graph, const Node& node) {
  if (ops::operator_of(node.op).quantization.weight) return true;
  const bool elementwise =
      node.op == OpKind::Add || node.op == OpKind::Sub || node.op == OpKind::Mul || node.op == OpKind::Div;
  return elementwise && std::any_of(node.inputs.begin(), node.inputs.end(), [&](TensorId id) {
           return id != TensorId::None && graph.tensor(id).is_constant();
         });
}

void include(Extremes& extremes, Extremes other) {
  extremes.low = std::min(extremes.low, other.low);
  extremes.high = std::max(extremes.high, other.high);
}

}  // namespace

EdgeChannels::EdgeChannels(const Graph& graph) {
  const std::vector<std::vector<NodeId>> readers = consumers(graph);
  std::vector<bool> layer_follows(graph.nodes.size(), false);
  for (size_t n = graph.nodes.size(); n-- > 0;) {
    const Node& node = graph.nodes[n];
    for (const TensorId output : node.outputs) {
      for (const NodeId reader : readers[index(output)]) {
        if (layer_follows[index(reader)] || ops::multiply_accumulates(graph, graph.node(reader)) > 0)
          layer_follows[n] = true;
      }
    }
    const Activation* const activation = activation_of(node);
    const bool is_linear = activation == nullptr || *activation == Activation::None;
    const Tensor& output = graph.tensor(node.outputs[0]);
    if (layer_follows[n] || !is_linear || output.dtype != DType::Float32 || !sums_or_multiplies(graph, node))
      continue;
    Channels channels = {.shape = output.shape, .extremes = {}};
    for (const int32_t length : output.shape.dims()) {
      const bool counts = length > 1 && length <= kMostChannels;
      channels.extremes.emplace_back(counts ? static_cast<size_t>(length) : size_t{0}, kNothing);
    }
    channels_.emplace(node.outputs[0], std::move(channels));
  }
}

void EdgeChannels::observe(TensorId id, std::span<const float> values) {
  const auto found = channels_.find(id);
  if (found == channels_.end()) return;
  const Shape& shape = found->second.shape;
  for (int axis = 0; axis < shape.rank(); ++axis) {
    std::vector<Extremes>& extremes = found->second.extremes[static_cast<size_t>(axis)];
    if (extremes.empty()) continue;
    const auto inner = static_cast<size_t>(shape.elements(axis + 1, shape.rank()));
    for (size_t i = 0; i < values.size(); i += inner) {
      Extremes& channel = extremes[i / inner % extremes.size()];
      for (const float value : values.subspan(i, inner)) {
        if (std::isfinite(value)) include(channel, {value, value});
      }
    }
  }
}

const AxisExtremes* EdgeChannels::of(TensorId id) const {
  const auto found = channels_.find(id);
  return found == channels_.end() ? nullptr : &found->second.extremes;
}

void EdgeChannels::append_to(Bytes& bytes) const {
  for (const auto& [id, channels] : channels_) {
    for (const std::vector<Extremes>& axis : channels.extremes) put_all<Extremes>(bytes, axis);
  }
}

void EdgeChannels::merge_from(std::span<const std::byte>& bytes) {
  for (auto& [id, channels] : channels_) {
    for (std::vector<Extremes>& axis : channels.extremes) {
      for (Extremes& extremes : axis) include(extremes, take<Extremes>(bytes));
    }
  }
}

}  // namespace octet::calibrate
