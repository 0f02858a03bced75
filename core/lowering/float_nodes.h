// Nodes that TFLite cannot compute in their precision: a .tflite file holds them in float32.
#pragma once

#include <cstdint>
#include <optional>

#include "ir/graph.h"

namespace octet::lowering {

enum class FloatReason : uint8_t {
  BFloat16,         ///< TFLite has no BF16 kernels.
  NoIntegerKernel,  ///< The operator has no kernel for the integers that the node reads or computes.
  Scales,           ///< Its kernel does not take the node's scales.
};

/// The integer type that the node reads or computes and TFLite has no kernel for.
std::optional<DType> type_without_kernel(const NodeView& node);

/// True where TFLite's kernel takes the scales of an integer node.
bool takes_scales(const NodeView& node);

/// Why the node is written in float32; nothing where it is written as it is. A node stays as it is, too,
/// where its integers do not say what reals they are.
std::optional<FloatReason> reason_for_float(const NodeView& node);

/// The graph with these nodes in float32. What is BF16 becomes float32, with the values that constants have
/// in BF16 (INT8 weights: after rounding to it), and conversions between the two go. Integers are converted
/// in front of the other nodes and behind them.
Graph with_float_nodes(Graph graph);

}  // namespace octet::lowering
