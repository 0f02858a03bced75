#include "emulate/replay.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "emulate/memory_plan.h"
#include "emulate/prepare_kernels.h"

namespace octet::emulate {
namespace {

bool contains(std::span<const NodeId> ids, NodeId id) {
  return std::find(ids.begin(), ids.end(), id) != ids.end();
}

}  // namespace

Replay::Replay(std::shared_ptr<const Graph> graph)
    : graph_(std::move(graph)),
      kernels_(prepare_kernels(*graph_)),
      kept_(graph_->tensors.size()),
      new_(graph_->tensors.size()),
      changed_(graph_->tensors.size(), false) {
  const auto allocate = [&](TensorId id) {
    kept_[index(id)].resize(graph_->tensor(id).byte_size());
    new_[index(id)].resize(graph_->tensor(id).byte_size());
  };
  for (const TensorId input : graph_->inputs) allocate(input);
  uint64_t scratch = 0;
  for (size_t n = 0; n < graph_->nodes.size(); ++n) {
    for (const TensorId output : graph_->nodes[n].outputs) allocate(output);
    scratch = std::max(scratch, kernels_[n]->scratch_bytes());
  }
  scratch_.resize(static_cast<size_t>(scratch) + kAlignment);
}

void Replay::run(std::span<const std::span<const std::byte>> inputs) {
  if (inputs.size() != graph_->inputs.size()) {
    throw Error(ErrorCode::InvalidInput, "A sample has " + std::to_string(inputs.size()) +
                                             " tensors; the model has " +
                                             std::to_string(graph_->inputs.size()) + " inputs.");
  }
  for (size_t i = 0; i < inputs.size(); ++i) {
    Bytes& contents = kept_[index(graph_->inputs[i])];
    if (inputs[i].size() != contents.size()) {
      const std::string& name = graph_->tensor(graph_->inputs[i]).name;
      throw Error(ErrorCode::InvalidInput,
                  "Input '" + name + "' takes " + std::to_string(contents.size()) + " bytes, not " +
                      std::to_string(inputs[i].size()) + ".",
                  {.input = name});
    }
    std::memcpy(contents.data(), inputs[i].data(), contents.size());
  }
  std::fill(changed_.begin(), changed_.end(), false);
  for (size_t n = 0; n < graph_->nodes.size(); ++n) {
    run_node(n, {});
    // What was just computed is what is kept.
    for (const TensorId output : graph_->nodes[n].outputs)
      std::swap(kept_[index(output)], new_[index(output)]);
  }
}

std::span<const std::byte> Replay::kept(TensorId id) const {
  const Tensor& tensor = graph_->tensor(id);
  return tensor.is_constant() ? std::span<const std::byte>(*tensor.constant) : kept_[index(id)];
}

bool Replay::is_reached(const Node& node, NodeId id, const Change& change) const {
  if (change.kernel(id) != nullptr) return true;
  return std::any_of(node.inputs.begin(), node.inputs.end(), [&](TensorId input) {
    if (input == TensorId::None) return false;
    return changed_[index(input)] || (input == change.tensor && contains(change.readers, id));
  });
}

void Replay::replay(const Change& change) {
  std::fill(changed_.begin(), changed_.end(), false);
  if (change.tensor != TensorId::None && change.readers.empty()) {
    std::copy(change.contents.begin(), change.contents.end(), new_[index(change.tensor)].begin());
    changed_[index(change.tensor)] = true;
  }
  for (size_t n = 0; n < graph_->nodes.size(); ++n) {
    const Node& node = graph_->nodes[n];
    if (!is_reached(node, static_cast<NodeId>(n), change)) continue;
    run_node(n, change);
    for (const TensorId output : node.outputs) changed_[index(output)] = true;
  }
}

void Replay::run_node(size_t n, const Change& change) {
  const Node& node = graph_->nodes[n];
  const NodeId id = static_cast<NodeId>(n);
  inputs_.clear();
  outputs_.clear();
  for (const TensorId input : node.inputs) {
    if (input == TensorId::None) {
      inputs_.push_back(nullptr);
    } else if (changed_[index(input)]) {
      inputs_.push_back(new_[index(input)].data());
    } else if (input == change.tensor && contains(change.readers, id)) {
      inputs_.push_back(change.contents.data());
    } else {
      inputs_.push_back(kept(input).data());
    }
  }
  for (const TensorId output : node.outputs) outputs_.push_back(new_[index(output)].data());
  const ops::Kernel* other = change.kernel(id);
  const ops::Kernel& kernel = other != nullptr ? *other : *kernels_[n];
  kernel.run({.inputs = inputs_, .outputs = outputs_, .scratch = aligned_start(scratch_)});
}

void Replay::run_other(NodeId id, const ops::Kernel& kernel, std::span<std::byte> output) {
  inputs_.clear();
  for (const TensorId input : graph_->node(id).inputs)
    inputs_.push_back(input == TensorId::None ? nullptr : kept(input).data());
  outputs_.assign({output.data()});
  kernel.run({.inputs = inputs_, .outputs = outputs_, .scratch = aligned_start(scratch_)});
}

std::optional<std::span<const std::byte>> Replay::changed(TensorId id) const {
  if (!changed_[index(id)]) return {};
  return std::span<const std::byte>(new_[index(id)]);
}

}  // namespace octet::emulate
