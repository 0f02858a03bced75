// What a row of the operator table sees of one operator of a file while it is read.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "formats/importer.h"
#include "formats/tflite/model_file.h"
#include "ir/graph.h"

namespace octet::formats::tflite {

class OperatorReader {
 public:
  /// `ids` has the graph's tensor for each of the file's, None for those not read yet.
  OperatorReader(const ModelFile& file, const schema::Operator& op, const Graph& graph, const Node& node,
                 std::span<const TensorId> ids)
      : file_(&file), op_(&op), graph_(&graph), node_(&node), ids_(ids) {}

  /// Operand `i` in Octet's order, with its inferred shape; throws InvalidFile when it is missing.
  const Tensor& value(size_t i) const { return NodeView(*graph_, *node_).input(i); }
  size_t output_count() const { return node_->outputs.size(); }
  /// The declared type of output 0.
  DType output_type() const { return graph_->tensor(node_->outputs[0]).dtype; }

  /// Whether TFLite's operand at `position` is present.
  bool has_operand(size_t position) const;
  /// The constant integers (int32 or int64) of TFLite's operand at `position`, be they stored or computed
  /// from what is. Throws UnsupportedVariant when it is computed from anything else, InvalidFile when it is
  /// missing or of another type.
  std::vector<int32_t> integers(size_t position) const;
  /// As integers(), for exactly `count` of them.
  std::vector<int32_t> integers(size_t position, size_t count) const;
  /// The one constant real of TFLite's operand at `position`; a quantized one is dequantized.
  float real(size_t position) const;

  /// The options, or null when the operator has none. Throws InvalidFile when they are another operator's.
  template <class Options>
  const Options* optional_options() const {
    const Options* options = op_->builtin_options_as<Options>();
    if (options == nullptr && op_->builtin_options_type() != schema::BuiltinOptions::NONE) {
      invalid("its options are those of another operator.");
    }
    return options;
  }
  /// The options; throws InvalidFile when there are none.
  template <class Options>
  const Options& options() const {
    const Options* options = optional_options<Options>();
    if (options == nullptr) invalid("its options are missing.");
    return *options;
  }
  std::span<const uint8_t> custom_options() const;

  /// The fused activation, if it is one that Octet has.
  Activation activation(schema::ActivationFunctionType type) const;
  /// For operators that have no fused activation in Octet.
  void no_activation(schema::ActivationFunctionType type) const;
  /// Height and width, each at least 1; `what` names the pair in the error.
  Spatial positive(int32_t height, int32_t width, const char* what) const;
  /// `axis` in [0, rank); throws InvalidFile otherwise.
  int32_t axis(int32_t axis, int rank) const;

  /// Throws InvalidFile naming operator and node.
  [[noreturn]] void invalid(const std::string& problem) const;
  [[noreturn]] void unsupported(const std::string& reason) const { throw UnsupportedVariant{reason}; }

 private:
  /// The tensor at `position`, dense if it is stored.
  size_t constant_operand(size_t position) const;
  /// What was computed for a tensor of the file, where that is a constant.
  const Tensor* computed_constant(size_t tensor) const;

  const ModelFile* file_;
  const schema::Operator* op_;
  const Graph* graph_;
  const Node* node_;
  std::span<const TensorId> ids_;
};

}  // namespace octet::formats::tflite
