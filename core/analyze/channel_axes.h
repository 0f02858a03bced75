// Which axes of a tensor hold channels, and what the values of each channel came through on their way there.
#pragma once

#include <cstdint>
#include <vector>

#include "ir/graph.h"

namespace octet::analyze {

/// Of one channel of a tensor, from where its values were computed on.
struct ChannelOrigin {
  /// The widest step that they were rounded to; 0 where they were never integers.
  double step = 0;
  /// What they can be between, where they are values of a function whose scale is its own (SOFTMAX); else 0.
  double span = 0;
};

/// Follows values through nodes that only move them, in a graph that outlives this.
class ChannelAxes {
 public:
  explicit ChannelAxes(const Graph& graph);

  /// Where the channels of layers went, and the axes along which tensors were joined; the last axis where
  /// nothing is known. Ascending; empty for a scalar.
  std::vector<int> of(TensorId id) const;
  /// By position of `axis`.
  const std::vector<ChannelOrigin>& origins(TensorId id, int axis);

 private:
  using Axes = uint8_t;  ///< A bit an axis.

  Axes axes_after(const Node& node) const;
  /// The axis of operand `operand` whose positions became those of the output's, or -1.
  int source_axis(const Node& node, size_t operand, int axis) const;
  std::vector<ChannelOrigin> trace(TensorId id, int axis);
  /// What the operands of a node that joins or moves values say of its output.
  void add_sources(const Node& node, int axis, std::vector<ChannelOrigin>& origins);

  const Graph& graph_;
  std::vector<NodeId> producers_;
  std::vector<Axes> axes_;  ///< By tensor.
  /// By tensor and axis; empty where nobody asked yet.
  std::vector<std::vector<ChannelOrigin>> origins_;
  int depth_ = 0;
};

}  // namespace octet::analyze
