// Resize and Upsample.
#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "formats/onnx/image_layout.h"
#include "formats/onnx/interpolation.h"
#include "formats/onnx/operators.h"
#include "formats/onnx/row_helpers.h"

namespace octet::formats::onnx {
namespace {

/// What a node says, by axis of its operand.
struct Resizing {
  ResizeMode mode;
  std::vector<ResizedAxis> axes;
  float extrapolation = 0;
};

ResizeMode mode_of(NodeReader& node) {
  ResizeMode mode;
  mode.method = node.text("mode", "nearest");
  if (node.op() == "Upsample" || node.version() < 11) {
    if (mode.method == "bilinear") mode.method = "linear";
    mode.coordinates = "asymmetric";
    mode.nearest = "simple";
    return mode;
  }
  mode.coordinates = node.text("coordinate_transformation_mode", "half_pixel");
  mode.nearest = node.text("nearest_mode", "round_prefer_floor");
  mode.cubic_coefficient = node.real("cubic_coeff_a", -0.75f);
  mode.excludes_outside = node.integer("exclude_outside", 0) != 0;
  mode.antialias = node.integer("antialias", 0) != 0 && mode.method != "nearest";
  return mode;
}

/// Scales of all axes, or sizes of all: one of the two is empty.
struct Extents {
  std::vector<float> scales;
  std::vector<int64_t> sizes;
};

Extents extents_of(NodeReader& node) {
  if (node.op() == "Upsample" && node.version() < 9) {
    if (const AttributeMessage* scales = node.attribute("scales")) return {scales->reals, {}};
    // The first version had one attribute a side.
    if (node.attribute("height_scale") == nullptr) node.invalid("it has no scales.");
    return {{1, 1, node.real("height_scale", 1), node.real("width_scale", 1)}, {}};
  }
  if (node.version() < 11) return {node.constant_reals(1, "its scales"), {}};
  Extents extents;
  if (node.has(3)) extents.sizes = node.constant_integers(3, "its sizes");
  if (extents.sizes.empty() && node.has(2)) extents.scales = node.constant_reals(2, "its scales");
  return extents;
}

void check_count(const NodeReader& node, size_t count, size_t axes) {
  if (count != axes)
    node.invalid("it has " + std::to_string(count) + " scales or sizes for " + std::to_string(axes) +
                 " axes.");
}

/// Sizes are limits where the aspect is kept: one scale serves all axes.
void set_sizes(NodeReader& node, const std::vector<int64_t>& sizes, const std::vector<int32_t>& axes,
               Resizing& resizing) {
  const std::string_view policy = node.text("keep_aspect_ratio_policy", "stretch");
  std::vector<float> scales;
  for (size_t i = 0; i < axes.size(); ++i) {
    const auto input = static_cast<float>(resizing.axes[static_cast<size_t>(axes[i])].input);
    scales.push_back(static_cast<float>(sizes[i]) / input);
  }
  if (scales.empty()) return;
  const float common = policy == "not_larger" ? *std::min_element(scales.begin(), scales.end())
                                              : *std::max_element(scales.begin(), scales.end());
  for (size_t i = 0; i < axes.size(); ++i) {
    ResizedAxis& axis = resizing.axes[static_cast<size_t>(axes[i])];
    axis.scale = policy == "stretch" ? scales[i] : common;
    axis.output = policy == "stretch"
                      ? sizes[i]
                      : static_cast<int64_t>(std::floor(common * static_cast<float>(axis.input) + 0.5f));
  }
}

Resizing resizing_of(NodeReader& node) {
  Resizing resizing = {.mode = mode_of(node), .axes = {}};
  if (!is_known(resizing.mode)) node.unsupported("with mode " + std::string(resizing.mode.method));
  const Shape shape = node.shape(0);
  for (int d = 0; d < shape.rank(); ++d) resizing.axes.push_back({.input = shape[d], .output = shape[d]});
  std::vector<int32_t> axes = axes_from(0, shape.rank());
  if (const auto given = node.integers("axes")) axes = node.axes(*given, shape.rank());

  const Extents extents = extents_of(node);
  if (!extents.sizes.empty()) {
    check_count(node, extents.sizes.size(), axes.size());
    set_sizes(node, extents.sizes, axes, resizing);
  } else {
    check_count(node, extents.scales.size(), axes.size());
    for (size_t i = 0; i < axes.size(); ++i) {
      ResizedAxis& axis = resizing.axes[static_cast<size_t>(axes[i])];
      axis.scale = extents.scales[i];
      const double output = std::floor(static_cast<double>(axis.input) * extents.scales[i]);
      if (!(output <= static_cast<double>(Shape::kMaxElements))) node.invalid("its scales are too large.");
      axis.output = static_cast<int64_t>(output);
    }
  }
  if (resizing.mode.coordinates == "tf_crop_and_resize") {
    const std::vector<float> roi = node.has(1) ? node.constant_reals(1, "its roi") : std::vector<float>();
    check_count(node, roi.size(), 2 * axes.size());
    for (size_t i = 0; i < axes.size(); ++i) {
      ResizedAxis& axis = resizing.axes[static_cast<size_t>(axes[i])];
      axis.roi_begin = roi[i];
      axis.roi_end = roi[i + axes.size()];
    }
    resizing.extrapolation = node.real("extrapolation_value", 0);
  }
  for (const ResizedAxis& axis : resizing.axes) {
    if (axis.output < 1 || axis.output > Shape::kMaxElements || !(axis.scale > 0))
      node.invalid("an axis of it would have " + std::to_string(axis.output) + " elements.");
  }
  return resizing;
}

/// How the graph's own operators place the pixels of an axis.
struct OwnMode {
  bool align_corners;
  bool half_pixel_centers;
};
constexpr OwnMode kOwnModes[] = {{false, false}, {false, true}, {true, false}};

/// The place of an output among the inputs; for the nearest one half a pixel further.
float own_position(OwnMode mode, const ResizedAxis& axis, float x, bool is_linear) {
  const auto input = static_cast<float>(axis.input);
  const auto output = static_cast<float>(axis.output);
  if (mode.align_corners && axis.output > 1) return x * ((input - 1) / (output - 1));
  const float scale = input / output;
  if (!mode.half_pixel_centers) return x * scale;
  return (x + 0.5f) * scale - (is_linear ? 0.5f : 0.0f);
}

/// True where RESIZE_BILINEAR, or RESIZE_NEAREST_NEIGHBOR, takes the same inputs by the same weights.
bool is_same(OwnMode own, const ResizeMode& mode, const ResizedAxis& axis) {
  constexpr float kSamePlace = 1e-4f;
  const bool is_linear = mode.method == "linear";
  const auto last = static_cast<float>(axis.input - 1);
  const std::vector<float> places = positions(mode, axis);
  const std::vector<int32_t> nearest = nearest_inputs(mode, axis);
  for (size_t i = 0; i < places.size(); ++i) {
    const float x = own_position(own, axis, static_cast<float>(i), is_linear);
    const float index = std::clamp(own.align_corners ? std::round(x) : std::floor(x), 0.0f, last);
    const float offset = std::clamp(x, 0.0f, last) - std::clamp(places[i], 0.0f, last);
    if (is_linear ? std::fabs(offset) > kSamePlace : index != static_cast<float>(nearest[i])) return false;
  }
  return true;
}

/// The graph's operator on images, where it computes the same.
std::optional<TensorId> as_image_operator(NodeReader& node, const Resizing& resizing) {
  const std::vector<ResizedAxis>& axes = resizing.axes;
  const ResizeMode& mode = resizing.mode;
  if (axes.size() != 4 || axes[0].changes() || axes[1].changes()) return {};
  if (mode.method == "cubic" || mode.antialias || mode.coordinates == "tf_crop_and_resize") return {};
  for (const OwnMode own : kOwnModes) {
    if (!is_same(own, mode, axes[2]) || !is_same(own, mode, axes[3])) continue;
    const OpKind op = mode.method == "linear" ? OpKind::ResizeBilinear : OpKind::ResizeNearestNeighbor;
    const Resize attributes = {
        .output = {static_cast<int32_t>(axes[2].output), static_cast<int32_t>(axes[3].output)},
        .align_corners = own.align_corners,
        .half_pixel_centers = own.half_pixel_centers};
    const TensorId image = to_image(node, node.operand(0));
    return from_image(node, node.emit(op, attributes, {image}), 4);
  }
  return {};
}

/// One axis, by a product with its weights.
TensorId interpolated(NodeReader& node, TensorId id, const ResizeMode& mode, const ResizedAxis& axis,
                      int32_t at) {
  node.expect_memory(axis.input * axis.output * static_cast<int64_t>(sizeof(float)));
  const Shape dims = shape_from(std::array{axis.output, axis.input});
  const TensorId matrix = node.constant(dims, weights(mode, axis));
  const int rank = node.shape_of(id).rank();
  const std::vector<int32_t> permutation = exchanged_axes(rank, at, rank - 1);
  const TensorId product = node.emit(OpKind::FullyConnected, FullyConnected{.keep_dims = true},
                                     {transposed(node, id, permutation), matrix});
  return transposed(node, product, permutation);
}

/// Puts a crop's value where it reaches outside of its input along any axis.
TensorId extrapolated(NodeReader& node, TensorId id, const Resizing& resizing) {
  const Shape shape = node.shape_of(id);
  node.expect_memory(shape.elements() * static_cast<int64_t>(sizeof(float)));
  std::vector<float> values(static_cast<size_t>(shape.elements()), 0.0f);
  for (size_t axis = 0; axis < resizing.axes.size(); ++axis) {
    const std::vector<bool> is_outside = outside(resizing.mode, resizing.axes[axis]);
    const auto inner = static_cast<size_t>(shape.elements(static_cast<int>(axis) + 1, shape.rank()));
    for (size_t i = 0; i < values.size(); ++i) {
      if (is_outside[i / inner % is_outside.size()]) values[i] = resizing.extrapolation;
    }
  }
  return binary(node, OpKind::Add, id, node.constant(shape, values));
}

void read_resize(NodeReader& node) {
  const Resizing resizing = resizing_of(node);
  if (const auto image = as_image_operator(node, resizing)) return node.give(*image);
  const ResizeMode& mode = resizing.mode;
  const bool crops = mode.coordinates == "tf_crop_and_resize";
  TensorId id = node.operand(0);
  for (size_t d = 0; d < resizing.axes.size(); ++d) {
    const ResizedAxis& axis = resizing.axes[d];
    if (!axis.changes()) continue;
    id = mode.method == "nearest" && !crops
             ? gathered(node, id, static_cast<int32_t>(d), nearest_inputs(mode, axis))
             : interpolated(node, id, mode, axis, static_cast<int32_t>(d));
  }
  node.give(crops && resizing.extrapolation != 0 ? extrapolated(node, id, resizing) : id);
}

constexpr OperatorRow kRows[] = {
    {"Resize", read_resize},
    {"Upsample", read_resize},
};

}  // namespace

std::span<const OperatorRow> resize_rows() { return kRows; }

}  // namespace octet::formats::onnx
