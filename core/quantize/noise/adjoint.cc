#include "quantize/noise/adjoint.h"

#include <algorithm>
#include <set>
#include <utility>

#include "emulate/prepare_kernels.h"

namespace octet::quantize {
namespace {

bool is_real(const Graph& graph, TensorId id) {
  return id != TensorId::None && !graph.tensor(id).is_constant() && graph.tensor(id).dtype == DType::Float32;
}

/// True where a change of an input can move an output.
bool passes_on(const Graph& graph, const Node& node) {
  const auto real = [&](TensorId id) { return is_real(graph, id); };
  return std::any_of(node.inputs.begin(), node.inputs.end(), real) &&
         std::any_of(node.outputs.begin(), node.outputs.end(), real);
}

}  // namespace

Adjoint::Adjoint(std::shared_ptr<const Graph> graph)
    : graph_(std::move(graph)),
      kernels_(emulate::prepare_kernels(*graph_)),
      moved_(graph_->tensors.size()),
      reached_(graph_->tensors.size(), false) {
  std::set<std::string> missing;
  size_t largest = 0;
  for (size_t n = 0; n < graph_->nodes.size(); ++n) {
    const Node& node = graph_->nodes[n];
    adjoints_.emplace_back();
    for (const TensorId output : node.outputs)
      largest = std::max(largest, static_cast<size_t>(graph_->tensor(output).shape.elements()));
    if (!passes_on(*graph_, node)) continue;
    adjoints_.back() = make_adjoint_kernel(*graph_, node, *kernels_[n]);
    if (adjoints_.back() == nullptr) missing.insert(std::string(to_string(node.op)));
  }
  zeros_.resize(largest);
  if (missing.empty()) return;
  std::string names;
  for (const std::string& name : missing) names += (names.empty() ? "" : ", ") + name;
  throw Error(ErrorCode::UnsupportedOperator, "There is no derivative of " + names + ", or of its variant.",
              {}, "Rank without estimating.");
}

void Adjoint::run(const emulate::Replay& replay, size_t output, std::span<const float> probe,
                  const Visitor& visitor) {
  std::fill(reached_.begin(), reached_.end(), false);
  const TensorId from = graph_->outputs[output];
  moved_[index(from)].assign(probe.begin(), probe.end());
  reached_[index(from)] = true;
  for (size_t n = graph_->nodes.size(); n-- > 0;) {
    const Node& node = graph_->nodes[n];
    const auto reached = [&](TensorId id) { return reached_[index(id)]; };
    if (std::none_of(node.outputs.begin(), node.outputs.end(), reached)) continue;
    for (const TensorId id : node.outputs) {
      if (reached_[index(id)]) visitor(id, NodeId::None, moved_[index(id)]);
    }
    if (adjoints_[n] != nullptr) run_node(replay, n, visitor);
  }
  for (const TensorId input : graph_->inputs) {
    if (reached_[index(input)]) visitor(input, NodeId::None, moved_[index(input)]);
  }
}

void Adjoint::run_node(const emulate::Replay& replay, size_t n, const Visitor& visitor) {
  const Node& node = graph_->nodes[n];
  std::vector<const std::byte*> inputs;
  std::vector<const std::byte*> outputs;
  std::vector<const float*> moved;
  std::vector<float*> found;
  if (found_.size() < node.inputs.size()) found_.resize(node.inputs.size());
  for (size_t i = 0; i < node.inputs.size(); ++i) {
    const TensorId id = node.inputs[i];
    inputs.push_back(id == TensorId::None ? nullptr : replay.kept(id).data());
    if (is_real(*graph_, id)) found_[i].resize(static_cast<size_t>(graph_->tensor(id).shape.elements()));
    found.push_back(is_real(*graph_, id) ? found_[i].data() : nullptr);
  }
  for (const TensorId id : node.outputs) {
    outputs.push_back(replay.kept(id).data());
    moved.push_back(reached_[index(id)] ? moved_[index(id)].data() : zeros_.data());
  }
  adjoints_[n]->run({.inputs = inputs, .outputs = outputs, .moved = moved, .found = found});
  for (size_t i = 0; i < node.inputs.size(); ++i) {
    const TensorId id = node.inputs[i];
    if (found[i] == nullptr) continue;
    visitor(id, static_cast<NodeId>(n), found_[i]);
    std::vector<float>& sum = moved_[index(id)];
    if (!reached_[index(id)]) {
      std::swap(sum, found_[i]);
    } else {
      for (size_t k = 0; k < sum.size(); ++k) sum[k] += found_[i][k];
    }
    reached_[index(id)] = true;
  }
}

}  // namespace octet::quantize
