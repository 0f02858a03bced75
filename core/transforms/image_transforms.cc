// Transforms of images, [batch, height, width, channels]: what a camera's or decoder's pixels need before a
// network, and detections behind one.
#include <string>
#include <tuple>

#include "transforms/transform_table.h"

namespace octet::transforms {
namespace {

using Operands = std::span<const TensorId>;
using Results = std::vector<TensorId>;

/// The shape of an image; fails where the operand is none.
const Shape& image_shape(const Network& network, TensorId operand, const Fields& fields) {
  const Tensor& image = network.tensor(operand);
  if (image.shape.rank() != 4) {
    fields.fail({"'", image.name, "' of shape ", to_string(image.shape), " is no image."},
                "It takes [batch, height, width, channels].");
  }
  return image.shape;
}

Results crop(Network& network, Fields& fields, Operands operands) {
  const auto corners = fields.rows("boundingBox", 2);
  const Shape& shape = image_shape(network, operands[0], fields);
  if (corners.size() != 2) fields.fail({"'boundingBox' needs two corners, [x0, y0] and [x1, y1]."});
  const auto [left, top, right, bottom] =
      std::tuple(corners[0][0], corners[0][1], corners[1][0], corners[1][1]);
  const auto inside = [](double first, double past, int32_t extent) {
    return first >= 0 && first < past && past <= extent && first == static_cast<int32_t>(first) &&
           past == static_cast<int32_t>(past);
  };
  if (!inside(left, right, shape.width()) || !inside(top, bottom, shape.height())) {
    fields.fail({"'boundingBox' is not within the image, which is ", std::to_string(shape.width()), " x ",
                 std::to_string(shape.height()), "."},
                "The second corner is past the last pixel.");
  }
  const auto x = static_cast<int32_t>(left);
  const auto y = static_cast<int32_t>(top);
  return {network.add(OpKind::Slice,
                      Slice{.begin = {0, y, x, 0},
                            .size = {shape.batch(), static_cast<int32_t>(bottom) - y,
                                     static_cast<int32_t>(right) - x, shape.channels()}},
                      {operands[0]})};
}

constexpr TransformRow kRows[] = {
    {"crop", crop},
};

}  // namespace

std::span<const TransformRow> image_transforms() { return kRows; }

}  // namespace octet::transforms
