// What SPLIT, SPLIT_V and UNPACK share: an input cut along one axis, one part an output.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "ops/movement/copy_kernel.h"

namespace octet::ops {

/// A kernel for outputs that hold `sizes` neighbours along `axis` each; the sizes fill the axis.
std::unique_ptr<Kernel> splitting_kernel(const NodeView& node, int axis, std::span<const int32_t> sizes);

}  // namespace octet::ops
