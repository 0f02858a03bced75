// Runs a graph once and keeps every tensor; then again and again with something changed, each time only what
// lies behind the change.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "ir/graph.h"
#include "ops/operator.h"

namespace octet::emulate {

/// What is other than in the run that was kept: the contents of a tensor, or kernels.
struct Change {
  TensorId tensor = TensorId::None;
  std::span<const std::byte> contents = {};
  /// Who reads `contents`; all that read the tensor, and the graph's outputs, where it is empty.
  std::span<const NodeId> readers = {};
  /// By node: its other kernel, null where it has none; may be empty.
  std::span<const ops::Kernel* const> kernels = {};

  const ops::Kernel* kernel(NodeId node) const { return kernels.empty() ? nullptr : kernels[index(node)]; }
};

class Replay {
 public:
  /// Prepares every node; throws what prepare_kernels() throws. Takes twice the memory of all computed
  /// tensors together.
  explicit Replay(std::shared_ptr<const Graph> graph);

  /// Runs all and keeps it. One span an input, in graph order; throws InvalidInput for another number or
  /// size.
  void run(std::span<const std::span<const std::byte>> inputs);
  /// What run() computed, until the next run(); of a constant its contents.
  std::span<const std::byte> kept(TensorId id) const;

  /// What `kernel` makes in place of the node's own of what run() kept; of its first output.
  void run_other(NodeId node, const ops::Kernel& kernel, std::span<std::byte> output);

  /// Runs what lies behind the change anew.
  void replay(const Change& change);
  /// What the last replay() computed; nothing where the tensor is as it was kept.
  std::optional<std::span<const std::byte>> changed(TensorId id) const;

 private:
  void run_node(size_t n, const Change& change);
  /// True when the change, or what it changed so far, reaches the node.
  bool is_reached(const Node& node, NodeId id, const Change& change) const;

  std::shared_ptr<const Graph> graph_;
  std::vector<std::unique_ptr<ops::Kernel>> kernels_;
  std::vector<Bytes> kept_;  ///< By tensor; empty for constants.
  std::vector<Bytes> new_;   ///< By tensor, where changed_.
  std::vector<bool> changed_;
  Bytes scratch_;
  std::vector<const std::byte*> inputs_;  ///< Of the node being run.
  std::vector<std::byte*> outputs_;
};

}  // namespace octet::emulate
