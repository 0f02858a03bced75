// What reading a model is in every format: nodes are added in their order of computation, and each one's
// shapes are inferred before the next is read. Readers of formats (tflite/) tell the importer what their
// files hold.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "ir/graph.h"

namespace octet::formats {

struct ImportOptions {
  /// Shapes for inputs by name, needed where a dimension other than the batch is dynamic.
  std::map<std::string, std::vector<int32_t>> input_shapes = {};
};

struct Imported {
  Graph graph;
  std::vector<std::string> warnings;  ///< Complete sentences about what was read other than it is stored.
};

/// Thrown by readers for a well-formed operator in a variant that Octet does not have. The importer collects
/// these, and reports them together.
struct UnsupportedVariant {
  std::string reason;  ///< Completes "CONV_2D 'name' (…)"; empty where the whole operator is unknown.
};

class Importer {
 public:
  explicit Importer(ImportOptions options) : options_(std::move(options)) {}

  Graph& graph() { return graph_; }
  const Graph& graph() const { return graph_; }

  /// The shape of a graph input: the caller's where given, else `dims` with an open batch bound to 1. `dims`:
  /// the file's, below 1 where a dimension is open. Throws InvalidShape where another one is open, or the
  /// caller's contradicts the file.
  Shape input_shape(const std::string& name, std::vector<int32_t> dims) const;
  /// Throws InvalidInput where the caller gives a shape for what is none of `names`.
  void check_input_names(const std::vector<std::string>& names) const;

  /// Adds a tensor in the graph's form: quantized uint8 becomes int8.
  TensorId add_tensor(Tensor tensor);
  /// Gives a tensor that was added before it was known parameters, in the graph's form.
  void set_quantization(TensorId id, std::optional<QuantParams> quantization);

  /// Reads one operator of the file by `read`, which calls add(). Collects what it throws as
  /// UnsupportedVariant, and gives errors without a place the node's. `description`: "CONV_2D" or the like.
  void read_operator(const std::string& description, const std::string& node,
                     const std::function<void()>& read);

  /// Makes a read operand fit the graph: integer weights beside float activations become float, since Octet
  /// computes with one or the other. To be called once a node's operands are known, before its attributes are
  /// read.
  void dequantize_weights(Node& node);
  /// Adds a node whose operands, attributes and declared outputs are set: checks types and weights, infers
  /// its shapes, and computes it at once where it reads constants alone, as the shapes of what follows may
  /// depend on it. Throws InvalidFile, InvalidShape, UnsupportedModel or UnsupportedVariant.
  void add(Node node);

  /// Throws UnsupportedOperator with every node that could not be read, if there is one.
  void report_unsupported() const;
  /// The checked graph, to which the file's outputs have been added.
  Imported finish(std::vector<std::string> warnings);

 private:
  void check_types(const Node& node) const;
  void check_weights(const Node& node) const;
  void fold(const Node& node);

  ImportOptions options_;
  Graph graph_;
  std::vector<std::string> unsupported_;  ///< One entry a node, for the one error that lists them.
  std::string first_unsupported_node_;
  size_t dequantized_weights_ = 0;  ///< Nodes whose weights were integers beside float activations.
  size_t signed_tensors_ = 0;       ///< Quantized tensors that were uint8.
};

}  // namespace octet::formats
