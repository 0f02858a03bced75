#include "emulate/executor.h"

#include <algorithm>
#include <cstring>
#include <string>
#include <utility>

#include "emulate/memory_plan.h"

namespace octet::emulate {
namespace {

/// The kernel maker for a node: the type of its activations decides. QUANTIZE and DEQUANTIZE sit between types and
/// count as integer where either side is.
ops::PrepareKernel kernel_maker(const NodeView& node) {
  const ops::Kernels& kernels = ops::operator_of(node.node().op).kernels;
  const bool integer = node.input(0).dtype == DType::Int8 || node.output().dtype == DType::Int8;
  return integer ? kernels.i8 : kernels.f32;
}

std::vector<std::unique_ptr<ops::Kernel>> prepare_kernels(const Graph& graph) {
  std::vector<std::unique_ptr<ops::Kernel>> kernels;
  std::string missing;
  for (const Node& node : graph.nodes) {
    const NodeView view(graph, node);
    const ops::PrepareKernel prepare = kernel_maker(view);
    if (prepare == nullptr) {
      missing += (missing.empty() ? "" : ", ") + node.name + " (" + std::string(to_string(node.op)) + " " +
                 std::string(to_string(view.input(0).dtype)) + ")";
      continue;
    }
    kernels.push_back(prepare(view));
  }
  if (!missing.empty()) {
    throw Error(ErrorCode::UnsupportedOperator, "No kernel computes these nodes: " + missing + ".");
  }
  return kernels;
}

}  // namespace

Executor::Executor(std::shared_ptr<const Graph> graph) : graph_(std::move(graph)) {
  std::vector<std::unique_ptr<ops::Kernel>> kernels = prepare_kernels(*graph_);

  // A tensor lives from the step that makes it to the last that reads it; outputs to the end. Inputs exist from step 0,
  // node n is step n + 1. Scratch memory lives for one step.
  const int end = static_cast<int>(graph_->nodes.size()) + 1;
  std::vector<Lifetime> lifetimes(graph_->tensors.size());
  const auto use = [&](TensorId id, int step) {
    if (id == TensorId::None || graph_->tensor(id).is_constant()) return;
    Lifetime& lifetime = lifetimes[index(id)];
    if (lifetime.bytes == 0) lifetime = {graph_->tensor(id).byte_size(), step, step};
    lifetime.last = std::max(lifetime.last, step);
  };
  for (const TensorId input : graph_->inputs) use(input, 0);
  for (size_t n = 0; n < graph_->nodes.size(); ++n) {
    const int step = static_cast<int>(n) + 1;
    for (const TensorId input : graph_->nodes[n].inputs) use(input, step);
    for (const TensorId output : graph_->nodes[n].outputs) use(output, step);
    lifetimes.push_back({kernels[n]->scratch_bytes(), step, step});
  }
  for (const TensorId output : graph_->outputs) use(output, end);

  MemoryPlan plan = plan_memory(lifetimes);
  offsets_ = std::move(plan.offsets);
  // Room to align the start: operator new promises less than kAlignment.
  storage_.resize(plan.total_bytes + kAlignment);
  const size_t misalignment = reinterpret_cast<uintptr_t>(storage_.data()) % kAlignment;
  arena_ = {storage_.data() + (kAlignment - misalignment) % kAlignment, plan.total_bytes};

  for (size_t n = 0; n < graph_->nodes.size(); ++n) {
    const Node& node = graph_->nodes[n];
    Step step;
    step.kernel = std::move(kernels[n]);
    for (const TensorId input : node.inputs) {
      step.inputs.push_back(input == TensorId::None ? nullptr : contents(input).data());
    }
    for (const TensorId output : node.outputs) step.outputs.push_back(memory(output).data());
    step.scratch = arena_.data() + offsets_[graph_->tensors.size() + n];
    steps_.push_back(std::move(step));
  }
}

std::span<std::byte> Executor::memory(TensorId id) {
  return arena_.subspan(offsets_[index(id)], graph_->tensor(id).byte_size());
}

std::span<const std::byte> Executor::contents(TensorId id) const {
  const Tensor& tensor = graph_->tensor(id);
  if (tensor.is_constant()) return *tensor.constant;
  return arena_.subspan(offsets_[index(id)], tensor.byte_size());
}

std::span<std::byte> Executor::input(size_t i) { return memory(graph_->inputs[i]); }

void Executor::set_input(size_t i, std::span<const std::byte> values) {
  const std::span<std::byte> destination = input(i);
  const Tensor& tensor = graph_->tensor(graph_->inputs[i]);
  if (values.size() != destination.size()) {
    throw Error(ErrorCode::InvalidInput,
                "Input '" + tensor.name + "' takes " + std::to_string(destination.size()) + " bytes (" +
                    std::string(to_string(tensor.dtype)) + " " + to_string(tensor.shape) + "), not " +
                    std::to_string(values.size()) + ".",
                {.input = tensor.name});
  }
  std::memcpy(destination.data(), values.data(), values.size());
}

void Executor::run(const Visitor& visitor) {
  if (visitor) {
    for (const TensorId input : graph_->inputs) visitor(input, contents(input));
  }
  for (size_t n = 0; n < steps_.size(); ++n) {
    const Step& step = steps_[n];
    step.kernel->run({.inputs = step.inputs, .outputs = step.outputs, .scratch = step.scratch});
    if (!visitor) continue;
    for (const TensorId output : graph_->nodes[n].outputs) visitor(output, contents(output));
  }
}

std::span<const std::byte> Executor::output(size_t i) const { return contents(graph_->outputs[i]); }

}  // namespace octet::emulate
