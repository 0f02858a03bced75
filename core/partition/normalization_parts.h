// Finds normalizations among their parts: the accelerator runs one as a whole, though not each part of it.
#pragma once

#include <string_view>
#include <vector>

#include "ir/graph.h"

namespace octet::partition {

enum class NormKind : uint8_t {
  Layer,     ///< Less the mean and by the deviation of the channels.
  Instance,  ///< Less the mean and by the deviation of height and width.
  Rms,       ///< By the root of the mean square of the channels.
};

/// "layer norm", "instance norm" or "RMS norm".
std::string_view to_string(NormKind kind);

struct Norm {
  NormKind kind;
  TensorId input = TensorId::None;
  std::vector<NodeId> nodes;  ///< Ascending. They read `input`, constants and each other.
};

/// The normalizations of a float graph, each of the nodes that make it up: mean, squares, their mean, a small
/// constant, the root, and the products and sums that apply them, with constant scale and offset, in any of
/// the forms that converters write.
std::vector<Norm> find_norms(const Graph& graph);

}  // namespace octet::partition
