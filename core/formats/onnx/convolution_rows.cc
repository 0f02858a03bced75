// Convolutions. ONNX has channels first and filters OIHW; the graph has channels last and filters OHWI.
#include <algorithm>
#include <limits>
#include <string>
#include <utility>

#include "formats/onnx/image_layout.h"
#include "formats/onnx/operators.h"
#include "formats/onnx/row_helpers.h"
#include "formats/onnx/windows.h"

namespace octet::formats::onnx {
namespace {

/// The operands of a convolution as images: those of one dimension have height 1.
struct Operands {
  TensorId input;
  TensorId filter;  ///< In the file's order, of four dimensions.
  TensorId bias;    ///< Or None.
  int rank;         ///< Of the input in the file.
};

Operands operands_of(NodeReader& node) {
  const int rank = node.rank(0);
  if (rank != 3 && rank != 4) node.unsupported("on " + std::to_string(rank - 2) + " spatial dimensions");
  if (node.rank(1) != rank) node.invalid("its filter has another number of dimensions than its input.");
  if (!node.is_constant(1)) node.unsupported("its filter is computed, not constant");
  if (node.has(2) && !node.is_constant(2)) node.unsupported("its bias is computed, not constant");
  Operands operands = {.input = to_image(node, node.operand(0)),
                       .filter = node.operand(1),
                       .bias = node.has(2) ? node.operand(2) : TensorId::None,
                       .rank = rank};
  if (rank == 3) {
    const Shape filter = node.shape(1);
    operands.filter =
        reshaped(node, operands.filter, std::vector<int64_t>{filter[0], filter[1], 1, filter[2]});
  }
  return operands;
}

std::vector<TensorId> inputs_of(const Operands& operands, TensorId filter) {
  std::vector<TensorId> inputs = {operands.input, filter};
  if (operands.bias != TensorId::None) inputs.push_back(operands.bias);
  return inputs;
}

/// The node's `group`, by which its input's channels can be divided.
int32_t group_of(const NodeReader& node, int32_t channels) {
  const int64_t group = node.integer("group", 1);
  if (group < 1 || group > channels || channels % group != 0) {
    node.invalid("its " + std::to_string(channels) + " channels are not " + std::to_string(group) +
                 " groups.");
  }
  return static_cast<int32_t>(group);
}

/// A filter [C * multiplier, 1, H, W] of one input channel each is a depthwise one, [1, H, W, C *
/// multiplier].
TensorId convolution(NodeReader& node) {
  const Operands operands = operands_of(node);
  const Shape input = node.shape_of(operands.input);
  const Shape filter = node.shape_of(operands.filter);
  const int32_t group = group_of(node, input.channels());
  if (int64_t{filter[1]} * group != input.channels() || filter[0] % group != 0) {
    node.invalid("its filter " + to_string(filter) + " (OIHW) does not fit " +
                 std::to_string(input.channels()) + " channels in " + std::to_string(group) + " groups.");
  }
  const Windows windows(node, {{input.height(), input.width()}, operands.rank == 4},
                        Spatial{filter[2], filter[3]});
  Conv2d attributes = {
      .stride = windows.stride(), .dilation = windows.dilation(), .padding = windows.padding()};
  const bool is_depthwise = group == input.channels() && group > 1;
  const TensorId ordered =
      transposed(node, operands.filter, is_depthwise ? std::vector{1, 2, 3, 0} : std::vector{0, 2, 3, 1});
  const TensorId result = node.emit(is_depthwise ? OpKind::DepthwiseConv2d : OpKind::Conv2d, attributes,
                                    inputs_of(operands, ordered));
  return from_image(node, result, operands.rank);
}

void read_conv(NodeReader& node) { node.give(convolution(node)); }

/// com.microsoft's: with a tensor to add and an activation behind it.
void read_fused_conv(NodeReader& node) {
  TensorId result = convolution(node);
  if (node.has(3)) result = binary(node, OpKind::Add, result, node.operand(3));
  node.give(activated(node, result));
}

/// A filter [C, M, H, W] of a transposed convolution as OHWI. Groups stand beside each other in channels that
/// they do not see, with zeros there; a dilated filter has zeros between its taps.
TensorId dense_filter(NodeReader& node, TensorId id, int32_t group, Spatial dilation) {
  const Shape shape = node.shape_of(id);
  const int32_t in_group = shape[0] / group;
  const int64_t dims[] = {int64_t{shape[1]} * group, int64_t{shape[2] - 1} * dilation.height + 1,
                          int64_t{shape[3] - 1} * dilation.width + 1, shape[0]};
  const Shape dense = shape_from(dims);
  node.expect_memory(dense.elements() * static_cast<int64_t>(sizeof(float)));
  const std::span<const float> from = node.graph().tensor(id).values<float>();
  std::vector<float> to(static_cast<size_t>(dense.elements()), 0.0f);
  size_t at = 0;
  for (int32_t i = 0; i < shape[0]; ++i) {
    for (int32_t o = 0; o < shape[1]; ++o) {
      for (int32_t y = 0; y < shape[2]; ++y) {
        for (int32_t x = 0; x < shape[3]; ++x) {
          const int64_t output = int64_t{i / in_group} * shape[1] + o;
          const int64_t row = output * dense[1] + int64_t{y} * dilation.height;
          to[static_cast<size_t>((row * dense[2] + int64_t{x} * dilation.width) * dense[3] + i)] = from[at++];
        }
      }
    }
  }
  return node.constant(dense, to);
}

void read_conv_transpose(NodeReader& node) {
  const Operands operands = operands_of(node);
  const Shape input = node.shape_of(operands.input);
  const Shape filter = node.shape_of(operands.filter);
  const int32_t group = group_of(node, input.channels());
  if (filter[0] != input.channels()) {
    node.invalid("its filter " + to_string(filter) + " (IOHW) does not take " +
                 std::to_string(input.channels()) + " channels.");
  }
  if (node.graph().tensor(operands.filter).dtype != DType::Float32) node.invalid("its filter is not float.");
  const TransposedWindows windows(node, {{input.height(), input.width()}, operands.rank == 4},
                                  Spatial{filter[2], filter[3]});
  const TensorId dense = dense_filter(node, operands.filter, group, windows.dilation());
  const TensorId result = node.emit(
      OpKind::TransposeConv,
      TransposeConv{.stride = windows.stride(), .padding = windows.padding(), .output = windows.output()},
      inputs_of(operands, dense));
  node.give(from_image(node, result, operands.rank));
}

constexpr OperatorRow kRows[] = {
    {"Conv", read_conv},
    {"ConvTranspose", read_conv_transpose},
    {"FusedConv", read_fused_conv, kMicrosoft},
};

}  // namespace

std::span<const OperatorRow> convolution_rows() { return kRows; }

}  // namespace octet::formats::onnx
