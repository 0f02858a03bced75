// Builds small graphs for tests, and runs them.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "emulate/executor.h"
#include "ir/graph.h"
#include "ops/operator.h"

namespace octet::test {

class GraphBuilder {
 public:
  TensorId input(const std::string& name, Shape shape, DType dtype = DType::Float32,
                 std::optional<QuantParams> quantization = {}) {
    const TensorId id = graph_.add_tensor({.name = name,
                                           .dtype = dtype,
                                           .shape = shape,
                                           .constant = nullptr,
                                           .quantization = std::move(quantization)});
    graph_.inputs.push_back(id);
    return id;
  }

  template <class T>
  TensorId constant(Shape shape, const std::vector<T>& values, std::optional<QuantParams> quantization = {}) {
    return graph_.add_tensor({.name = "constant_" + std::to_string(graph_.tensors.size()),
                              .dtype = DTypeOf<T>::value,
                              .shape = shape,
                              .constant = make_constant(std::span<const T>(values)),
                              .quantization = std::move(quantization)});
  }

  /// Adds a node with one output per entry of `output_quantization` (at least one) and infers its shapes.
  std::vector<TensorId> node(OpKind op, Attributes attributes, std::vector<TensorId> inputs,
                             std::vector<std::optional<QuantParams>> output_quantization = {std::nullopt},
                             DType declared = DType::Float32,
                             RequantizationMode mode = RequantizationMode::Tflite) {
    const std::string name = "node_" + std::to_string(graph_.nodes.size());
    std::vector<TensorId> outputs;
    for (size_t i = 0; i < output_quantization.size(); ++i) {
      outputs.push_back(graph_.add_tensor({.name = name + ":" + std::to_string(i),
                                           .dtype = declared,
                                           .shape = {},
                                           .constant = nullptr,
                                           .quantization = output_quantization[i]}));
    }
    graph_.nodes.push_back({.name = name,
                            .op = op,
                            .attributes = std::move(attributes),
                            .inputs = std::move(inputs),
                            .outputs = outputs,
                            .source_nodes = {name},
                            .placement = {},
                            .requantization = mode});
    ops::infer_shapes(graph_);
    return outputs;
  }

  GraphBuilder& output(TensorId id) {
    graph_.outputs.push_back(id);
    return *this;
  }

  Graph& graph() { return graph_; }
  const Tensor& tensor(TensorId id) const { return graph_.tensor(id); }

 private:
  Graph graph_;
};

/// Runs `graph` on its inputs, given in order, and returns output `i` as elements of T.
template <class T, class In = T>
std::vector<T> run(const Graph& graph, const std::vector<std::vector<In>>& inputs, size_t i = 0) {
  emulate::Executor executor(std::make_shared<const Graph>(graph));
  for (size_t k = 0; k < inputs.size(); ++k)
    executor.set_input(k, std::as_bytes(std::span<const In>(inputs[k])));
  executor.run();
  const std::span<const T> values = as<T>(executor.output(i));
  return {values.begin(), values.end()};
}

/// Values that repeat for the same seed everywhere: a 64-bit linear congruential generator (Knuth's MMIX
/// constants).
class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed * 2862933555777941757u + 3037000493u) {}
  /// In [0, 1).
  double uniform() {
    state_ = state_ * 6364136223846793005u + 1442695040888963407u;
    return static_cast<double>(state_ >> 11) * 0x1p-53;
  }
  std::vector<float> floats(int64_t count, float low, float high) {
    std::vector<float> values(static_cast<size_t>(count));
    for (float& value : values) value = low + static_cast<float>(uniform()) * (high - low);
    return values;
  }
  template <class T>
  std::vector<T> integers(int64_t count, int low, int high) {
    std::vector<T> values(static_cast<size_t>(count));
    for (T& value : values) value = static_cast<T>(low + static_cast<int>(uniform() * (high - low + 1)));
    return values;
  }

 private:
  uint64_t state_;
};

}  // namespace octet::test
