// Anchors of detectors that have them on regular grids, as DETECTION_POST_PROCESS reads them.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "ir/attributes.h"

namespace octet::transforms {

/// Cells of `stride` by `stride` pixels of the input, with anchors at the centre of each.
struct AnchorGrid {
  int32_t stride = 1;
  int32_t per_cell = 1;
};

/// The anchors of all grids, row by row: centre y, centre x, height and width, in parts of the input's sides.
/// Each has the size of the whole input, as MediaPipe's detectors of "fixed anchor size" have (BlazeFace,
/// short range: strides 8 with 2 a cell and 16 with 6; full range: stride 4 with 1). Throws InvalidConfig
/// where a number is below 1 or there are more than a detector can have.
std::vector<float> grid_anchors(Spatial input, std::span<const AnchorGrid> grids);

}  // namespace octet::transforms
