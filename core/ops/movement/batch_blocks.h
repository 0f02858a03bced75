// What SPACE_TO_BATCH_ND and BATCH_TO_SPACE_ND share: how places of a block and the batch map to each other.
#pragma once

#include <cstdint>
#include <vector>

#include "ops/inference.h"
#include "ops/movement/copy_kernel.h"

namespace octet::ops {

/// Product of the block's extents. Checks the attributes against input 0: one entry a dimension behind the
/// batch, the last one (the channels) left out; extents at least 1, margins not negative.
int64_t checked_block(const NodeView& node);

/// TFLite's kernels know [batch, height, channels] and [batch, height, width, channels].
inline const Constraint kBatchBlocksTflite[] = {
    {"its input has three or four dimensions and its block one less than these without the batch",
     [](const ConstraintView& view) {
       const int rank = view.node.input(0).shape.rank();
       return (rank == 3 || rank == 4) &&
              view.node.attributes<BatchBlocks>().block.size() + 2 == static_cast<size_t>(rank);
     },
     [](const ConstraintView& view) {
       const size_t block = view.node.attributes<BatchBlocks>().block.size();
       return filled("they have # and #", {view.node.input(0).shape.rank(), static_cast<int32_t>(block)});
     }},
};

}  // namespace octet::ops
