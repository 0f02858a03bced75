#include "ops/reduction/pooling_operators.h"

#include <algorithm>
#include <string>

#include "ops/inference.h"

namespace octet::ops {
namespace {

int64_t pooled(const NodeView& node, const char* side, int64_t extent, int64_t window, int64_t stride,
               int64_t before, int64_t after) {
  if (window < 1 || stride < 1) {
    node.fail("the " + std::string(side) + " of its window and stride must be at least 1.");
  }
  // Padding below the window's size keeps every window on the image.
  if (before < 0 || after < 0 || before >= window || after >= window) {
    node.fail("its " + std::string(side) + " is padded by " + std::to_string(before) + " and " +
              std::to_string(after) + "; from 0 to " + std::to_string(window - 1) + " is possible.");
  }
  if (extent + before + after < window) {
    node.fail("its window is larger than the padded " + std::string(side) + " of its input, " +
              std::to_string(extent + before + after) + ".");
  }
  return (extent + before + after - window) / stride + 1;
}

}  // namespace

std::vector<TensorType> infer_pool(const NodeView& node) {
  const Tensor& input = node.input(0);
  const auto& [window, stride, padding, activation] = node.attributes<Pool2d>();
  expect_rank(node, 0, 4);
  const int64_t height =
      pooled(node, "height", input.shape.height(), window.height, stride.height, padding.top, padding.bottom);
  const int64_t width =
      pooled(node, "width", input.shape.width(), window.width, stride.width, padding.left, padding.right);
  return {{input.dtype, output_shape(node, std::vector<int64_t>{input.shape.batch(), height, width,
                                                                input.shape.channels()})}};
}

kernels::PoolGeometry pool_geometry(const NodeView& node) {
  const Pool2d& pool = node.attributes<Pool2d>();
  return {.input = node.input(0).shape,
          .output = node.output().shape,
          .window = pool.window,
          .stride = pool.stride,
          .padding = pool.padding};
}

void expect_window(const NodeView& node, int64_t most) {
  const Pool2d& pool = node.attributes<Pool2d>();
  const Shape& input = node.input(0).shape;
  const int64_t pixels =
      int64_t{std::min(pool.window.height, input.height())} * std::min(pool.window.width, input.width());
  if (pixels > most) {
    node.fail("its window has " + std::to_string(pixels) + " pixels; integers can be pooled over at most " +
              std::to_string(most) + ".");
  }
}

bool window_fits_mla(const ConstraintView& view) {
  const Spatial& window = view.node.attributes<Pool2d>().window;
  const Shape& input = view.node.input(0).shape;
  const bool global = window.height >= input.height() && window.width >= input.width();
  return global || (window.height < 128 && window.width < 128);
}

std::string found_window(const ConstraintView& view) {
  const Spatial& window = view.node.attributes<Pool2d>().window;
  const Shape& input = view.node.input(0).shape;
  return filled("it is # by # in an input of # by #",
                {window.height, window.width, input.height(), input.width()});
}

}  // namespace octet::ops
