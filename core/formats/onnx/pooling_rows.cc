// Pools of images, and reductions of whole ones.
#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "formats/onnx/image_layout.h"
#include "formats/onnx/operators.h"
#include "formats/onnx/row_helpers.h"
#include "formats/onnx/windows.h"

namespace octet::formats::onnx {
namespace {

void check_rank(NodeReader& node) {
  const int rank = node.rank(0);
  if (rank != 3 && rank != 4) node.unsupported("on " + std::to_string(rank - 2) + " spatial dimensions");
}

void check_dilations(const NodeReader& node) {
  for (const int64_t dilation : node.integers("dilations").value_or(std::vector<int64_t>())) {
    if (dilation != 1) node.unsupported("with dilated windows");
  }
}

TensorId pooled(NodeReader& node, OpKind op, TensorId image, const Windows& windows, Padding2d padding) {
  return node.emit(op, Pool2d{.window = windows.window(), .stride = windows.stride(), .padding = padding},
                   {image});
}

/// The image with zeros around it that count as its own.
TensorId padded(NodeReader& node, TensorId image, Padding2d by) {
  if (by == Padding2d{}) return image;
  return node.emit(OpKind::Pad,
                   Pad{.paddings = {{0, 0}, {by.top, by.bottom}, {by.left, by.right}, {0, 0}}, .value = 0},
                   {image});
}

/// The mean over windows. Where the padding counts, it is made of zeros first; what ceil_mode adds behind
/// never counts.
TensorId average(NodeReader& node, TensorId image, const Windows& windows, bool counts_padding) {
  if (!counts_padding) return pooled(node, OpKind::AveragePool2d, image, windows, windows.padding());
  const Padding2d counted = windows.counted_padding();
  const Padding2d whole = windows.padding();
  const Padding2d rest = {0, whole.bottom - counted.bottom, 0, whole.right - counted.right};
  return pooled(node, OpKind::AveragePool2d, padded(node, image, counted), windows, rest);
}

Windows windows_of(NodeReader& node, TensorId image) {
  const Shape shape = node.shape_of(image);
  return Windows(node, {{shape.height(), shape.width()}, node.rank(0) == 4});
}

void read_max_pool(NodeReader& node) {
  check_rank(node);
  check_dilations(node);
  if (node.wants_result(1)) node.unsupported("with the indices of the largest elements");
  const TensorId image = to_image(node, node.operand(0));
  const Windows windows = windows_of(node, image);
  const TensorId result = pooled(node, OpKind::MaxPool2d, image, windows, windows.padding());
  node.give(from_image(node, result, node.rank(0)));
}

void read_average_pool(NodeReader& node) {
  check_rank(node);
  check_dilations(node);
  const TensorId image = to_image(node, node.operand(0));
  const bool counts_padding = node.integer("count_include_pad", 0) != 0;
  const TensorId result = average(node, image, windows_of(node, image), counts_padding);
  node.give(from_image(node, result, node.rank(0)));
}

/// All axes behind batch and channels.
std::vector<int32_t> spatial_axes(NodeReader& node) {
  if (node.rank(0) < 3) node.invalid("its operand has no spatial dimensions.");
  return axes_from(2, node.rank(0));
}

template <OpKind kKind>
void read_global(NodeReader& node) {
  const std::vector<int32_t> axes = spatial_axes(node);
  node.give(reduced(node, kKind, node.operand(0), axes, true));
}

/// x / (bias + alpha / size * sum of x^2 over neighbouring channels)^beta.
void read_lrn(NodeReader& node) {
  const int64_t size = node.integer("size", 0);
  if (size < 1 || size > 1024) node.invalid("its size is " + std::to_string(size) + ".");
  const TensorId x = to_image(node, node.operand(0));
  const Shape shape = node.shape_of(x);
  // The mean of squares over channels, as a pool over an image of one row a pixel; zeros beside it count.
  const int64_t rows[] = {1, shape.elements(0, 3), shape.channels(), 1};
  TensorId squares = reshaped(node, unary(node, OpKind::Square, x), rows);
  const auto before = static_cast<int32_t>((size - 1) / 2);
  squares = padded(node, squares, {0, 0, before, static_cast<int32_t>(size) - 1 - before});
  TensorId mean =
      node.emit(OpKind::AveragePool2d, Pool2d{.window = {1, static_cast<int32_t>(size)}}, {squares});
  mean = reshaped(node, mean, dims_of(shape));
  const TensorId scaled = binary(node, OpKind::Mul, mean, node.scalar(node.real("alpha", 1e-4f)));
  const TensorId base = binary(node, OpKind::Add, scaled, node.scalar(node.real("bias", 1)));
  const TensorId factor = binary(node, OpKind::Pow, base, node.scalar(-node.real("beta", 0.75f)));
  node.give(from_image(node, binary(node, OpKind::Mul, x, factor), node.rank(0)));
}

constexpr OperatorRow kRows[] = {
    {"AveragePool", read_average_pool},
    {"GlobalAveragePool", read_global<OpKind::Mean>},
    {"GlobalMaxPool", read_global<OpKind::ReduceMax>},
    {"LRN", read_lrn},
    {"MaxPool", read_max_pool},
};

}  // namespace

std::span<const OperatorRow> pooling_rows() { return kRows; }

}  // namespace octet::formats::onnx
