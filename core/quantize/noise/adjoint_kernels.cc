// The derivatives of operators other than convolutions, by families.
#include <algorithm>
#include <cmath>
#include <utility>

#include "emulate/executor.h"
#include "emulate/memory_plan.h"
#include "quantize/noise/adjoint_kernel.h"

namespace octet::quantize {
namespace {

using Arguments = AdjointKernel::Arguments;
using ops::Derivative;

size_t elements_of(const Graph& graph, TensorId id) {
  return static_cast<size_t>(graph.tensor(id).shape.elements());
}

/// Scratch memory for a kernel, aligned.
class Scratch {
 public:
  explicit Scratch(const ops::Kernel& kernel)
      : storage_(static_cast<size_t>(kernel.scratch_bytes()) + emulate::kAlignment) {}
  std::byte* data() { return emulate::aligned_start(storage_); }

 private:
  Bytes storage_;
};

/// By differences of the operator itself. An operand that is repeated adds up what comes back.
class PointwiseAdjoint final : public AdjointKernel {
 public:
  PointwiseAdjoint(const Graph& graph, const Node& node, const ops::Kernel& kernel)
      : kernel_(kernel),
        scratch_(kernel),
        above_(elements_of(graph, node.outputs[0])),
        below_(above_.size()) {
    const Shape& output = graph.tensor(node.outputs[0]).shape;
    for (const TensorId id : node.inputs) {
      const Shape& shape = graph.tensor(id).shape;
      operands_.push_back({.count = elements_of(graph, id), .from = {}});
      if (shape.elements() == output.elements() || graph.tensor(id).is_constant()) continue;
      for (size_t k = 0; k < above_.size(); ++k) operands_.back().from.push_back(repeated(shape, output, k));
    }
  }

  void run(const Arguments& arguments) override {
    for (size_t i = 0; i < arguments.found.size(); ++i) {
      if (arguments.found[i] != nullptr) differentiate(arguments, i);
    }
  }

 private:
  struct Operand {
    size_t count;
    std::vector<uint32_t> from;  ///< By output element; empty where they are the same.
  };

  void differentiate(const Arguments& arguments, size_t i) {
    const float* values = reals(arguments.inputs[i]);
    const auto& [count, from] = operands_[i];
    shifted_.resize(count);
    steps_.resize(count);
    for (size_t k = 0; k < count; ++k) steps_[k] = kStep * (std::abs(values[k]) + kLeast);
    evaluate(arguments, i, 1.0f, above_);
    evaluate(arguments, i, -1.0f, below_);
    float* found = arguments.found[i];
    const float* moved = arguments.moved[0];
    if (from.empty()) {
      for (size_t k = 0; k < count; ++k) found[k] = moved[k] * (above_[k] - below_[k]) / (2 * steps_[k]);
      return;
    }
    std::fill(found, found + count, 0.0f);
    for (size_t k = 0; k < above_.size(); ++k) found[from[k]] += moved[k] * (above_[k] - below_[k]);
    for (size_t k = 0; k < count; ++k) found[k] /= 2 * steps_[k];
  }

  void evaluate(const Arguments& arguments, size_t i, float sign, std::vector<float>& result) {
    const float* values = reals(arguments.inputs[i]);
    for (size_t k = 0; k < shifted_.size(); ++k) shifted_[k] = values[k] + sign * steps_[k];
    std::vector<const std::byte*> inputs(arguments.inputs.begin(), arguments.inputs.end());
    inputs[i] = reinterpret_cast<const std::byte*>(shifted_.data());
    std::byte* const output = reinterpret_cast<std::byte*>(result.data());
    kernel_.run({.inputs = inputs, .outputs = {&output, 1}, .scratch = scratch_.data()});
  }

  /// Which element of an operand that is repeated output element `k` is made of.
  static uint32_t repeated(const Shape& shape, const Shape& output, size_t k) {
    size_t from = 0;
    size_t stride = 1;
    for (int axis = 1; axis <= shape.rank(); ++axis) {
      const auto extent = static_cast<size_t>(output[-axis]);
      if (shape[-axis] > 1) from += k % extent * stride;
      stride *= static_cast<size_t>(shape[-axis]);
      k /= extent;
    }
    return static_cast<uint32_t>(from);
  }

  static constexpr float kStep = 1e-3f;
  static constexpr float kLeast = 1e-2f;

  const ops::Kernel& kernel_;
  Scratch scratch_;
  std::vector<float> above_;
  std::vector<float> below_;
  std::vector<Operand> operands_;
  std::vector<float> shifted_;
  std::vector<float> steps_;
};

/// Of sums and differences of tensors of one shape, which are many and large.
class SumAdjoint final : public AdjointKernel {
 public:
  SumAdjoint(const Shape& shape, Activation activation, float sign)
      : count_(static_cast<size_t>(shape.elements())), mask_(activation), sign_(sign) {}

  void run(const Arguments& arguments) override {
    const float* outputs = reals(arguments.outputs[0]);
    for (size_t i = 0; i < arguments.found.size(); ++i) {
      if (arguments.found[i] != nullptr)
        mask_.apply(outputs, arguments.moved[0], count_, i == 0 ? 1.0f : sign_, arguments.found[i]);
    }
  }

 private:
  size_t count_;
  Mask mask_;
  float sign_;
};

/// The second operand of two counts `sign` times.
std::unique_ptr<AdjointKernel> of_sum(const Graph& graph, const Node& node, const ops::Kernel& kernel,
                                      float sign) {
  const Shape& output = graph.tensor(node.outputs[0]).shape;
  const bool repeats = std::any_of(node.inputs.begin(), node.inputs.end(),
                                   [&](TensorId id) { return !(graph.tensor(id).shape == output); });
  if (repeats) return std::make_unique<PointwiseAdjoint>(graph, node, kernel);
  return std::make_unique<SumAdjoint>(output, std::get<Elementwise>(node.attributes).activation, sign);
}

/// Knows where each output element comes from: the operator was run on indices.
class MovementAdjoint final : public AdjointKernel {
 public:
  MovementAdjoint(const Graph& graph, const Node& node, const ops::Kernel& kernel) {
    Scratch scratch(kernel);
    std::vector<std::vector<float>> contents;
    std::vector<const std::byte*> inputs;
    for (const TensorId id : node.inputs) {
      contents.emplace_back(is_moved(graph, id) ? elements_of(graph, id) : 0, 0.0f);
      counts_.push_back(contents.back().size());
      const bool absent = id == TensorId::None;
      const bool stored = !absent && graph.tensor(id).is_constant();
      inputs.push_back(absent   ? nullptr
                       : stored ? graph.tensor(id).constant->data()
                                : reinterpret_cast<const std::byte*>(contents.back().data()));
    }
    const std::vector<std::vector<float>> still = outputs_of(graph, node, kernel, inputs, scratch);
    for (size_t i = 0; i < contents.size(); ++i) {
      for (size_t k = 0; k < contents[i].size(); ++k) contents[i][k] = static_cast<float>(k + 1);
      const auto moved = outputs_of(graph, node, kernel, inputs, scratch);
      std::fill(contents[i].begin(), contents[i].end(), 0.0f);
      for (size_t o = 0; o < moved.size(); ++o) {
        for (size_t k = 0; k < moved[o].size(); ++k) {
          const float from = moved[o][k] - still[o][k];  // What is filled in is no index.
          if (from > 0)
            moves_.push_back({static_cast<uint32_t>(i), static_cast<uint32_t>(from) - 1,
                              static_cast<uint32_t>(o), static_cast<uint32_t>(k)});
        }
      }
    }
  }

  /// Indices are exact in float32 up to here.
  static bool fits(const Graph& graph, const Node& node) {
    return std::all_of(node.inputs.begin(), node.inputs.end(), [&](TensorId id) {
      if (id == TensorId::None) return true;
      const Tensor& tensor = graph.tensor(id);
      return tensor.is_constant() ||
             (tensor.dtype == DType::Float32 && tensor.shape.elements() < (int64_t{1} << 24));
    });
  }

  void run(const Arguments& arguments) override {
    for (size_t i = 0; i < counts_.size(); ++i) {
      if (arguments.found[i] != nullptr) std::fill_n(arguments.found[i], counts_[i], 0.0f);
    }
    for (const Move& move : moves_)
      arguments.found[move.operand][move.from] += arguments.moved[move.output][move.to];
  }

 private:
  struct Move {
    uint32_t operand, from, output, to;
  };

  static bool is_moved(const Graph& graph, TensorId id) {
    return id != TensorId::None && !graph.tensor(id).is_constant();
  }

  static std::vector<std::vector<float>> outputs_of(const Graph& graph, const Node& node,
                                                    const ops::Kernel& kernel,
                                                    const std::vector<const std::byte*>& inputs,
                                                    Scratch& scratch) {
    std::vector<std::vector<float>> results;
    std::vector<std::byte*> outputs;
    for (const TensorId id : node.outputs) {
      results.emplace_back(elements_of(graph, id));
      outputs.push_back(reinterpret_cast<std::byte*>(results.back().data()));
    }
    kernel.run({.inputs = inputs, .outputs = outputs, .scratch = scratch.data()});
    return results;
  }

  std::vector<size_t> counts_;  ///< By operand: its elements, 0 for constants.
  std::vector<Move> moves_;
};

/// Along height and width by themselves: out = rows * in * columns, channel by channel.
class SeparableAdjoint final : public AdjointKernel {
 public:
  /// By output position, the inputs that it is made of, and by how much.
  struct Part {
    size_t input;
    float factor;
  };
  using Axis = std::vector<std::vector<Part>>;

  SeparableAdjoint(const Shape& input, Axis rows, Axis columns, Activation activation)
      : input_(input), rows_(std::move(rows)), columns_(std::move(columns)), mask_(activation) {}

  void run(const Arguments& arguments) override {
    const float* outputs = reals(arguments.outputs[0]);
    std::fill_n(arguments.found[0], input_.elements(), 0.0f);
    const auto channels = static_cast<size_t>(input_.channels());
    const auto width = static_cast<size_t>(input_.width());
    size_t k = 0;
    for (int32_t b = 0; b < input_.batch(); ++b) {
      float* image = arguments.found[0] +
                     static_cast<size_t>(b) * static_cast<size_t>(input_.height()) * width * channels;
      for (const std::vector<Part>& row : rows_) {
        for (const std::vector<Part>& column : columns_) {
          for (const Part& y : row) {
            for (const Part& x : column) {
              float* to = image + (y.input * width + x.input) * channels;
              const float factor = y.factor * x.factor;
              for (size_t c = 0; c < channels; ++c)
                to[c] += factor * mask_(outputs[k + c], arguments.moved[0][k + c]);
            }
          }
          k += channels;
        }
      }
    }
  }

  /// What the operator makes of single ones along an axis.
  static Axis axis_of(OpKind op, const Attributes& attributes, int32_t extent) {
    Graph graph = single(op, attributes, {1, extent, 1, extent}, {});
    emulate::Executor executor(std::make_shared<const Graph>(std::move(graph)));
    auto* ones = reinterpret_cast<float*>(executor.input(0).data());
    const auto count = static_cast<size_t>(extent);
    for (size_t i = 0; i < count * count; ++i) ones[i] = i % (count + 1) == 0 ? 1.0f : 0.0f;
    executor.run();
    const std::span<const float> result = as<float>(executor.output(0));
    Axis axis(result.size() / count);
    for (size_t i = 0; i < result.size(); ++i) {
      if (result[i] != 0) axis[i / count].push_back({i % count, result[i]});
    }
    return axis;
  }

 private:
  Shape input_;
  Axis rows_;
  Axis columns_;
  Mask mask_;
};

std::unique_ptr<AdjointKernel> of_separable(const Graph& graph, const Node& node) {
  const Shape& input = graph.tensor(node.inputs[0]).shape;
  if (input.rank() != 4) return nullptr;
  const auto axis = [&](const Attributes& attributes, int32_t extent) {
    return SeparableAdjoint::axis_of(node.op, attributes, extent);
  };
  if (const auto* resize = std::get_if<Resize>(&node.attributes)) {
    Resize rows = *resize;
    Resize columns = rows;
    rows.output.width = 1;
    columns.output = {columns.output.width, 1};
    return std::make_unique<SeparableAdjoint>(input, axis(rows, input.height()), axis(columns, input.width()),
                                              Activation::None);
  }
  if (const auto* reduce = std::get_if<Reduce>(&node.attributes)) {
    if (reduce->axes != std::vector<int32_t>{1, 2}) return nullptr;
    const Reduce along = {.axes = {1}, .keep_dims = true};
    return std::make_unique<SeparableAdjoint>(input, axis(along, input.height()), axis(along, input.width()),
                                              Activation::None);
  }
  const auto& pool = std::get<Pool2d>(node.attributes);
  const auto along = [](int32_t window, int32_t stride, int32_t before, int32_t after) {
    return Pool2d{.window = {window, 1}, .stride = {stride, 1}, .padding = {.top = before, .bottom = after}};
  };
  const Padding2d& p = pool.padding;
  return std::make_unique<SeparableAdjoint>(
      input, axis(along(pool.window.height, pool.stride.height, p.top, p.bottom), input.height()),
      axis(along(pool.window.width, pool.stride.width, p.left, p.right), input.width()), pool.activation);
}

/// All goes to the first of the largest.
class MaxPoolAdjoint final : public AdjointKernel {
 public:
  MaxPoolAdjoint(const Shape& input, const Shape& output, const Pool2d& pool)
      : input_(input), output_(output), pool_(pool), mask_(pool.activation) {}

  void run(const Arguments& arguments) override {
    std::fill_n(arguments.found[0], input_.elements(), 0.0f);
    size_t k = 0;
    for (int32_t b = 0; b < output_.batch(); ++b) {
      for (int32_t y = 0; y < output_.height(); ++y) {
        for (int32_t x = 0; x < output_.width(); ++x) {
          const Window window = window_at(b, y, x);
          for (size_t c = 0; c < static_cast<size_t>(output_.channels()); ++c, ++k) {
            const size_t best = largest(window, reals(arguments.inputs[0]), c);
            arguments.found[0][best] += mask_(reals(arguments.outputs[0])[k], arguments.moved[0][k]);
          }
        }
      }
    }
  }

 private:
  /// Of the first element of its first pixel, and extents inside the image: at least one pixel.
  struct Window {
    size_t first, height, width;
  };

  Window window_at(int32_t b, int32_t y, int32_t x) const {
    const int32_t top = y * pool_.stride.height - pool_.padding.top;
    const int32_t left = x * pool_.stride.width - pool_.padding.left;
    const int32_t first_row = std::max(top, 0);
    const int32_t first_column = std::max(left, 0);
    const int32_t end_row = std::min(top + pool_.window.height, input_.height());
    const int32_t end_column = std::min(left + pool_.window.width, input_.width());
    const auto pixel =
        static_cast<size_t>(b * input_.height() + first_row) * static_cast<size_t>(input_.width()) +
        static_cast<size_t>(first_column);
    return {pixel * static_cast<size_t>(input_.channels()), static_cast<size_t>(end_row - first_row),
            static_cast<size_t>(end_column - first_column)};
  }

  size_t largest(const Window& window, const float* values, size_t channel) const {
    const auto pixel = static_cast<size_t>(input_.channels());
    size_t best = window.first + channel;
    for (size_t row = 0; row < window.height; ++row) {
      for (size_t column = 0; column < window.width; ++column) {
        const size_t i =
            window.first + (row * static_cast<size_t>(input_.width()) + column) * pixel + channel;
        if (values[i] > values[best]) best = i;
      }
    }
    return best;
  }

  Shape input_;
  Shape output_;
  Pool2d pool_;
  Mask mask_;
};

class SoftmaxAdjoint final : public AdjointKernel {
 public:
  SoftmaxAdjoint(const Shape& shape, float beta) : shape_(shape), beta_(beta) {}

  void run(const Arguments& arguments) override {
    const auto count = static_cast<size_t>(shape_[-1]);
    const float* shares = reals(arguments.outputs[0]);
    for (size_t row = 0; row < static_cast<size_t>(shape_.elements()); row += count) {
      float mean = 0;
      for (size_t i = row; i < row + count; ++i) mean += shares[i] * arguments.moved[0][i];
      for (size_t i = row; i < row + count; ++i)
        arguments.found[0][i] = beta_ * shares[i] * (arguments.moved[0][i] - mean);
    }
  }

 private:
  Shape shape_;
  float beta_;
};

}  // namespace

std::unique_ptr<AdjointKernel> make_adjoint_kernel(const Graph& graph, const Node& node,
                                                   const ops::Kernel& kernel) {
  const Shape& input = graph.tensor(node.inputs[0]).shape;
  switch (ops::operator_of(node.op).derivative) {
    case Derivative::None:
      return nullptr;
    case Derivative::Pointwise:
      return std::make_unique<PointwiseAdjoint>(graph, node, kernel);
    case Derivative::Movement:
      return MovementAdjoint::fits(graph, node) ? std::make_unique<MovementAdjoint>(graph, node, kernel)
                                                : nullptr;
    case Derivative::Sum:
      return of_sum(graph, node, kernel, 1.0f);
    case Derivative::Difference:
      return of_sum(graph, node, kernel, -1.0f);
    case Derivative::Separable:
      return of_separable(graph, node);
    case Derivative::LargestOfWindow:
      return std::make_unique<MaxPoolAdjoint>(input, graph.tensor(node.outputs[0]).shape,
                                              std::get<Pool2d>(node.attributes));
    case Derivative::Softmax:
      return std::make_unique<SoftmaxAdjoint>(input, std::get<Softmax>(node.attributes).beta);
    case Derivative::Convolution:
      return convolution_adjoint(graph, node);
    case Derivative::DepthwiseConvolution:
      return depthwise_adjoint(graph, node);
    case Derivative::TransposedConvolution:
      return transposed_convolution_adjoint(graph, node);
    case Derivative::MatrixProduct:
      return matrix_product_adjoint(graph, node);
  }
  return nullptr;
}

}  // namespace octet::quantize
