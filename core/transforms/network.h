// The graph of transforms while it grows.
#pragma once

#include <string>
#include <unordered_set>
#include <vector>

#include "ir/graph.h"
#include "partition/target.h"

namespace octet::transforms {

class Network {
 public:
  Network(const std::string& name, const std::vector<Tensor>& inputs, const partition::Target& target);

  /// What the node of add() is named after: the first input that the transform takes, and the transform.
  void begin(const std::string& input, const std::string& transform);
  /// Adds a node with its output; throws InvalidShape where operands do not fit. `declared` and
  /// `quantization` are for operators that do not infer them from their inputs.
  TensorId add(OpKind op, Attributes attributes, std::vector<TensorId> operands,
               DType declared = DType::Float32, std::optional<QuantParams> quantization = {});
  /// The same with `outputs` of them.
  std::vector<TensorId> add_many(OpKind op, Attributes attributes, std::vector<TensorId> operands,
                                 size_t outputs);
  /// A constant of these values.
  template <class T>
  TensorId constant(const Shape& shape, const std::vector<T>& values) {
    return graph_.add_tensor({.name = unique(label_ + "/values"),
                              .dtype = DTypeOf<T>::value,
                              .shape = shape,
                              .constant = make_constant(std::span<const T>(values)),
                              .quantization = {}});
  }
  /// Says what the integers of a tensor stand for; throws InvalidConfig where other is known of it.
  void interpret(TensorId tensor, const QuantParams& quantization);

  const Tensor& tensor(TensorId id) const { return graph_.tensor(id); }
  const std::vector<TensorId>& inputs() const { return graph_.inputs; }
  /// The graph, with these outputs.
  Graph finish(std::vector<TensorId> outputs);

 private:
  std::string unique(const std::string& base);
  Placement placement(OpKind op) const;
  void add_node(OpKind op, Attributes attributes, std::vector<TensorId> operands,
                std::vector<TensorId> outputs, const std::string& name);

  Graph graph_;
  const partition::Target& target_;
  std::string label_;
  std::unordered_set<std::string> names_;
};

}  // namespace octet::transforms
