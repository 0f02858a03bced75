// The reals that a tensor's integers reach, for what looks at where they end.
#pragma once

#include <optional>

#include "ir/tensor.h"

namespace octet::analyze {

/// The integers that a node computes, and the reals that they reach.
struct IntegerRange {
  double step = 0;
  double low = 0;
  double high = 0;
};

/// Where integers of `tensor` end; nothing for other types.
std::optional<IntegerRange> integer_range(const Tensor& tensor);

}  // namespace octet::analyze
