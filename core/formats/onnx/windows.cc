#include "formats/onnx/windows.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace octet::formats::onnx {
namespace {

/// Beyond it no model's windows are; sums of a few such numbers fit 32 bits.
constexpr int64_t kLargest = int64_t{1} << 24;

/// A list of one number a spatial axis, as height and width; `otherwise` where there is none.
std::array<int64_t, 2> pair_of(const NodeReader& node, std::string_view name, bool has_height,
                               int64_t otherwise, int64_t least) {
  const auto list = node.integers(name);
  if (!list || list->empty()) return {otherwise, otherwise};
  if (list->size() != (has_height ? 2u : 1u)) {
    node.invalid("its " + std::string(name) + " have " + std::to_string(list->size()) +
                 " entries, not one a spatial dimension.");
  }
  for (const int64_t number : *list) {
    if (number < least || number > kLargest)
      node.invalid("its " + std::string(name) + " contain " + std::to_string(number) + ".");
  }
  // An axis that the file does not have has extent 1, on which strides and the like have no effect.
  return has_height ? std::array{(*list)[0], (*list)[1]} : std::array{int64_t{1}, (*list)[0]};
}

/// Begins of all axes, then ends.
std::array<std::array<int64_t, 2>, 2> pads_of(const NodeReader& node, bool has_height) {
  const auto list = node.integers("pads");
  if (!list || list->empty()) return {};
  if (list->size() != (has_height ? 4u : 2u))
    node.invalid("its pads have " + std::to_string(list->size()) + " entries, not two a spatial dimension.");
  for (const int64_t number : *list) {
    if (number < 0 || number > kLargest) node.invalid("its pads contain " + std::to_string(number) + ".");
  }
  if (!has_height) return {{{0, 0}, {(*list)[0], (*list)[1]}}};
  return {{{(*list)[0], (*list)[2]}, {(*list)[1], (*list)[3]}}};
}

/// Height, width, their windows, and what they keep between themselves.
std::array<AxisWindows, 2> axes_of(const NodeReader& node, const WindowedInput& input,
                                   std::optional<Spatial> window) {
  const bool has_height = input.has_height;
  const auto strides = pair_of(node, "strides", has_height, 1, 1);
  const auto dilations = pair_of(node, "dilations", has_height, 1, 1);
  const auto pads = pads_of(node, has_height);
  std::array<int64_t, 2> windows;
  if (window) {
    windows = {window->height, window->width};
  } else {
    node.required_integers("kernel_shape");
    windows = pair_of(node, "kernel_shape", has_height, 1, 1);
  }
  std::array<AxisWindows, 2> axes;
  for (size_t i = 0; i < 2; ++i) {
    const bool exists = i == 1 || has_height;
    axes[i] = {.extent = i == 0 ? input.extent.height : input.extent.width,
               .window = windows[i],
               .stride = exists ? strides[i] : 1,
               .dilation = exists ? dilations[i] : 1,
               .before = pads[i][0],
               .after = pads[i][1]};
  }
  return axes;
}

/// Offsets that follow from these have 32 bits.
void check(const NodeReader& node, const AxisWindows& axis) {
  for (const int64_t number : {axis.reach(), axis.before, axis.after, axis.output}) {
    if (number > kLargest)
      node.invalid("its windows and padding would take " + std::to_string(number) + " elements of an axis.");
  }
}

/// Splits a padding as SAME_UPPER or SAME_LOWER says: the odd element behind, or in front.
void split_padding(std::string_view mode, int64_t total, AxisWindows& axis) {
  total = std::max<int64_t>(total, 0);
  axis.before = mode == "SAME_UPPER" ? total / 2 : total - total / 2;
  axis.after = total - axis.before;
}

std::string_view padding_mode(const NodeReader& node) {
  const std::string_view mode = node.text("auto_pad", "NOTSET");
  for (const std::string_view known : {"", "NOTSET", "VALID", "SAME_UPPER", "SAME_LOWER"}) {
    if (mode == known) return mode.empty() ? "NOTSET" : mode;
  }
  node.invalid("its auto_pad is '" + std::string(mode) + "'.");
}

Padding2d padding_of(const std::array<AxisWindows, 2>& axes) {
  return {static_cast<int32_t>(axes[0].before), static_cast<int32_t>(axes[0].after),
          static_cast<int32_t>(axes[1].before), static_cast<int32_t>(axes[1].after)};
}

Spatial spatial_of(const std::array<AxisWindows, 2>& axes, int64_t AxisWindows::*field) {
  return {static_cast<int32_t>(axes[0].*field), static_cast<int32_t>(axes[1].*field)};
}

}  // namespace

Windows::Windows(const NodeReader& node, const WindowedInput& input, std::optional<Spatial> window)
    : axes_(axes_of(node, input, window)) {
  const std::string_view mode = padding_mode(node);
  const bool rounds_up = node.integer("ceil_mode", 0) != 0;
  for (size_t i = 0; i < 2; ++i) {
    AxisWindows& axis = axes_[i];
    if (mode == "VALID") axis.before = axis.after = 0;
    if (mode.starts_with("SAME")) {
      const int64_t output = (axis.extent + axis.stride - 1) / axis.stride;
      split_padding(mode, (output - 1) * axis.stride + axis.reach() - axis.extent, axis);
    }
    counted_after_[i] = axis.after;
    const int64_t room = axis.extent + axis.before + axis.after - axis.reach();
    if (room < 0) {
      node.invalid("its window of " + std::to_string(axis.reach()) + " elements is larger than its padded " +
                   (i == 0 ? "height" : "width") + ".");
    }
    axis.output = room / axis.stride + 1;
    const bool is_inexact = room % axis.stride != 0;
    // One more window, unless it would begin behind the image and its padding in front.
    const bool has_another = axis.output * axis.stride < axis.extent + axis.before;
    if (rounds_up && is_inexact && has_another && !mode.starts_with("SAME")) {
      axis.after += axis.stride - room % axis.stride;
      ++axis.output;
    }
    check(node, axis);
  }
}

Spatial Windows::spatial(int64_t AxisWindows::*field) const { return spatial_of(axes_, field); }

Padding2d Windows::padding() const { return padding_of(axes_); }

Padding2d Windows::counted_padding() const {
  Padding2d padding = padding_of(axes_);
  padding.bottom = static_cast<int32_t>(counted_after_[0]);
  padding.right = static_cast<int32_t>(counted_after_[1]);
  return padding;
}

TransposedWindows::TransposedWindows(const NodeReader& node, const WindowedInput& input, Spatial window)
    : axes_(axes_of(node, input, window)) {
  const bool has_height = input.has_height;
  const std::string_view mode = padding_mode(node);
  const auto output_padding = pair_of(node, "output_padding", has_height, 0, 0);
  auto given = node.integers("output_shape");
  if (given && given->size() > (has_height ? 2u : 1u)) given->erase(given->begin(), given->begin() + 2);
  if (given && given->size() != (has_height ? 2u : 1u))
    node.invalid("its output_shape has the wrong length.");
  for (size_t i = 0; i < 2; ++i) {
    AxisWindows& axis = axes_[i];
    const bool exists = i == 1 || has_height;
    const int64_t extra = exists ? output_padding[i] : 0;
    const int64_t whole = (axis.extent - 1) * axis.stride + axis.reach() + extra;
    if (!exists) {
      axis.output = whole;
      check(node, axis);
      continue;
    }
    if (mode == "VALID") axis.before = axis.after = 0;
    if (given) {
      axis.output = (*given)[has_height ? i : 0];
      if (axis.output < 1 || axis.output > kLargest) node.invalid("its output_shape is impossible.");
      // Unlike elsewhere, what is not SAME_UPPER has the odd element in front.
      const int64_t total = whole - axis.output;
      axis.before = mode == "SAME_UPPER" ? total / 2 : total - total / 2;
      if (total < 0) axis.before = 0;  // Elements that no tap reaches stand behind.
    } else if (mode.starts_with("SAME")) {
      axis.output = axis.extent * axis.stride;
      split_padding(mode, whole - axis.output, axis);
    } else {
      axis.output = whole - axis.before - axis.after;
    }
    if (axis.output < 1) node.invalid("its padding leaves nothing of its output.");
    check(node, axis);
  }
}

Spatial TransposedWindows::stride() const { return spatial_of(axes_, &AxisWindows::stride); }
Spatial TransposedWindows::dilation() const { return spatial_of(axes_, &AxisWindows::dilation); }
Padding2d TransposedWindows::padding() const { return padding_of(axes_); }
Spatial TransposedWindows::output() const { return spatial_of(axes_, &AxisWindows::output); }

}  // namespace octet::formats::onnx
