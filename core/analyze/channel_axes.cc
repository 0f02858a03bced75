#include "analyze/channel_axes.h"

#include <algorithm>
#include <limits>
#include <optional>

#include "analyze/integer_range.h"
#include "ops/operator.h"

namespace octet::analyze {
namespace {

/// Values that were moved more often in a row are as if computed there: a file may hold any number of moves.
constexpr int kMostMoves = 64;
/// Integers of eight bits, which the fixed scales of functions are for.
constexpr double kLevels = 256;

/// The axis of `from` with the same positions as `axis` of `to`, which has the same elements in the same
/// order; -1 where there is none.
int same_axis(const Shape& from, const Shape& to, int axis) {
  const int64_t inner = to.elements(axis + 1, to.rank());
  for (int i = 0; i < from.rank(); ++i) {
    if (from[i] == to[axis] && from.elements(i + 1, from.rank()) == inner) return i;
  }
  return -1;
}

/// Whether element i of the output stands for element i of the input.
bool keeps_places(const Node& node) {
  const ops::Operator& op = ops::operator_of(node.op);
  return node.op == OpKind::Quantize || node.op == OpKind::Dequantize ||
         (op.quantization.output == ops::OutputQuantization::SameAsInput && op.in_place);
}

}  // namespace

ChannelAxes::ChannelAxes(const Graph& graph)
    : graph_(graph),
      producers_(producers(graph)),
      axes_(graph.tensors.size(), 0),
      origins_(graph.tensors.size() * Shape::kMaxRank) {
  for (const Node& node : graph.nodes) {
    for (const TensorId id : node.outputs) axes_[index(id)] = axes_after(node);
  }
}

std::vector<int> ChannelAxes::of(TensorId id) const {
  const int rank = graph_.tensor(id).shape.rank();
  std::vector<int> axes;
  for (int axis = 0; axis < rank; ++axis) {
    if ((axes_[index(id)] >> axis & 1) != 0) axes.push_back(axis);
  }
  if (axes.empty() && rank > 0) axes.push_back(rank - 1);
  return axes;
}

int ChannelAxes::source_axis(const Node& node, size_t operand, int axis) const {
  const Shape& output = graph_.tensor(node.outputs[0]).shape;
  const Shape& input = graph_.tensor(node.inputs[operand]).shape;
  if (node.op == OpKind::Transpose)
    return std::get<Transpose>(node.attributes).permutation[static_cast<size_t>(axis)];
  if (keeps_places(node)) return operand == 0 ? same_axis(input, output, axis) : -1;
  // Whatever else a node does to its first operands, it hardly does it across axes.
  return input.rank() == output.rank() ? axis : -1;
}

ChannelAxes::Axes ChannelAxes::axes_after(const Node& node) const {
  const Shape& output = graph_.tensor(node.outputs[0]).shape;
  const auto bit = [](int axis) { return static_cast<Axes>(1 << axis); };
  if (output.rank() == 0) return 0;
  if (ops::operator_of(node.op).quantization.weight) return bit(output.rank() - 1);
  const bool joins = node.op == OpKind::Concatenation;
  Axes axes = joins ? bit(std::get<Axis>(node.attributes).axis) : 0;
  for (size_t i = 0; i < node.inputs.size(); ++i) {
    const TensorId input = node.inputs[i];
    if (input == TensorId::None || graph_.tensor(input).is_constant()) continue;
    Axes moved = 0;
    for (int axis = 0; axis < output.rank(); ++axis) {
      const int source = source_axis(node, i, axis);
      if (source >= 0 && (axes_[index(input)] >> source & 1) != 0) moved |= bit(axis);
    }
    // Channels of several kinds that were taken apart: the kinds are mostly what comes last.
    if (moved == 0 && axes_[index(input)] != 0) moved = bit(output.rank() - 1);
    axes |= moved;
    if (!joins) break;
  }
  return axes;
}

const std::vector<ChannelOrigin>& ChannelAxes::origins(TensorId id, int axis) {
  std::vector<ChannelOrigin>& known = origins_[index(id) * Shape::kMaxRank + static_cast<size_t>(axis)];
  if (known.empty()) known = trace(id, axis);
  return known;
}

std::vector<ChannelOrigin> ChannelAxes::trace(TensorId id, int axis) {
  const Tensor& tensor = graph_.tensor(id);
  std::vector<ChannelOrigin> origins(static_cast<size_t>(tensor.shape[axis]));
  const NodeId producer = producers_[index(id)];
  if (producer != NodeId::None) {
    const Node& node = graph_.node(producer);
    const ops::QuantizationRule& rule = ops::operator_of(node.op).quantization;
    if (rule.output == ops::OutputQuantization::Fixed) {
      const double span = kLevels * static_cast<double>(rule.fixed_scale);
      for (ChannelOrigin& origin : origins) origin.span = span;
    } else {
      add_sources(node, axis, origins);
    }
  }
  const std::optional<IntegerRange> integers = integer_range(tensor);
  for (ChannelOrigin& origin : origins) origin.step = std::max(origin.step, integers ? integers->step : 0);
  return origins;
}

void ChannelAxes::add_sources(const Node& node, int axis, std::vector<ChannelOrigin>& origins) {
  const bool joins = node.op == OpKind::Concatenation;
  if ((!joins && !keeps_places(node) && node.op != OpKind::Transpose) || depth_ == kMostMoves) return;
  const bool joins_here = joins && std::get<Axis>(node.attributes).axis == axis;
  std::vector<double> spans(origins.size(), std::numeric_limits<double>::infinity());
  size_t first = 0;
  ++depth_;
  for (size_t i = 0; i < (joins ? node.inputs.size() : 1); ++i) {
    const int source = source_axis(node, i, axis);
    if (source < 0) continue;
    const std::vector<ChannelOrigin>& sources = this->origins(node.inputs[i], source);
    for (size_t c = 0; c < sources.size() && first + c < origins.size(); ++c) {
      origins[first + c].step = std::max(origins[first + c].step, sources[c].step);
      spans[first + c] = std::min(spans[first + c], sources[c].span);
    }
    if (joins_here) first += sources.size();
  }
  --depth_;
  for (size_t c = 0; c < origins.size(); ++c) {
    if (spans[c] < std::numeric_limits<double>::infinity()) origins[c].span = spans[c];
  }
}

}  // namespace octet::analyze
