#include "analyze/layer_error.h"

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
void append_reals(const Tensor& tensor, std::span<const T> integers, std::vector<float>& reals) {
  const float scale = tensor.quantization->scale[0];
  const int32_t zero_point = tensor.quantization->zero_point[0];
  for (const T q : integers) reals.push_back(scale * static_cast<float>(q - zero_point));
}

/// The reals that a tensor's contents stand for, in `buffer` where they are not float32.
std::span<const float> reals(const Tensor& tensor, std::span<const std::byte> contents,
                             std::vector<float>& buffer) {
  if (tensor.dtype == DType::Float32) return as<float>(contents);
  buffer.clear();
  if (tensor.dtype == DType::BFloat16) {
    buffer.resize(contents.size() / sizeof(uint16_t));
    kernels::widen_bfloat16(as<uint16_t>(contents).data(), buffer.data(), buffer.size());
  } else if (tensor.dtype == DType::Int16) {
    append_reals(tensor, as<int16_t>(contents), buffer);
  } else {
    append_reals(tensor, as<int8_t>(contents), buffer);
  }
  return buffer;
}

}  // namespace

LayerErrorAnalyzer::LayerErrorAnalyzer(std::shared_ptr<const Graph> float_graph,
                                       std::shared_ptr<const Graph> quantized)
    : float_(float_graph),
      quantized_(quantized),
      float_slot_(float_graph->tensors.size(), -1),
      quantized_slot_(quantized->tensors.size(), -1) {
  std::unordered_map<std::string, TensorId> quantized_by_name;
  for (const Node& node : quantized->nodes) {
    for (const TensorId output : node.outputs) {
      if (is_comparable(quantized->tensor(output)))
        quantized_by_name.emplace(quantized->tensor(output).name, output);
    }
  }
  for (const Node& node : float_graph->nodes) {
    bool compared = false;
    for (const TensorId output : node.outputs) {
      const Tensor& tensor = float_graph->tensor(output);
      const auto found = quantized_by_name.find(tensor.name);
      if (tensor.dtype != DType::Float32 || found == quantized_by_name.end()) continue;
      if (!(quantized->tensor(found->second).shape == tensor.shape)) continue;
      if (!compared)
        errors_.push_back({.node = node.name, .op = node.op, .unit = node.placement.unit, .sums = {}});
      compared = true;
      float_slot_[index(output)] = static_cast<int32_t>(node_of_slot_.size());
      quantized_slot_[index(found->second)] = static_cast<int32_t>(node_of_slot_.size());
      node_of_slot_.push_back(errors_.size() - 1);
    }
  }
  float_values_.resize(node_of_slot_.size());
}

std::vector<ErrorSums> LayerErrorAnalyzer::observe(std::span<const std::span<const std::byte>> inputs) {
  if (inputs.size() != float_.graph().inputs.size()) {
    throw Error(ErrorCode::InvalidInput, "A sample has " + std::to_string(inputs.size()) +
                                             " tensors; the model has " +
                                             std::to_string(float_.graph().inputs.size()) + " inputs.");
  }
  for (size_t i = 0; i < inputs.size(); ++i) {
    float_.set_input(i, inputs[i]);
    quantized_.set_input(i, inputs[i]);
  }
  float_.run([&](TensorId id, std::span<const std::byte> contents) {
    const int32_t slot = float_slot_[index(id)];
    if (slot < 0) return;
    const std::span<const float> values = as<float>(contents);
    float_values_[static_cast<size_t>(slot)].assign(values.begin(), values.end());
  });
  std::vector<ErrorSums> sums(errors_.size());
  quantized_.run([&](TensorId id, std::span<const std::byte> contents) {
    const int32_t slot = quantized_slot_[index(id)];
    if (slot < 0) return;
    const std::span<const float> actual = reals(quantized_.graph().tensor(id), contents, dequantized_);
    sums[node_of_slot_[static_cast<size_t>(slot)]].add(float_values_[static_cast<size_t>(slot)], actual);
  });
  return sums;
}

void LayerErrorAnalyzer::fold(std::span<const ErrorSums> sample) {
  if (sample.size() != errors_.size()) {
    throw Error(ErrorCode::InvalidInput, "The layer errors of a sample are of another model.");
  }
  for (size_t i = 0; i < sample.size(); ++i) errors_[i].sums.merge(sample[i]);
}

std::vector<NodeError> LayerErrorAnalyzer::errors() const { return errors_; }

}  // namespace octet::analyze
