#include <algorithm>
#include <array>
#include <optional>

#include "prepare/rewrites.h"
#include "prepare/rewriting.h"

namespace octet::prepare {
namespace {

bool all_equal_to(const std::vector<int32_t>& values, int32_t expected) {
  return std::all_of(values.begin(), values.end(), [&](int32_t value) { return value == expected; });
}

bool no_padding(const std::vector<std::array<int32_t, 2>>& paddings) {
  return std::all_of(paddings.begin(), paddings.end(),
                     [](const auto& pair) { return pair[0] == 0 && pair[1] == 0; });
}

bool in_order(const std::vector<int32_t>& permutation) {
  for (size_t i = 0; i < permutation.size(); ++i) {
    if (permutation[i] != static_cast<int32_t>(i)) return false;
  }
  return true;
}

/// True when the node gives its operand 0 back, knowing that the shapes of the two are equal.
bool passes_on_equal_shape(const Node& node) {
  switch (node.op) {
    case OpKind::Reshape:
    case OpKind::Squeeze:
    case OpKind::Slice:  // Equal shapes leave no place to begin but 0.
    case OpKind::Split:
    case OpKind::ResizeBilinear:
    case OpKind::ResizeNearestNeighbor:
    case OpKind::Mean:  // Equal shapes: only axes of extent 1 are reduced.
    case OpKind::Sum:
    case OpKind::ReduceMax:
    case OpKind::ReduceMin:
    case OpKind::ReduceProd:
    case OpKind::Cast:  // To another type it is kept: the two are represented differently.
    case OpKind::BroadcastTo:
    case OpKind::Tile:
    case OpKind::SplitV:
      return true;
    case OpKind::Concatenation:
      return node.inputs.size() == 1;
    case OpKind::StridedSlice:
      return all_equal_to(std::get<StridedSlice>(node.attributes).stride, 1);
    case OpKind::Transpose:
      return in_order(std::get<Transpose>(node.attributes).permutation);
    case OpKind::Pad:
      return no_padding(std::get<Pad>(node.attributes).paddings);
    case OpKind::MirrorPad:
      return no_padding(std::get<MirrorPad>(node.attributes).paddings);
    case OpKind::DepthToSpace:
    case OpKind::SpaceToDepth:
      return std::get<BlockSize>(node.attributes).block == 1;
    case OpKind::AveragePool2d:
    case OpKind::MaxPool2d: {
      const Pool2d& pool = std::get<Pool2d>(node.attributes);
      return pool == Pool2d{};  // A window of 1 by 1, no padding, no activation.
    }
    default:
      return false;
  }
}

/// The constant with which an elementwise operator does nothing, on its right and possibly on its left.
struct Neutral {
  float value;
  bool commutes;
};

std::optional<Neutral> neutral_of(OpKind op) {
  switch (op) {
    case OpKind::Add:
      return Neutral{0.0f, true};
    case OpKind::Sub:
      return Neutral{0.0f, false};
    case OpKind::Mul:
      return Neutral{1.0f, true};
    case OpKind::Div:
      return Neutral{1.0f, false};
    default:
      return {};
  }
}

/// The operand that the node gives back unchanged.
std::optional<size_t> passed_operand(const Graph& graph, Node& node) {
  if (node.outputs.size() != 1) return {};
  const auto has_output_shape = [&](size_t i) {
    return graph.tensor(node.inputs[i]).shape == graph.tensor(node.outputs[0]).shape;
  };
  if (has_output_shape(0) && passes_on_equal_shape(node)) return 0;
  const std::optional<Neutral> neutral = neutral_of(node.op);
  if (!neutral || *activation_of(node) != Activation::None) return {};
  if (has_output_shape(0) && uniform_constant(graph, node.inputs[1]) == neutral->value) return 0;
  if (neutral->commutes && has_output_shape(1) && uniform_constant(graph, node.inputs[0]) == neutral->value)
    return 1;
  return {};
}

}  // namespace

int remove_identities(Graph& graph) {
  int removed = 0;
  for (size_t n = 0; n < graph.nodes.size(); ++n) {
    const std::optional<size_t> operand = passed_operand(graph, graph.nodes[n]);
    if (!operand || !bypass(graph, static_cast<NodeId>(n), *operand)) continue;
    ++removed;
    --n;
  }
  return removed;
}

}  // namespace octet::prepare
