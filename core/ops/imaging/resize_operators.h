// What RESIZE_BILINEAR and RESIZE_NEAREST_NEIGHBOR share.
#pragma once

#include <string>
#include <vector>

#include "ops/inference.h"
#include "ops/operator.h"

namespace octet::ops {

inline std::vector<TensorType> infer_resized(const NodeView& node) {
  const Tensor& input = node.input(0);
  const Resize& resize = node.attributes<Resize>();
  expect_rank(node, 0, 4);
  if (resize.align_corners && resize.half_pixel_centers) {
    node.fail("it has both aligned corners and half-pixel centers, which exclude each other.");
  }
  return {
      {input.dtype, output_shape(node, std::vector<int64_t>{input.shape.batch(), resize.output.height,
                                                            resize.output.width, input.shape.channels()})}};
}

}  // namespace octet::ops
