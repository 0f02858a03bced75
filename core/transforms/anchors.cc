#include "transforms/anchors.h"

#include <string>

#include "ir/error.h"

namespace octet::transforms {
namespace {

constexpr int64_t kMostAnchors = int64_t{1} << 22;

int64_t cells(int32_t extent, int32_t stride) { return (int64_t{extent} + stride - 1) / stride; }

}  // namespace

std::vector<float> grid_anchors(Spatial input, std::span<const AnchorGrid> grids) {
  std::vector<float> anchors;
  int64_t count = 0;
  for (const AnchorGrid& grid : grids) {
    if (grid.stride < 1 || grid.per_cell < 1 || input.height < 1 || input.width < 1) {
      throw Error(ErrorCode::InvalidConfig, "A grid of anchors has " + std::to_string(grid.per_cell) +
                                                " a cell of " + std::to_string(grid.stride) +
                                                " pixels; both must be at least 1.");
    }
    const int64_t rows = cells(input.height, grid.stride);
    const int64_t columns = cells(input.width, grid.stride);
    const bool fits = rows <= kMostAnchors && columns <= kMostAnchors && rows * columns <= kMostAnchors;
    count += fits ? rows * columns * grid.per_cell : kMostAnchors + 1;
    if (count > kMostAnchors) {
      throw Error(ErrorCode::InvalidConfig,
                  "Grids of anchors have more than " + std::to_string(kMostAnchors) + " anchors.");
    }
    for (int64_t y = 0; y < rows; ++y) {
      for (int64_t x = 0; x < columns; ++x) {
        const float center_y = (static_cast<float>(y) + 0.5f) / static_cast<float>(rows);
        const float center_x = (static_cast<float>(x) + 0.5f) / static_cast<float>(columns);
        for (int32_t k = 0; k < grid.per_cell; ++k) anchors.insert(anchors.end(), {center_y, center_x, 1, 1});
      }
    }
  }
  return anchors;
}

}  // namespace octet::transforms
