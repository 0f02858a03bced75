// Derivatives of what multiplies by weights: the same product with the filter turned around, run by the
// operators' own kernels.
#include <algorithm>
#include <array>
#include <cstring>

#include "emulate/executor.h"
#include "quantize/noise/adjoint_kernel.h"

namespace octet::quantize {
namespace {

Tensor constant(const char* name, const Shape& shape, const std::vector<float>& values) {
  return {.name = name, .shape = shape, .constant = make_constant(std::span(values))};
}

/// Runs a graph over what comes back; with strides, its elements stand apart from each other, with zeros
/// between.
class ConvolutionAdjoint final : public AdjointKernel {
 public:
  ConvolutionAdjoint(Graph turned, Activation activation, const Shape& output, Spatial stride)
      : executor_(std::make_shared<const Graph>(std::move(turned))),
        mask_(activation),
        output_(output),
        stride_(stride) {}

  void run(const Arguments& arguments) override {
    const std::span<std::byte> bytes = executor_.input(0);
    auto* spread = reinterpret_cast<float*>(bytes.data());
    const bool apart = stride_.height > 1 || stride_.width > 1;
    if (apart) std::fill(spread, spread + bytes.size() / sizeof(float), 0.0f);
    const float* outputs = reals(arguments.outputs[0]);
    const float* moved = arguments.moved[0];
    // Fully connected layers have rows only.
    const bool image = output_.rank() == 4;
    const size_t channels = static_cast<size_t>(output_[-1]);
    const size_t width =
        image ? static_cast<size_t>(output_.width()) : static_cast<size_t>(output_.elements()) / channels;
    const size_t height = image ? static_cast<size_t>(output_.height()) : 1;
    const size_t batch = image ? static_cast<size_t>(output_.batch()) : 1;
    const size_t row = (width - 1) * static_cast<size_t>(stride_.width) + 1;
    const size_t rows = (height - 1) * static_cast<size_t>(stride_.height) + 1;
    size_t from = 0;
    for (size_t y = 0; y < batch * height; ++y) {
      const size_t to_row = y / height * rows + y % height * static_cast<size_t>(stride_.height);
      for (size_t x = 0; x < width; ++x) {
        float* to = spread + (to_row * row + x * static_cast<size_t>(stride_.width)) * channels;
        mask_.apply(outputs + from, moved + from, channels, 1, to);
        from += channels;
      }
    }
    executor_.run();
    const std::span<const std::byte> found = executor_.output(0);
    std::memcpy(arguments.found[0], found.data(), found.size());
  }

 private:
  emulate::Executor executor_;
  Mask mask_;
  Shape output_;
  Spatial stride_;
};

/// The filter [a, height, width, b] as [b, height, width, a].
std::vector<float> turned(std::span<const float> filter, const Shape& shape) {
  const auto a = static_cast<size_t>(shape[0]);
  const auto taps = static_cast<size_t>(shape[1]) * static_cast<size_t>(shape[2]);
  const auto b = static_cast<size_t>(shape[3]);
  std::vector<float> result(filter.size());
  for (size_t i = 0; i < a; ++i) {
    for (size_t t = 0; t < taps; ++t) {
      for (size_t k = 0; k < b; ++k) result[(k * taps + t) * a + i] = filter[(i * taps + t) * b + k];
    }
  }
  return result;
}

std::vector<float> reversed_taps(std::span<const float> filter, size_t channels) {
  std::vector<float> result(filter.size());
  const size_t taps = filter.size() / channels;
  for (size_t t = 0; t < taps; ++t)
    std::copy_n(&filter[t * channels], channels, &result[(taps - 1 - t) * channels]);
  return result;
}

/// Padding of the convolution that goes back along an axis.
std::array<int32_t, 2> padding_back(int32_t input, int32_t output, int32_t kernel, int32_t stride,
                                    int32_t dilation, int32_t before) {
  return {(kernel - 1) * dilation - before, input - ((output - 1) * stride + 1) + before};
}

}  // namespace

std::unique_ptr<AdjointKernel> depthwise_adjoint(const Graph& graph, const Node& node) {
  const auto& a = std::get<Conv2d>(node.attributes);
  const Shape& input = graph.tensor(node.inputs[0]).shape;
  const Tensor& filter = graph.tensor(node.inputs[1]);
  const Shape& output = graph.tensor(node.outputs[0]).shape;
  const auto rows = padding_back(input.height(), output.height(), filter.shape.height(), a.stride.height,
                                 a.dilation.height, a.padding.top);
  const auto columns = padding_back(input.width(), output.width(), filter.shape.width(), a.stride.width,
                                    a.dilation.width, a.padding.left);
  const Padding2d padding = {rows[0], rows[1], columns[0], columns[1]};
  const bool fits = padding.top >= 0 && padding.bottom >= 0 && padding.left >= 0 && padding.right >= 0;
  // Several outputs of a channel have no derivative here.
  if (!filter.is_constant() || input.channels() != output.channels() || !fits) return nullptr;
  const Shape spread = {output.batch(), (output.height() - 1) * a.stride.height + 1,
                        (output.width() - 1) * a.stride.width + 1, output.channels()};
  Graph back =
      single(node.op, Conv2d{.dilation = a.dilation, .padding = padding}, spread,
             {constant("filter", filter.shape,
                       reversed_taps(filter.values<float>(), static_cast<size_t>(output.channels())))});
  return std::make_unique<ConvolutionAdjoint>(std::move(back), a.activation, output, a.stride);
}

std::unique_ptr<AdjointKernel> convolution_adjoint(const Graph& graph, const Node& node) {
  const auto& a = std::get<Conv2d>(node.attributes);
  const Shape& input = graph.tensor(node.inputs[0]).shape;
  const Tensor& filter = graph.tensor(node.inputs[1]);
  const Shape& output = graph.tensor(node.outputs[0]).shape;
  const bool grouped = input.channels() != filter.shape.channels();
  const bool dilated = a.dilation.height > 1 || a.dilation.width > 1;
  if (!filter.is_constant() || grouped || dilated) return nullptr;
  const Shape shape = {input.channels(), filter.shape.height(), filter.shape.width(), output.channels()};
  const TransposeConv attributes = {
      .stride = a.stride, .padding = a.padding, .output = {input.height(), input.width()}};
  Graph back = single(OpKind::TransposeConv, attributes, output,
                      {constant("filter", shape, turned(filter.values<float>(), filter.shape))});
  return std::make_unique<ConvolutionAdjoint>(std::move(back), a.activation, output, Spatial{1, 1});
}

std::unique_ptr<AdjointKernel> transposed_convolution_adjoint(const Graph& graph, const Node& node) {
  const auto& a = std::get<TransposeConv>(node.attributes);
  const Shape& input = graph.tensor(node.inputs[0]).shape;
  const Tensor& filter = graph.tensor(node.inputs[1]);
  const Shape& output = graph.tensor(node.outputs[0]).shape;
  if (!filter.is_constant()) return nullptr;
  const auto after = [](int32_t in, int32_t out, int32_t kernel, int32_t stride, int32_t before) {
    return std::max(0, (in - 1) * stride + kernel - out - before);
  };
  const Padding2d padding = {
      .top = a.padding.top,
      .bottom = after(input.height(), output.height(), filter.shape.height(), a.stride.height, a.padding.top),
      .left = a.padding.left,
      .right = after(input.width(), output.width(), filter.shape.width(), a.stride.width, a.padding.left)};
  Graph back = single(
      OpKind::Conv2d, Conv2d{.stride = a.stride, .dilation = {1, 1}, .padding = padding}, output,
      {constant("filter", {input.channels(), filter.shape.height(), filter.shape.width(), output.channels()},
                turned(filter.values<float>(), filter.shape))});
  if (!(back.tensor(back.outputs[0]).shape == input)) return nullptr;
  return std::make_unique<ConvolutionAdjoint>(std::move(back), a.activation, output, Spatial{1, 1});
}

std::unique_ptr<AdjointKernel> matrix_product_adjoint(const Graph& graph, const Node& node) {
  const Tensor& filter = graph.tensor(node.inputs[1]);
  if (!filter.is_constant()) return nullptr;
  const int32_t units = filter.shape[0];
  const int32_t taps = filter.shape[1];
  const auto rows = static_cast<int32_t>(graph.tensor(node.outputs[0]).shape.elements() / units);
  Graph back =
      single(OpKind::FullyConnected, FullyConnected{}, {rows, units},
             {constant("filter", {taps, units}, turned(filter.values<float>(), {units, 1, 1, taps}))});
  return std::make_unique<ConvolutionAdjoint>(std::move(back),
                                              std::get<FullyConnected>(node.attributes).activation,
                                              Shape{rows, units}, Spatial{1, 1});
}

/// A graph of one node over one input.
Graph single(OpKind op, Attributes attributes, const Shape& input, std::vector<Tensor> constants) {
  Graph graph;
  graph.inputs.push_back(graph.add_tensor({.name = "x", .shape = input}));
  Node node = {.name = "node", .op = op, .attributes = std::move(attributes), .inputs = graph.inputs};
  for (Tensor& constant : constants) node.inputs.push_back(graph.add_tensor(std::move(constant)));
  node.outputs.push_back(graph.add_tensor({.name = "y"}));
  graph.outputs = node.outputs;
  graph.nodes.push_back(std::move(node));
  ops::infer_shapes(graph);
  return graph;
}

}  // namespace octet::quantize
