#include "analyze/layer_error.h"

#include <algorithm>
#include <cstring>
#include <unordered_map>

#include "kernels/convert.h"

namespace octet::analyze {
namespace {

bool is_comparable(const Tensor& tensor) {
  const bool integer = tensor.dtype == DType::Int8 || tensor.dtype == DType::Int16;
  return tensor.dtype == DType::Float32 || tensor.dtype == DType::BFloat16 ||
         (integer && tensor.quantization.has_value());
}

template <class T>
void dequantize(const Tensor& tensor, std::span<const std::byte> contents, std::vector<float>& reals) {
  const std::span<const T> integers = as<T>(contents);
  reals.resize(integers.size());
  kernels::dequantize(integers.data(), reals.data(), integers.size(), tensor.quantization->scale[0],
                      tensor.quantization->zero_point[0]);
}

/// The reals that a tensor's contents stand for, in `buffer` where they are not float32.
std::span<const float> reals(const Tensor& tensor, std::span<const std::byte> contents,
                             std::vector<float>& buffer) {
  switch (tensor.dtype) {
    case DType::Float32:
      return as<float>(contents);
    case DType::BFloat16:
      buffer.resize(contents.size() / sizeof(uint16_t));
      kernels::widen_bfloat16(as<uint16_t>(contents).data(), buffer.data(), buffer.size());
      return buffer;
    case DType::Int16:
      dequantize<int16_t>(tensor, contents, buffer);
      return buffer;
    default:
      dequantize<int8_t>(tensor, contents, buffer);
      return buffer;
  }
}

/// Inverse of reals(): writes `values` in the representation of a comparable tensor.
void represent(const Tensor& tensor, std::span<const float> values, std::span<std::byte> contents) {
  const auto quantize = [&](auto* integers) {
    kernels::quantize(values.data(), integers, values.size(), tensor.quantization->scale[0],
                      tensor.quantization->zero_point[0]);
  };
  switch (tensor.dtype) {
    case DType::Float32:
      std::memcpy(contents.data(), values.data(), contents.size());
      return;
    case DType::BFloat16:
      kernels::narrow_to_bfloat16(values.data(), reinterpret_cast<uint16_t*>(contents.data()), values.size());
      return;
    case DType::Int16:
      quantize(reinterpret_cast<int16_t*>(contents.data()));
      return;
    default:
      quantize(reinterpret_cast<int8_t*>(contents.data()));
  }
}

}  // namespace

LayerErrorAnalyzer::LayerErrorAnalyzer(std::shared_ptr<const Graph> float_graph,
                                       std::shared_ptr<const Graph> quantized)
    : float_(float_graph),
      quantized_(quantized),
      float_slot_(float_graph->tensors.size(), -1),
      quantized_slot_(quantized->tensors.size(), -1) {
  match_outputs(*float_graph, *quantized);
  float_values_.resize(node_of_slot_.size());
}

void LayerErrorAnalyzer::match_outputs(const Graph& float_graph, const Graph& quantized) {
  std::unordered_map<std::string, const Node*> quantized_nodes;
  for (const Node& node : quantized.nodes) quantized_nodes.emplace(node.name, &node);
  for (const Node& node : float_graph.nodes) {
    const auto found = quantized_nodes.find(node.name);
    if (found == quantized_nodes.end()) continue;
    bool compared = false;
    const size_t outputs = std::min(node.outputs.size(), found->second->outputs.size());
    for (size_t i = 0; i < outputs; ++i) {
      const Tensor& reference = float_graph.tensor(node.outputs[i]);
      const Tensor& actual = quantized.tensor(found->second->outputs[i]);
      if (reference.dtype != DType::Float32 || !is_comparable(actual)) continue;
      if (!(actual.shape == reference.shape)) continue;
      if (!compared)
        errors_.push_back({.node = node.name, .op = node.op, .unit = node.placement.unit, .sums = {}});
      compared = true;
      float_slot_[index(node.outputs[i])] = static_cast<int32_t>(node_of_slot_.size());
      quantized_slot_[index(found->second->outputs[i])] = static_cast<int32_t>(node_of_slot_.size());
      node_of_slot_.push_back(errors_.size() - 1);
    }
  }
}

void LayerErrorAnalyzer::run_float(std::span<const std::span<const std::byte>> inputs) {
  float_.set_inputs(inputs);
  float_.run([&](TensorId id, std::span<const std::byte> contents) {
    const int32_t slot = float_slot_[index(id)];
    if (slot < 0) return;
    const std::span<const float> values = as<float>(contents);
    float_values_[static_cast<size_t>(slot)].assign(values.begin(), values.end());
  });
}

void LayerErrorAnalyzer::compare(size_t slot, TensorId id, std::span<const std::byte> contents,
                                 ErrorSums& sums) {
  sums.add(float_values_[slot], reals(quantized_.graph().tensor(id), contents, dequantized_));
}

std::vector<NodeSums> LayerErrorAnalyzer::observe(std::span<const std::span<const std::byte>> inputs) {
  run_float(inputs);
  std::vector<NodeSums> sums(errors_.size());
  const auto sums_of = [&](size_t slot) -> NodeSums& { return sums[node_of_slot_[slot]]; };

  quantized_.set_inputs(inputs);
  quantized_.run([&](TensorId id, std::span<const std::byte> contents) {
    const int32_t found = quantized_slot_[index(id)];
    if (found < 0) return;
    const auto slot = static_cast<size_t>(found);
    compare(slot, id, contents, sums_of(slot).accumulated);
  });

  quantized_.set_inputs(inputs);
  quantized_.run_edited([&](TensorId id, std::span<std::byte> contents) {
    const int32_t found = quantized_slot_[index(id)];
    if (found < 0) return;
    const auto slot = static_cast<size_t>(found);
    compare(slot, id, contents, sums_of(slot).local);
    represent(quantized_.graph().tensor(id), float_values_[slot], contents);
  });
  return sums;
}

void LayerErrorAnalyzer::fold(std::span<const NodeSums> sample) {
  if (sample.size() != errors_.size()) {
    throw Error(ErrorCode::InvalidInput, "The layer errors of a sample are of another model.");
  }
  for (size_t i = 0; i < sample.size(); ++i) errors_[i].sums.merge(sample[i]);
}

std::vector<NodeError> LayerErrorAnalyzer::errors() const { return errors_; }

}  // namespace octet::analyze
