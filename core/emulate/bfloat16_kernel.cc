#include "emulate/bfloat16_kernel.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <span>
#include <utility>
#include <vector>

#include "ir/dequantized.h"
#include "kernels/arithmetic/convert.h"

namespace octet::emulate {
namespace {

constexpr size_t kAlignment = 16;

uint64_t aligned(uint64_t bytes) { return (bytes + kAlignment - 1) / kAlignment * kAlignment; }

/// A graph of the node alone in which float stands for BF16.
Graph widened_graph(const NodeView& view) {
  Graph graph;
  graph.nodes.push_back(view.node());
  Node& node = graph.nodes[0];
  const bool converts = node.op == OpKind::Quantize || node.op == OpKind::Dequantize;
  for (TensorId& id : node.inputs) {
    if (id == TensorId::None) continue;
    Tensor tensor = view.graph().tensor(id);
    const bool integer_weights = tensor.dtype == DType::Int8 && tensor.is_constant() && !converts;
    if (tensor.dtype == DType::BFloat16 || integer_weights) {
      if (tensor.is_constant()) tensor = widened(tensor);
      tensor.dtype = DType::Float32;
      tensor.quantization.reset();
    }
    id = graph.add_tensor(std::move(tensor));
  }
  for (TensorId& id : node.outputs) {
    Tensor tensor = view.graph().tensor(id);
    if (tensor.dtype == DType::BFloat16) tensor.dtype = DType::Float32;
    id = graph.add_tensor(std::move(tensor));
  }
  return graph;
}

/// Between float and BF16, and nothing else.
class ConvertKernel final : public ops::Kernel {
 public:
  explicit ConvertKernel(const NodeView& node)
      : widens_(node.input(0).dtype == DType::BFloat16),
        count_(static_cast<size_t>(node.output().shape.elements())) {}
  void run(const ops::KernelArguments& arguments) const override {
    if (widens_) {
      kernels::widen_bfloat16(arguments.input<uint16_t>(0), arguments.output<float>(), count_);
    } else {
      kernels::narrow_to_bfloat16(arguments.input<float>(0), arguments.output<uint16_t>(), count_);
    }
  }

 private:
  bool widens_;
  size_t count_;
};

class BFloat16Kernel final : public ops::Kernel {
 public:
  BFloat16Kernel(const NodeView& node, Graph graph, ops::PrepareKernel prepare)
      : graph_(std::move(graph)), inner_(prepare(NodeView(graph_, graph_.nodes[0]))) {
    scratch_bytes_ = aligned(inner_->scratch_bytes());
    for (size_t i = 0; i < node.input_count(); ++i) {
      if (!node.has_input(i)) {
        inputs_.push_back({});
        continue;
      }
      const Tensor& given = node.input(i);
      inputs_.push_back(operand_of(given, graph_.tensor(graph_.nodes[0].inputs[i])));
    }
    for (size_t i = 0; i < node.output_count(); ++i) {
      outputs_.push_back(operand_of(node.output(i), graph_.tensor(graph_.nodes[0].outputs[i])));
    }
    pointers_at_ = static_cast<size_t>(scratch_bytes_);
    scratch_bytes_ += aligned((inputs_.size() + outputs_.size()) * sizeof(std::byte*));
  }

  uint64_t scratch_bytes() const override { return scratch_bytes_; }

  void run(const ops::KernelArguments& arguments) const override {
    auto* inputs = reinterpret_cast<const std::byte**>(arguments.scratch + pointers_at_);
    auto* outputs = reinterpret_cast<std::byte**>(arguments.scratch + pointers_at_) + inputs_.size();
    for (size_t i = 0; i < inputs_.size(); ++i) {
      const Operand& operand = inputs_[i];
      inputs[i] = operand.constant != nullptr ? operand.constant : arguments.inputs[i];
      if (!operand.converted) continue;
      std::byte* wide = arguments.scratch + operand.scratch_at;
      kernels::widen_bfloat16(arguments.input<uint16_t>(i), reinterpret_cast<float*>(wide), operand.count);
      inputs[i] = wide;
    }
    for (size_t i = 0; i < outputs_.size(); ++i) {
      outputs[i] = outputs_[i].converted ? arguments.scratch + outputs_[i].scratch_at : arguments.outputs[i];
    }
    inner_->run({.inputs = std::span<const std::byte* const>(inputs, inputs_.size()),
                 .outputs = std::span<std::byte* const>(outputs, outputs_.size()),
                 .scratch = arguments.scratch});
    for (size_t i = 0; i < outputs_.size(); ++i) {
      if (!outputs_[i].converted) continue;
      kernels::narrow_to_bfloat16(reinterpret_cast<const float*>(outputs[i]), arguments.output<uint16_t>(i),
                                  outputs_[i].count);
    }
  }

 private:
  struct Operand {
    bool converted = false;               ///< BF16 where the inner kernel has floats, and computed.
    const std::byte* constant = nullptr;  ///< What the inner kernel reads instead.
    size_t scratch_at = 0;
    size_t count = 0;
  };

  Operand operand_of(const Tensor& given, const Tensor& inner) {
    if (inner.is_constant()) return {.constant = inner.constant->data()};
    if (given.dtype != DType::BFloat16) return {};
    const auto at = static_cast<size_t>(scratch_bytes_);
    scratch_bytes_ += aligned(inner.byte_size());
    return {.converted = true, .scratch_at = at, .count = static_cast<size_t>(inner.shape.elements())};
  }

  Graph graph_;
  std::unique_ptr<ops::Kernel> inner_;
  std::vector<Operand> inputs_;
  std::vector<Operand> outputs_;
  uint64_t scratch_bytes_ = 0;
  size_t pointers_at_ = 0;
};

}  // namespace

bool uses_bfloat16(const NodeView& node) {
  const auto is_bfloat16 = [&](TensorId id) {
    return id != TensorId::None && node.graph().tensor(id).dtype == DType::BFloat16;
  };
  const std::vector<TensorId>& inputs = node.node().inputs;
  const std::vector<TensorId>& outputs = node.node().outputs;
  return std::any_of(inputs.begin(), inputs.end(), is_bfloat16) ||
         std::any_of(outputs.begin(), outputs.end(), is_bfloat16);
}

Tensor widened(const Tensor& constant) {
  std::vector<float> values(static_cast<size_t>(constant.shape.elements()));
  if (constant.dtype == DType::BFloat16) {
    kernels::widen_bfloat16(as<uint16_t>(*constant.constant).data(), values.data(), values.size());
  } else {
    std::vector<uint16_t> rounded(values.size());
    kernels::narrow_to_bfloat16(dequantized(constant).values<float>().data(), rounded.data(), rounded.size());
    kernels::widen_bfloat16(rounded.data(), values.data(), values.size());
  }
  return {.name = constant.name,
          .dtype = DType::Float32,
          .shape = constant.shape,
          .constant = make_constant(std::span<const float>(values)),
          .quantization = {}};
}

std::unique_ptr<ops::Kernel> prepare_bfloat16(const NodeView& node,
                                              ops::PrepareKernel (*maker_of)(const NodeView& node)) {
  Graph graph = widened_graph(node);
  const NodeView view(graph, graph.nodes[0]);
  const bool converts = node.node().op == OpKind::Quantize || node.node().op == OpKind::Dequantize;
  if (converts && view.input(0).dtype == DType::Float32 && view.output().dtype == DType::Float32) {
    return std::make_unique<ConvertKernel>(node);
  }
  const ops::PrepareKernel prepare = maker_of(view);
  if (prepare == nullptr) return nullptr;
  return std::make_unique<BFloat16Kernel>(node, std::move(graph), prepare);
}

}  // namespace octet::emulate
