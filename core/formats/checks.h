// Checks that every reader of untrusted files makes before kernels may rely on a graph. Each returns the
// problem as the rest of a sentence that begins with the tensor or node, or nothing.
#pragma once

#include <optional>
#include <string>

#include "ir/graph.h"

namespace octet::formats {

/// Scales positive and finite, zero points within the type, one entry or one an index of the axis.
std::optional<std::string> quantization_problem(const QuantParams& params, DType dtype, const Shape& shape);

/// Activations of one type, weights of the same, biases float or int32, integers with quantization
/// parameters.
std::optional<std::string> type_problem(const Graph& graph, const Node& node);

}  // namespace octet::formats
