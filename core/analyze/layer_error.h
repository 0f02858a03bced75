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

struct NodeError {
  std::string node;  ///< The name in the float graph.
  OpKind op;
  Unit unit;
  ErrorSums sums;
};

/// Accumulated error: both graphs run on the same inputs; each node's float outputs are compared in reals
/// with the tensors of the same names in the quantized graph. Nodes that have none there are left out: index
/// outputs.
class LayerErrorAnalyzer {
 public:
  LayerErrorAnalyzer(std::shared_ptr<const Graph> float_graph, std::shared_ptr<const Graph> quantized);
  /// Runs one sample, one span an input of the float graph, and returns the sums of each node for it, in
  /// network order.
  std::vector<ErrorSums> observe(std::span<const std::span<const std::byte>> inputs);
  /// Adds one sample's sums. In sample order, results are the same bits for any number of workers that
  /// observe.
  void fold(std::span<const ErrorSums> sample);
  /// observe() and fold() in one.
  void add(std::span<const std::span<const std::byte>> inputs) { fold(observe(inputs)); }
  /// In network order.
  std::vector<NodeError> errors() const;

 private:
  emulate::Executor float_;
  emulate::Executor quantized_;
  std::vector<NodeError> errors_;
  // A slot is a tensor that both graphs have.
  std::vector<int32_t> float_slot_;               ///< By float tensor: its slot, or -1.
  std::vector<int32_t> quantized_slot_;           ///< By quantized tensor likewise.
  std::vector<size_t> node_of_slot_;              ///< Index into errors_.
  std::vector<std::vector<float>> float_values_;  ///< By slot, of the sample being observed.
  std::vector<float> dequantized_;
};

}  // namespace octet::analyze
