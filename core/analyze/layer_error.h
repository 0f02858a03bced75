// Error of every node of a quantized graph against the float graph it was made from.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "analyze/error_metrics.h"
#include "emulate/executor.h"
#include "ir/graph.h"

namespace octet::analyze {

/// Trivially copyable: workers of one build exchange it as bytes.
struct NodeSums {
  /// In the quantized graph as it runs, with the errors of all nodes before.
  ErrorSums accumulated;
  /// Of the node alone: its inputs are the float graph's values in the representation that it reads.
  ErrorSums local;

  void merge(const NodeSums& other) {
    accumulated.merge(other.accumulated);
    local.merge(other.local);
  }
};

struct NodeError {
  std::string node;  ///< The name in both graphs.
  OpKind op;
  Unit unit;
  NodeSums sums;
};

/// Runs both graphs on the same inputs and compares, in reals, the outputs of the nodes of the same name. A
/// second run of the quantized graph, in which each node's outputs are replaced by the float graph's values
/// before the next node reads them, gives the local errors. Nodes that compute no reals (indices) are left
/// out.
class LayerErrorAnalyzer {
 public:
  LayerErrorAnalyzer(std::shared_ptr<const Graph> float_graph, std::shared_ptr<const Graph> quantized);
  /// Runs one sample, one span an input of the float graph, and returns the sums of each node for it, in
  /// network order.
  std::vector<NodeSums> observe(std::span<const std::span<const std::byte>> inputs);
  /// Adds one sample's sums. In sample order, results are the same bits for any number of workers that
  /// observe.
  void fold(std::span<const NodeSums> sample);
  /// observe() and fold() in one.
  void add(std::span<const std::span<const std::byte>> inputs) { fold(observe(inputs)); }
  /// In network order.
  std::vector<NodeError> errors() const;

 private:
  void match_outputs(const Graph& float_graph, const Graph& quantized);
  void run_float(std::span<const std::span<const std::byte>> inputs);
  /// Adds the difference between a slot's float values and what the quantized graph computed.
  void compare(size_t slot, TensorId id, std::span<const std::byte> contents, ErrorSums& sums);

  emulate::Executor float_;
  emulate::Executor quantized_;
  std::vector<NodeError> errors_;
  // A slot is a tensor that both graphs compute.
  std::vector<int32_t> float_slot_;               ///< By float tensor: its slot, or -1.
  std::vector<int32_t> quantized_slot_;           ///< By quantized tensor likewise.
  std::vector<size_t> node_of_slot_;              ///< Index into errors_.
  std::vector<std::vector<float>> float_values_;  ///< By slot, of the sample being observed.
  std::vector<float> dequantized_;
};

}  // namespace octet::analyze
