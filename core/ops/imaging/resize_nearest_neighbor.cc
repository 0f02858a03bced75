// RESIZE_NEAREST_NEIGHBOR: copies the pixel whose position is nearest, or next below.
#include <algorithm>
#include <cmath>

#include "ops/imaging/resize_operators.h"
#include "ops/movement/copy_kernel.h"

namespace octet::ops {
namespace {

/// The input position of each output position along one axis, in single precision as TFLite finds it.
std::vector<int32_t> sources(int32_t input, int32_t output, const Resize& resize) {
  const float scale = resize.align_corners && output > 1
                          ? static_cast<float>(input - 1) / static_cast<float>(output - 1)
                          : static_cast<float>(input) / static_cast<float>(output);
  const float center = resize.half_pixel_centers ? 0.5f : 0.0f;
  std::vector<int32_t> positions(static_cast<size_t>(output));
  for (size_t i = 0; i < positions.size(); ++i) {
    const float position = (static_cast<float>(i) + center) * scale;
    const float rounded = resize.align_corners ? std::round(position) : std::floor(position);
    positions[i] = std::clamp(static_cast<int32_t>(rounded), 0, input - 1);
  }
  return positions;
}

std::unique_ptr<Kernel> prepare(const NodeView& node) {
  const Resize& resize = node.attributes<Resize>();
  const Shape& in = node.input(0).shape;
  const auto from = byte_strides(node.input(0));
  const auto to = byte_strides(node.output());
  std::vector<kernels::CopyAxis> axes;
  axes.push_back(kernels::strided_axis(in.batch(), from[0], to[0]));
  axes.push_back(kernels::indexed_axis(sources(in.height(), resize.output.height, resize), from[1], to[1]));
  axes.push_back(kernels::indexed_axis(sources(in.width(), resize.output.width, resize), from[2], to[2]));
  return movement_kernel({{.copy = kernels::Copy(std::move(axes), static_cast<size_t>(from[2]))}});
}

/// The whole number that the axis grows by, or 0.
int32_t factor(int32_t input, int32_t output) { return output % input == 0 ? output / input : 0; }

bool is_power_of_two(int32_t value) { return value > 0 && (value & (value - 1)) == 0; }

const Constraint kMla[] = {
    kFourDimensional,
    {"it enlarges each side by a power of two, or both by the same even factor with half-pixel centers",
     [](const ConstraintView& view) {
       const Resize& resize = view.node.attributes<Resize>();
       const Shape& in = view.node.input(0).shape;
       const int32_t height = factor(in.height(), resize.output.height);
       const int32_t width = factor(in.width(), resize.output.width);
       if (resize.align_corners) return false;
       const bool same_even = height == width && height > 0 && height % 2 == 0 && resize.half_pixel_centers;
       return same_even || (is_power_of_two(height) && is_power_of_two(width));
     },
     [](const ConstraintView& view) {
       const Resize& resize = view.node.attributes<Resize>();
       const Shape& in = view.node.input(0).shape;
       const std::string_view form = resize.align_corners ? "it makes # by # of # by # with aligned corners"
                                     : resize.half_pixel_centers
                                         ? "it makes # by # of # by # with half-pixel centers"
                                         : "it makes # by # of # by #";
       return filled(form, {resize.output.height, resize.output.width, in.height(), in.width()});
     }},
};

}  // namespace

extern const Operator resize_nearest_neighbor = {
    .kind = OpKind::ResizeNearestNeighbor,
    .infer = infer_resized,
    .kernels = every_type(prepare),
    .quantization = kKeepsParameters,
    .mla = {.int8 = true, .bf16 = true, .constraints = kMla},
    .tflite = {.int8 = true, .int16 = true},
    .cvu = true,
    .short_name = "Resize nearest",
    .elements = Elements::Moved,
    .axes = AxisRule::Image,
    .derivative = Derivative::Movement,
    .passes_channel_factors = always,
    .identity = Identity{always},
    .rescales = never,
    .multiply_accumulates = no_products,
    .fused_as = std::nullopt,
    .decomposition = nullptr,
};

}  // namespace octet::ops
