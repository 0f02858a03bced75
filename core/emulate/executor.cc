#include "emulate/executor.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <string>
#include <utility>

#include "emulate/memory_plan.h"
#include "emulate/prepare_kernels.h"

namespace octet::emulate {
namespace {

constexpr size_t kNoBlock = std::numeric_limits<size_t>::max();

/// What the memory plan places: a block for each computed tensor, shared where an operator works in place,
/// and one for each node's scratch memory.
struct Blocks {
  std::vector<Lifetime> lifetimes;
  std::vector<size_t> of_tensor;   ///< kNoBlock for constants and tensors that nothing uses.
  std::vector<size_t> of_scratch;  ///< By node.
};

/// The last step that needs each tensor. Inputs exist from step 0, node n is step n + 1, outputs live to the
/// end.
std::vector<int> last_uses(const Graph& graph) {
  std::vector<int> last(graph.tensors.size(), 0);
  for (size_t n = 0; n < graph.nodes.size(); ++n) {
    const int step = static_cast<int>(n) + 1;
    for (const TensorId input : graph.nodes[n].inputs) {
      if (input != TensorId::None) last[index(input)] = step;
    }
    for (const TensorId output : graph.nodes[n].outputs) last[index(output)] = step;
  }
  for (const TensorId output : graph.outputs) last[index(output)] = static_cast<int>(graph.nodes.size()) + 1;
  return last;
}

Blocks lay_out(const Graph& graph, const std::vector<std::unique_ptr<ops::Kernel>>& kernels) {
  Blocks blocks;
  blocks.of_tensor.assign(graph.tensors.size(), kNoBlock);
  const std::vector<int> last_use = last_uses(graph);
  const auto add = [&](TensorId id, int step) {
    if (blocks.of_tensor[index(id)] != kNoBlock || graph.tensor(id).is_constant()) return;
    blocks.of_tensor[index(id)] = blocks.lifetimes.size();
    blocks.lifetimes.push_back({graph.tensor(id).byte_size(), step, last_use[index(id)]});
  };
  for (const TensorId input : graph.inputs) add(input, 0);
  for (size_t n = 0; n < graph.nodes.size(); ++n) {
    const Node& node = graph.nodes[n];
    const int step = static_cast<int>(n) + 1;
    if (ops::operator_of(node.op).in_place && node.inputs[0] != TensorId::None) {
      const Tensor& input = graph.tensor(node.inputs[0]);
      const TensorId output = node.outputs[0];
      const bool dies_here = !input.is_constant() && last_use[index(node.inputs[0])] == step;
      // Another operand that is the same tensor would be overwritten while it is read.
      const bool read_once = std::count(node.inputs.begin(), node.inputs.end(), node.inputs[0]) == 1;
      if (dies_here && read_once && input.byte_size() == graph.tensor(output).byte_size()) {
        const size_t block = blocks.of_tensor[index(node.inputs[0])];
        blocks.of_tensor[index(output)] = block;
        blocks.lifetimes[block].last = last_use[index(output)];
      }
    }
    for (const TensorId output : node.outputs) add(output, step);
    blocks.of_scratch.push_back(blocks.lifetimes.size());
    blocks.lifetimes.push_back({kernels[n]->scratch_bytes(), step, step});
  }
  return blocks;
}

}  // namespace

Executor::Executor(std::shared_ptr<const Graph> graph) : graph_(std::move(graph)) {
  std::vector<std::unique_ptr<ops::Kernel>> kernels = prepare_kernels(*graph_);
  const Blocks blocks = lay_out(*graph_, kernels);
  const MemoryPlan plan = plan_memory(blocks.lifetimes);

  storage_.resize(plan.total_bytes + kAlignment);
  arena_ = {aligned_start(storage_), plan.total_bytes};
  for (const size_t block : blocks.of_tensor) offsets_.push_back(block == kNoBlock ? 0 : plan.offsets[block]);

  for (size_t n = 0; n < graph_->nodes.size(); ++n) {
    const Node& node = graph_->nodes[n];
    Step step;
    step.kernel = std::move(kernels[n]);
    for (const TensorId input : node.inputs) {
      step.inputs.push_back(input == TensorId::None ? nullptr : contents(input).data());
    }
    for (const TensorId output : node.outputs) step.outputs.push_back(memory(output).data());
    step.scratch = arena_.data() + plan.offsets[blocks.of_scratch[n]];
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

void Executor::run_node(size_t n) {
  const Step& step = steps_[n];
  step.kernel->run({.inputs = step.inputs, .outputs = step.outputs, .scratch = step.scratch});
}

void Executor::set_inputs(std::span<const std::span<const std::byte>> inputs) {
  if (inputs.size() != graph_->inputs.size()) {
    throw Error(ErrorCode::InvalidInput, "A sample has " + std::to_string(inputs.size()) +
                                             " tensors; the model has " +
                                             std::to_string(graph_->inputs.size()) + " inputs.");
  }
  for (size_t i = 0; i < inputs.size(); ++i) set_input(i, inputs[i]);
}

void Executor::run(const Visitor& visitor) {
  if (visitor) {
    for (const TensorId input : graph_->inputs) visitor(input, contents(input));
  }
  for (size_t n = 0; n < steps_.size(); ++n) {
    run_node(n);
    if (!visitor) continue;
    for (const TensorId output : graph_->nodes[n].outputs) visitor(output, contents(output));
  }
}

void Executor::run_edited(const Editor& editor) {
  for (size_t n = 0; n < steps_.size(); ++n) {
    run_node(n);
    for (const TensorId output : graph_->nodes[n].outputs) editor(output, memory(output));
  }
}

std::span<const std::byte> Executor::output(size_t i) const { return contents(graph_->outputs[i]); }

}  // namespace octet::emulate
