#include "quantize/refinement/im2col.h"

#include <algorithm>
#include <numeric>

#include "ops/operator.h"

namespace octet::quantize {
namespace {

/// One axis of a convolution, transposed or not.
struct Axis {
  int32_t input;
  int32_t output;
  int32_t kernel;
  int32_t stride;
  int32_t dilation;
  int32_t padding;
  bool transposed;
};

/// The input coordinate under a tap, or -1 outside the input.
int64_t coordinate(const Axis& axis, int32_t output, int32_t tap) {
  int64_t at = int64_t{output} * axis.stride + int64_t{tap} * axis.dilation - axis.padding;
  if (axis.transposed) {
    // An input element reaches the outputs at stride * input + tap - padding.
    at = int64_t{output} + axis.padding - tap;
    if (at < 0 || at % axis.stride != 0) return -1;
    at /= axis.stride;
  }
  return at < 0 || at >= axis.input ? -1 : at;
}

std::vector<int64_t> offsets_of(const Axis& axis, int64_t step) {
  std::vector<int64_t> offsets;
  for (int32_t output = 0; output < axis.output; ++output) {
    for (int32_t tap = 0; tap < axis.kernel; ++tap) {
      const int64_t at = coordinate(axis, output, tap);
      offsets.push_back(at < 0 ? -1 : at * step);
    }
  }
  return offsets;
}

struct Window {
  Axis rows;
  Axis columns;
  int32_t batch;
  int32_t input_channels;
};

Window window_of(const NodeView& node) {
  const Shape& filter = node.input(1).shape;
  if (node.node().op == OpKind::FullyConnected) {
    const int32_t rows = static_cast<int32_t>(node.input(0).shape.elements() / filter[1]);
    return {.rows = {rows, rows, 1, 1, 1, 0, false},
            .columns = {1, 1, 1, 1, 1, 0, false},
            .batch = 1,
            .input_channels = filter[1]};
  }
  const Shape& in = node.input(0).shape;
  const Shape& out = node.output().shape;
  Axis rows = {in.height(), out.height(), filter.height(), 1, 1, 0, false};
  Axis columns = {in.width(), out.width(), filter.width(), 1, 1, 0, false};
  if (node.node().op == OpKind::TransposeConv) {
    const TransposeConv& a = node.attributes<TransposeConv>();
    rows.stride = a.stride.height;
    columns.stride = a.stride.width;
    rows.padding = a.padding.top;
    columns.padding = a.padding.left;
    rows.transposed = columns.transposed = true;
  } else {
    const Conv2d& a = node.attributes<Conv2d>();
    rows.stride = a.stride.height;
    columns.stride = a.stride.width;
    rows.dilation = a.dilation.height;
    columns.dilation = a.dilation.width;
    rows.padding = a.padding.top;
    columns.padding = a.padding.left;
  }
  return {.rows = rows, .columns = columns, .batch = in.batch(), .input_channels = in.channels()};
}

}  // namespace

bool has_patches(const Node& node) { return ops::operator_of(node.op).quantization.weight.has_value(); }

Patches::Patches(const NodeView& node, int64_t most) : depthwise_(node.node().op == OpKind::DepthwiseConv2d) {
  const Shape& filter = node.input(1).shape;
  const Window window = window_of(node);
  const int32_t group_channels = depthwise_ ? 1 : filter[-1];
  groups_ = static_cast<size_t>(window.input_channels / group_channels);
  channels_ = static_cast<size_t>(group_channels);
  output_channels_ = static_cast<size_t>(depthwise_ ? filter[-1] : filter[0]);
  kernel_height_ = static_cast<size_t>(window.rows.kernel);
  kernel_width_ = static_cast<size_t>(window.columns.kernel);
  const int64_t row_elements = int64_t{window.columns.input} * window.input_channels;
  rows_ = offsets_of(window.rows, row_elements);
  columns_ = offsets_of(window.columns, window.input_channels);
  spread(window.batch, window.rows.output, window.columns.output, window.rows.input * row_elements, most);
}

void Patches::spread(int64_t batch, int64_t height, int64_t width, int64_t image_elements, int64_t most) {
  const int64_t positions = batch * height * width;
  // Steps of the golden section spread any number of positions evenly, and favour no row or column.
  int64_t step = std::max<int64_t>(1, positions * 618 / 1000);
  while (std::gcd(step, positions) != 1) ++step;
  std::vector<int64_t> chosen;
  int64_t at = positions / 2;
  for (int64_t i = 0; i < std::min(positions, most); ++i, at = (at + step) % positions) chosen.push_back(at);
  std::sort(chosen.begin(), chosen.end());
  for (const int64_t position : chosen) {
    const int64_t row = position / width % height;
    positions_.push_back({.row = static_cast<size_t>(row) * kernel_height_,
                          .column = static_cast<size_t>(position % width) * kernel_width_,
                          .image_element = position / (width * height) * image_elements});
  }
}

}  // namespace octet::quantize
