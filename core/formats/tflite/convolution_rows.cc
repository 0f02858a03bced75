// Operators with a window or products of matrices: convolutions, fully connected, pools.
#include <algorithm>
#include <cstring>
#include <limits>

#include "formats/tflite/row_helpers.h"
#include "ir/int4.h"
#include "ir/same_padding.h"

namespace octet::formats::tflite {
namespace {

constexpr int kBiasedOperands[] = {0, 1, 2};
// TFLite's TRANSPOSE_CONV takes output shape, filter, input, bias.
constexpr int kTransposeConvOperands[] = {2, 1, 3};

/// The explicit form of `padding` for a window over operand 0.
Padding2d resolve(const OperatorReader& reader, schema::Padding padding, Spatial window, Spatial stride,
                  Spatial dilation) {
  const Shape& input = reader.value(0).shape;
  if (input.rank() != 4)
    reader.invalid("its input has " + std::to_string(input.rank()) + " dimensions, not 4.");
  switch (padding) {
    case schema::Padding::VALID:
      return {};
    case schema::Padding::SAME:
      if (const auto same = same_padding({input.height(), input.width()}, window, stride, dilation))
        return *same;
      reader.invalid("its padding is too large.");
  }
  reader.invalid("its padding is neither SAME nor VALID.");
}

/// Height and width of a filter operand.
Spatial filter_window(const OperatorReader& reader) {
  const Shape& filter = reader.value(1).shape;
  if (filter.rank() != 4)
    reader.invalid("its filter has " + std::to_string(filter.rank()) + " dimensions, not 4.");
  return {filter.height(), filter.width()};
}

template <class Options>
Attributes read_convolution(const OperatorReader& reader) {
  const Options& options = reader.options<Options>();
  Conv2d conv;
  conv.stride = reader.positive(options.stride_h(), options.stride_w(), "stride");
  conv.dilation = reader.positive(options.dilation_h_factor(), options.dilation_w_factor(), "dilation");
  conv.padding = resolve(reader, options.padding(), filter_window(reader), conv.stride, conv.dilation);
  conv.activation = reader.activation(options.fused_activation_function());
  return conv;
}

schema::Padding convolution_padding(OperatorWriter& writer) {
  const Conv2d& conv = writer.attributes<Conv2d>();
  const Shape& filter = writer.node().input(1).shape;
  return writer.padding(conv.padding, {filter.height(), filter.width()}, conv.stride, conv.dilation);
}

void write_conv_2d(OperatorWriter& writer) {
  const Conv2d& conv = writer.attributes<Conv2d>();
  writer.set_options(schema::CreateConv2DOptions(
      writer.builder(), convolution_padding(writer), conv.stride.width, conv.stride.height,
      schema_activation(conv.activation), conv.dilation.width, conv.dilation.height));
}

void write_depthwise_conv_2d(OperatorWriter& writer) {
  const Conv2d& conv = writer.attributes<Conv2d>();
  const int32_t multiplier =
      writer.node().input(1).shape.channels() / writer.node().input(0).shape.channels();
  writer.set_options(schema::CreateDepthwiseConv2DOptions(
      writer.builder(), convolution_padding(writer), conv.stride.width, conv.stride.height, multiplier,
      schema_activation(conv.activation), conv.dilation.width, conv.dilation.height));
}

int conv_2d_version(const NodeView& node) {
  if (is_int4(node.input(1))) return 7;
  if (node.input(0).shape.channels() != node.input(1).shape.channels()) return 6;  // Grouped.
  if (node.input(0).dtype == DType::Int16) return 4;
  return node.input(0).dtype == DType::Int8 ? 3 : 1;
}

int depthwise_conv_2d_version(const NodeView& node) {
  // INT4 filters came with version 7. The reference kernels take them too, but are registered up to 6.
  if (is_int4(node.input(1))) return 6;
  if (node.input(0).dtype == DType::Int16) return 5;
  if (node.input(0).dtype == DType::Int8) return 3;
  return node.attributes<Conv2d>().dilation == Spatial{1, 1} ? 1 : 2;
}

/// The crop that TFLite derives for a transposed convolution: that of the convolution from its output to its
/// input.
std::optional<Padding2d> same_crop(Spatial output, Spatial window, Spatial stride) {
  return same_padding(output, window, stride, {1, 1});
}

/// What the crop leaves at the far edges, so that the full result less the padding is the output. Where the
/// output is larger than the full result, nothing is cropped there.
TransposeConv with_far_crop(const OperatorReader& reader, TransposeConv conv) {
  const Shape& input = reader.value(0).shape;
  const Spatial window = filter_window(reader);
  const auto far = [&](int32_t in, int32_t stride, int32_t size, int32_t near, int32_t out) {
    const int64_t crop = (int64_t{in} - 1) * stride + size - near - out;
    if (crop > std::numeric_limits<int32_t>::max()) reader.invalid("its output is too small.");
    return static_cast<int32_t>(std::max<int64_t>(crop, 0));
  };
  conv.padding.bottom =
      far(input.height(), conv.stride.height, window.height, conv.padding.top, conv.output.height);
  conv.padding.right =
      far(input.width(), conv.stride.width, window.width, conv.padding.left, conv.output.width);
  return conv;
}

Attributes read_transpose_conv(const OperatorReader& reader) {
  const auto& options = reader.options<schema::TransposeConvOptions>();
  if (reader.value(0).shape.rank() != 4) reader.invalid("its input does not have 4 dimensions.");
  TransposeConv conv;
  conv.stride = reader.positive(options.stride_h(), options.stride_w(), "stride");
  conv.activation = reader.activation(options.fused_activation_function());
  const std::vector<int32_t> shape = reader.integers(0, 4);
  conv.output = reader.positive(shape[1], shape[2], "output");
  const Spatial window = filter_window(reader);
  if (shape[3] != reader.value(1).shape.batch())
    reader.invalid("its output has other channels than its filter.");
  if (options.padding() == schema::Padding::SAME) {
    const auto crop = same_crop(conv.output, window, conv.stride);
    if (!crop) reader.invalid("its padding is too large.");
    conv.padding.top = crop->top;
    conv.padding.left = crop->left;
  } else if (options.padding() != schema::Padding::VALID) {
    reader.invalid("its padding is neither SAME nor VALID.");
  }
  return with_far_crop(reader, conv);
}

/// Whether a VALID convolution from the output gives the input's extents, which TFLite checks. Without a crop
/// at the near edges SAME may fit where VALID does not.
bool is_valid_transpose(const NodeView& node, const TransposeConv& conv, Spatial window) {
  const auto extent = [](int32_t out, int32_t size, int32_t stride) {
    return (out - size + stride) / stride;
  };
  const Shape& input = node.input(0).shape;
  return input.height() == extent(conv.output.height, window.height, conv.stride.height) &&
         input.width() == extent(conv.output.width, window.width, conv.stride.width);
}

void write_transpose_conv(OperatorWriter& writer) {
  const TransposeConv& conv = writer.attributes<TransposeConv>();
  const Shape& output = writer.node().output().shape;
  const Shape& filter = writer.node().input(1).shape;
  writer.vector_operand(0, {output.dims().begin(), output.dims().end()});
  const Spatial window = {filter.height(), filter.width()};
  const auto same = same_crop(conv.output, window, conv.stride);
  schema::Padding padding = schema::Padding::VALID;
  if (conv.padding.top != 0 || conv.padding.left != 0 || !is_valid_transpose(writer.node(), conv, window)) {
    if (!same || same->top != conv.padding.top || same->left != conv.padding.left) {
      writer.inexpressible("its padding is neither SAME nor VALID.");
    }
    padding = schema::Padding::SAME;
  }
  writer.set_options(schema::CreateTransposeConvOptions(
      writer.builder(), padding, conv.stride.width, conv.stride.height, schema_activation(conv.activation)));
}

int transpose_conv_version(const NodeView& node) {
  if (node.attributes<TransposeConv>().activation != Activation::None) return 4;
  if (node.has_input(2)) return 3;
  return node.input(1).dtype == DType::Int8 ? 2 : 1;
}

/// MediaPipe's own transposed convolution with bias
/// (mediapipe/util/tflite/operations/transpose_conv_bias.cc). Its options are three int32: padding (1 SAME, 2
/// VALID), stride in x, stride in y; the output size follows from the input's. Written back as the builtin
/// TRANSPOSE_CONV, which stock TFLite runs.
Attributes read_transpose_conv_bias(const OperatorReader& reader) {
  constexpr int32_t kSame = 1;
  constexpr int32_t kValid = 2;
  const std::span<const uint8_t> bytes = reader.custom_options();
  std::array<int32_t, 3> options = {};
  if (bytes.size() < sizeof(options)) reader.invalid("its options are cut short.");
  std::memcpy(options.data(), bytes.data(), sizeof(options));
  if (options[0] != kSame && options[0] != kValid) reader.invalid("its padding is neither SAME nor VALID.");
  TransposeConv conv;
  conv.stride = reader.positive(options[2], options[1], "stride");
  const Shape& input = reader.value(0).shape;
  if (input.rank() != 4) reader.invalid("its input does not have 4 dimensions.");
  const Spatial window = filter_window(reader);
  struct Extent {
    int32_t near_crop;
    int32_t output;
  };
  const auto extent = [&](int32_t in, int32_t size, int32_t stride) -> Extent {
    const int32_t crop = options[0] == kSame ? std::max(0, size - (in - 1) % stride - 1) : 0;
    const int64_t output = int64_t{stride} * (in - 1) + size - crop;
    if (output < 1 || output > Shape::kMaxElements) reader.invalid("its output size is out of range.");
    return {crop / 2, static_cast<int32_t>(output)};
  };
  const Extent vertical = extent(input.height(), window.height, conv.stride.height);
  const Extent horizontal = extent(input.width(), window.width, conv.stride.width);
  conv.padding.top = vertical.near_crop;
  conv.padding.left = horizontal.near_crop;
  conv.output = {vertical.output, horizontal.output};
  return with_far_crop(reader, conv);
}

Attributes read_fully_connected(const OperatorReader& reader) {
  const auto& options = reader.options<schema::FullyConnectedOptions>();
  if (options.weights_format() != schema::FullyConnectedOptionsWeightsFormat::DEFAULT) {
    reader.unsupported("with shuffled weights");
  }
  return FullyConnected{options.keep_num_dims(), reader.activation(options.fused_activation_function())};
}

void write_fully_connected(OperatorWriter& writer) {
  const FullyConnected& attributes = writer.attributes<FullyConnected>();
  writer.set_options(schema::CreateFullyConnectedOptions(
      writer.builder(), schema_activation(attributes.activation),
      schema::FullyConnectedOptionsWeightsFormat::DEFAULT, attributes.keep_dims));
}

int fully_connected_version(const NodeView& node) {
  if (is_int4(node.input(1))) return node.input(1).quantization->is_per_channel() ? 12 : 10;
  if (node.input(0).dtype == DType::Int16) return 7;
  if (node.input_count() == 2) return 6;
  if (node.attributes<FullyConnected>().keep_dims) return 5;
  return node.input(0).dtype == DType::Int8 ? 4 : 1;
}

Attributes read_batch_matmul(const OperatorReader& reader) {
  const auto* options = reader.optional_options<schema::BatchMatMulOptions>();
  if (options == nullptr) return BatchMatmul{};
  return BatchMatmul{options->adj_x(), options->adj_y()};
}

void write_batch_matmul(OperatorWriter& writer) {
  const BatchMatmul& matmul = writer.attributes<BatchMatmul>();
  writer.set_options(
      schema::CreateBatchMatMulOptions(writer.builder(), matmul.transpose_a, matmul.transpose_b));
}

Attributes read_pool(const OperatorReader& reader) {
  const auto& options = reader.options<schema::Pool2DOptions>();
  Pool2d pool;
  pool.window = reader.positive(options.filter_height(), options.filter_width(), "window");
  pool.stride = reader.positive(options.stride_h(), options.stride_w(), "stride");
  pool.padding = resolve(reader, options.padding(), pool.window, pool.stride, {1, 1});
  pool.activation = reader.activation(options.fused_activation_function());
  return pool;
}

void write_pool(OperatorWriter& writer) {
  const Pool2d& pool = writer.attributes<Pool2d>();
  const schema::Padding padding = writer.padding(pool.padding, pool.window, pool.stride, {1, 1});
  writer.set_options(schema::CreatePool2DOptions(writer.builder(), padding, pool.stride.width,
                                                 pool.stride.height, pool.window.width, pool.window.height,
                                                 schema_activation(pool.activation)));
}

using Code = schema::BuiltinOperator;

constexpr OperatorRow kRows[] = {
    {OpKind::Conv2d, Code::CONV_2D, 8, kBiasedOperands, read_convolution<schema::Conv2DOptions>,
     write_conv_2d, conv_2d_version},
    {OpKind::DepthwiseConv2d, Code::DEPTHWISE_CONV_2D, 7, kBiasedOperands,
     read_convolution<schema::DepthwiseConv2DOptions>, write_depthwise_conv_2d, depthwise_conv_2d_version},
    {OpKind::TransposeConv, Code::TRANSPOSE_CONV, 5, kTransposeConvOperands, read_transpose_conv,
     write_transpose_conv, transpose_conv_version},
    {OpKind::TransposeConv, Code::CUSTOM, 1, kBiasedOperands, read_transpose_conv_bias, write_transpose_conv,
     transpose_conv_version, "Convolution2DTransposeBias"},
    {OpKind::FullyConnected, Code::FULLY_CONNECTED, 13, kBiasedOperands, read_fully_connected,
     write_fully_connected, fully_connected_version},
    {OpKind::BatchMatmul,
     Code::BATCH_MATMUL,
     4,
     {},
     read_batch_matmul,
     write_batch_matmul,
     version_by_type<3>},
    {OpKind::AveragePool2d, Code::AVERAGE_POOL_2D, 3, {}, read_pool, write_pool, version_by_type<3>},
    {OpKind::MaxPool2d, Code::MAX_POOL_2D, 3, {}, read_pool, write_pool, version_by_type<3>},
};

}  // namespace

std::span<const OperatorRow> convolution_rows() { return kRows; }

}  // namespace octet::formats::tflite
