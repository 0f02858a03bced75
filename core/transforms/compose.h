// Puts networks behind each other as one graph.
#pragma once

#include <map>
#include <span>
#include <string>
#include <vector>

#include "ir/graph.h"

namespace octet::transforms {

/// A network to compose: what its file has. Both graphs have the same inputs and outputs.
struct Part {
  const Graph* quantized;
  const Graph* float_graph;
};

/// What the names of one part became.
struct Renamed {
  std::map<std::string, std::string> nodes;
  std::map<std::string, std::string> tensors;
};

struct Composition {
  Graph quantized;
  Graph float_graph;
  std::vector<Renamed> parts;  ///< In the order of the parts.
};

/// One network, called `name`, of `parts` in order: the outputs of each are the inputs of the next, first to
/// first. Names stay as they are where no earlier part has them, else they get a number; where two parts
/// meet, the tensor has the first one's name. Nodes keep their placement but for its segment, and
/// `source_nodes`.
///
/// Throws InvalidInput where two parts that meet have other numbers of tensors, or tensors of other types,
/// and InvalidShape where shapes differ: either names both ends. Throws InvalidInput where a part lacks its
/// float graph.
Composition compose(const std::string& name, std::span<const Part> parts);

}  // namespace octet::transforms
