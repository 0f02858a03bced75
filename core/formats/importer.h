// What reading a model is in every format: nodes are added in their order of computation, and each one's
// shapes are inferred before the next is read. Readers of formats (tflite/) tell the importer what their
// files hold.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "ir/graph.h"

namespace octet::formats {

struct ImportOptions {
  /// Shapes for inputs by name, in the file's order of axes, needed where a dimension other than the batch is
  /// dynamic.
  std::map<std::string, std::vector<int32_t>> input_shapes = {};
  /// Names of tensors where the model ends in place of its own outputs: what only others need is not read.
  std::vector<std::string> outputs = {};
  /// Files beside the model that hold constants of it, by the paths that it gives them.
  std::map<std::string, std::shared_ptr<const Bytes>, std::less<>> external_data = {};
};

/// Which nodes that read constants alone are computed at once.
enum class Folding : uint8_t {
  Small,  ///< Those with few elements: what shapes depend on. prepare() does the others.
  All,    ///< All but those that multiply much, since weights may be behind.
};

struct Imported {
  Graph graph;
  std::vector<std::string> warnings;  ///< Complete sentences about what was read other than it is stored.
  bool has_channels_first = false;    ///< The format's images have channels in front of height and width.
};

/// Thrown by readers for a well-formed operator in a variant that Octet does not have. The importer collects
/// these, and reports them together.
struct UnsupportedVariant {
  std::string reason;  ///< Completes "CONV_2D 'name' (…)"; empty where the whole operator is unknown.
};

/// Throws InvalidInput for a name in ImportOptions::outputs that no tensor of the model has.
[[noreturn]] void refuse_output(const std::string& name);

class Importer {
 public:
  explicit Importer(ImportOptions options, Folding folding = Folding::Small)
      : options_(std::move(options)), folding_(folding) {}

  Graph& graph() { return graph_; }
  const Graph& graph() const { return graph_; }

  /// The shape of a graph input: the caller's where given, else `dims` with an open batch bound to 1. `dims`:
  /// the file's, below 1 where a dimension is open. Throws InvalidShape where another one is open, or the
  /// caller's contradicts the file.
  Shape input_shape(const std::string& name, std::vector<int32_t> dims) const;
  const ImportOptions& options() const { return options_; }
  /// Throws InvalidInput where the caller gives a shape for what is none of `names`.
  void check_input_names(const std::vector<std::string>& names) const;

  /// Adds a tensor in the graph's form: quantized uint8 becomes int8.
  TensorId add_tensor(Tensor tensor);
  /// Gives a tensor that was added before it was known parameters, in the graph's form.
  void set_quantization(TensorId id, std::optional<QuantParams> quantization);

  /// Reads one operator of the file by `read`, which calls add(). Collects what it throws as
  /// UnsupportedVariant, and gives errors without a place the node's. `description`: "CONV_2D" or the like.
  /// `operands`: the names of what it reads that is computed, where the model could end instead.
  void read_operator(const std::string& description, const std::string& node,
                     const std::function<void()>& read,
                     const std::function<std::vector<std::string>()>& operands);

  /// Makes a read operand fit the graph: integer weights beside float activations become float, since Octet
  /// computes with one or the other. To be called once a node's operands are known, before its attributes are
  /// read.
  void dequantize_weights(Node& node);
  /// Adds a node whose operands, attributes and declared outputs are set: checks types and weights, infers
  /// its shapes, and computes it at once where it reads constants alone, as the shapes of what follows may
  /// depend on it. Throws InvalidFile, InvalidShape, UnsupportedModel or UnsupportedVariant.
  void add(Node node);

  /// True for a computed tensor that is no input: a model could end there.
  bool can_end_at(TensorId id) const;
  /// Counts memory that a file makes Octet use for constants beside its own bytes. Throws OutOfMemory where
  /// it is more than any model needs.
  void expect_memory(int64_t bytes);
  /// Throws UnsupportedOperator with every node that could not be read, if there is one.
  void report_unsupported() const;
  /// The checked graph, to which the file's outputs have been added.
  Imported finish(std::vector<std::string> warnings);

 private:
  void check_types(const Node& node) const;
  void check_weights(const Node& node) const;
  void fold(const Node& node);

  ImportOptions options_;
  Folding folding_;
  Graph graph_;
  int64_t expected_memory_ = 0;           ///< Bytes.
  std::vector<std::string> unsupported_;  ///< One entry a node, for the one error that lists them.
  std::string first_unsupported_node_;
  std::vector<std::string> cuts_;   ///< Computed tensors that such nodes read, each once.
  size_t dequantized_weights_ = 0;  ///< Nodes whose weights were integers beside float activations.
  size_t signed_tensors_ = 0;       ///< Quantized tensors that were uint8.
};

}  // namespace octet::formats
