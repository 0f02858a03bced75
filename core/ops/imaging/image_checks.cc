#include "ops/imaging/image_checks.h"

#include <string>

#include "ops/inference.h"

namespace octet::ops {

bool is_pixel(DType dtype) { return dtype == DType::UInt8 || dtype == DType::Float32; }

void expect_pixels(const NodeView& node) {
  const Tensor& input = node.input(0);
  if (is_pixel(input.dtype)) return;
  node.fail("input '" + input.name + "' is " + std::string(to_string(input.dtype)) +
            "; uint8 or float32 is expected.");
}

void expect_picture(const NodeView& node) {
  expect_pixels(node);
  expect_rank(node, 0, 4);
  const Tensor& input = node.input(0);
  if (input.shape.batch() == 1) return;
  node.fail("input '" + input.name + "' has " + std::to_string(input.shape.batch()) +
            " pictures; one is expected.");
}

}  // namespace octet::ops
