#include "ops/movement/batch_blocks.h"

#include <string>

namespace octet::ops {
namespace {

/// More places would make kernels of more copies than any network needs.
constexpr int64_t kMostPlaces = 4096;

}  // namespace

int64_t checked_block(const NodeView& node) {
  const BatchBlocks& blocks = node.attributes<BatchBlocks>();
  const int rank = node.input(0).shape.rank();
  if (blocks.block.empty() || static_cast<int64_t>(blocks.block.size()) + 1 > rank ||
      blocks.margins.size() != blocks.block.size()) {
    node.fail("its block has " + std::to_string(blocks.block.size()) + " dimensions; its input has " +
              std::to_string(rank) + ".");
  }
  int64_t places = 1;
  for (size_t d = 0; d < blocks.block.size(); ++d) {
    if (blocks.block[d] < 1) node.fail("dimension " + std::to_string(d) + " of its block is not positive.");
    if (blocks.margins[d][0] < 0 || blocks.margins[d][1] < 0) {
      node.fail("it has a negative margin in dimension " + std::to_string(d + 1) + ".");
    }
    places *= blocks.block[d];
    if (places > kMostPlaces) {
      node.fail("its block has more than " + std::to_string(kMostPlaces) + " places.");
    }
  }
  return places;
}

}  // namespace octet::ops
