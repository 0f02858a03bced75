// One node of an .onnx file while it becomes nodes of the graph: its attributes and operands in the node's
// version, and what is emitted for it. An ONNX node may become several nodes, one, or none.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <variant>
#include <vector>

#include "formats/importer.h"
#include "formats/onnx/constant_value.h"
#include "formats/onnx/flat_model.h"
#include "ir/graph.h"

namespace octet::formats::onnx {

/// A constant without elements: ONNX writes absent lists so, and tensors of a graph cannot be it.
struct EmptyValue {
  DType dtype = DType::Float32;
  std::vector<int64_t> dims;
};

/// What follows from a node that could not be read and declares no shape.
struct UnknownValue {};

/// What a name of the file stands for.
using Value = std::variant<UnknownValue, TensorId, EmptyValue>;

/// What the file's names stand for.
class Values {
 public:
  virtual ~Values() = default;
  /// The value of a name; the file's constants are read when they are first asked for. Throws InvalidFile
  /// where nothing has the name.
  virtual Value value(std::string_view name) = 0;
  /// What a constant of the file is, as a tensor called `name` unless it has no elements.
  virtual Value constant(const TensorMessage& message, std::string name) = 0;
  /// A name for a node or tensor that the file does not name, beginning with `base`.
  virtual std::string new_name(const std::string& base) = 0;
};

class NodeReader {
 public:
  NodeReader(Importer& importer, Values& values, const FlatNode& node);

  /// The version of the operator's domain that the node is written in.
  int64_t version() const { return node_.version; }
  std::string_view op() const { return node_.message.op; }
  const Graph& graph() const { return importer_.graph(); }

  // Attributes, or what stands in for absent ones.
  const AttributeMessage* attribute(std::string_view name) const;
  int64_t integer(std::string_view name, int64_t otherwise) const;
  float real(std::string_view name, float otherwise) const;
  std::string_view text(std::string_view name, std::string_view otherwise) const;
  std::optional<std::vector<int64_t>> integers(std::string_view name) const;
  /// An attribute that must be there.
  std::vector<int64_t> required_integers(std::string_view name) const;

  // Operands, in the node's order; absent ones may be in between.
  size_t operand_count() const { return node_.message.inputs.size(); }
  size_t result_count() const { return node_.message.outputs.size(); }
  bool has(size_t i) const;
  bool wants_result(size_t i) const;
  /// True for a constant without elements.
  bool is_empty(size_t i);
  Value value(size_t i);
  /// The operand in the graph; throws UnsupportedVariant where it has no elements.
  TensorId operand(size_t i);
  const Tensor& tensor(size_t i) { return graph().tensor(operand(i)); }
  Shape shape(size_t i) { return tensor(i).shape; }
  int rank(size_t i) { return shape(i).rank(); }
  /// Type and extents of an operand that may have no elements.
  DType dtype(size_t i);
  std::vector<int64_t> dims(size_t i);
  bool is_constant(size_t i);
  /// The numbers of an operand that has to be known while reading, such as `what` "its axes"; none for a
  /// constant without elements.
  std::vector<int64_t> constant_integers(size_t i, std::string_view what);
  std::vector<float> constant_reals(size_t i, std::string_view what);
  /// What an attribute was that became an operand: operand `i` where it is there, else the attribute.
  std::optional<std::vector<int64_t>> integers(std::string_view name, size_t i);

  /// Adds a node on these operands and infers its results.
  std::vector<TensorId> emit(OpKind op, Attributes attributes, std::vector<TensorId> inputs, size_t outputs);
  TensorId emit(OpKind op, Attributes attributes, std::vector<TensorId> inputs) {
    return emit(op, std::move(attributes), std::move(inputs), 1)[0];
  }
  template <class T>
  TensorId constant(const Shape& shape, const std::vector<T>& values) {
    return add_constant(DTypeOf<T>::value, shape, make_constant(std::span<const T>(values)));
  }
  TensorId scalar(float value) { return constant<float>(Shape(), {value}); }
  TensorId add_constant(DType dtype, const Shape& shape, Constant contents);
  /// The constant in an attribute; throws UnsupportedVariant where it has no elements.
  TensorId constant_of(const TensorMessage& message);
  /// To be called before constants of this size are made: see Importer::expect_memory.
  void expect_memory(int64_t bytes) { importer_.expect_memory(bytes); }
  Shape shape_of(TensorId id) const { return graph().tensor(id).shape; }

  /// What a result of the node is.
  void give(TensorId id, size_t output = 0) { results_[output] = id; }
  void give(EmptyValue value, size_t output = 0) { results_[output] = std::move(value); }
  void give_constant(const TensorMessage& message);
  /// Gives the results their names in the file, and returns what each is.
  std::map<size_t, Value> finish();

  /// The node is right, and Octet does not compute it. `reason` completes "Conv 'name' (…)".
  [[noreturn]] void unsupported(const std::string& reason) const;
  /// The node contradicts ONNX. `problem` completes "Conv 'name': …".
  [[noreturn]] void invalid(const std::string& problem) const;

  /// An axis in [0, rank), from one that may count from the end.
  int32_t axis(int64_t axis, int rank) const;
  std::vector<int32_t> axes(const std::vector<int64_t>& axes, int rank) const;

 private:
  /// The last node that is emitted for more than to move values has the name of the file's node.
  void name_main_node();

  Importer& importer_;
  Values& values_;
  const FlatNode& node_;
  size_t first_node_;                     ///< The graph's first node that is emitted here.
  std::unordered_set<TensorId> emitted_;  ///< Tensors that bear made-up names.
  std::map<size_t, Value> results_;
};

/// A shape of the graph, from extents of a file; throws InvalidShape as Shape does.
Shape shape_from(std::span<const int64_t> dims);

}  // namespace octet::formats::onnx
