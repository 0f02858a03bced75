// Runs a graph, float or quantized: kernels prepared once, memory planned once, nothing allocated while
// running.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "ir/graph.h"
#include "ops/operator.h"

namespace octet::emulate {

class Executor {
 public:
  /// Called after each node for each of its outputs, and before the first node for each graph input. The span
  /// is valid during the call only: memory is shared between tensors whose lives do not overlap.
  using Visitor = std::function<void(TensorId, std::span<const std::byte>)>;
  using Editor = std::function<void(TensorId, std::span<std::byte>)>;

  /// Not copyable: the steps point into the arena.
  Executor(const Executor&) = delete;
  Executor& operator=(const Executor&) = delete;

  /// Prepares every node. Throws UnsupportedOperator naming every node that has no kernel for its types.
  explicit Executor(std::shared_ptr<const Graph> graph);

  const Graph& graph() const { return *graph_; }
  /// Where input `i` of the graph is written before run(); keeps its contents only until run().
  std::span<std::byte> input(size_t i);
  /// Copies `values` into input `i`; throws InvalidInput when the size does not fit.
  void set_input(size_t i, std::span<const std::byte> values);
  /// All inputs in graph order; throws InvalidInput for another number of them, too.
  void set_inputs(std::span<const std::span<const std::byte>> inputs);
  void run(const Visitor& visitor = {});
  /// The same, with `editor` after each node for each of its outputs: what it writes there is what the nodes
  /// behind read.
  void run_edited(const Editor& editor);
  /// Output `i` of the graph after run(), valid until the next run().
  std::span<const std::byte> output(size_t i) const;
  /// Bytes of the memory plan.
  size_t arena_bytes() const { return arena_.size(); }

 private:
  struct Step {
    std::unique_ptr<ops::Kernel> kernel;
    std::vector<const std::byte*> inputs;
    std::vector<std::byte*> outputs;
    std::byte* scratch = nullptr;
  };

  void run_node(size_t n);
  std::span<std::byte> memory(TensorId id);
  std::span<const std::byte> contents(TensorId id) const;

  std::shared_ptr<const Graph> graph_;
  std::vector<size_t> offsets_;  ///< Byte offset in arena_ of each computed tensor.
  std::vector<std::byte> storage_;
  std::span<std::byte> arena_;  ///< The aligned part of storage_.
  std::vector<Step> steps_;
};

}  // namespace octet::emulate
