#include "formats/tflite/reader.h"

#include <algorithm>
#include <map>
#include <utility>

#include "emulate/evaluate.h"
#include "formats/checks.h"
#include "formats/tflite/constant_rows.h"
#include "formats/tflite/model_file.h"
#include "formats/tflite/operators.h"
#include "ir/dequantized.h"
#include "ops/operator.h"

namespace octet::formats::tflite {
namespace {

/// Builds the graph operator by operator: each one's shapes are inferred before the next is read, because
/// paddings and open dimensions depend on them. Declared shapes of computed tensors are not trusted.
class GraphReader {
 public:
  GraphReader(Bytes file, const ReadOptions& options) : file_(std::move(file)), options_(options) {}

  Imported read();

 private:
  void read_inputs();
  void read_outputs();
  void read_operator(const schema::Operator& op);
  void read_node(const schema::Operator& op, const schema::OperatorCode& code, Node& node);
  /// An operator whose result follows from shapes and constants becomes that constant.
  void read_constant(const schema::Operator& op, const ConstantRow& row, Node& node);
  /// Shape arithmetic on constants is done here: the shapes of what follows depend on it.
  void fold(const Node& node);
  /// Integer weights beside float activations become float: Octet computes with one or the other.
  void dequantize_weights(Node& node);
  /// The graph's form of a tensor of the file: quantized uint8 becomes int8.
  TensorId add_tensor(Tensor tensor);
  void check_weights(const Node& node) const;
  std::vector<std::string> warnings() const;
  /// DENSIFY of a constant is that constant: sparse ones are expanded when they are read.
  void fold_densify(const schema::Operator& op, const Node& node);

  Shape input_shape(size_t tensor) const;
  Shape declared_shape(size_t tensor) const;
  void check_input_names() const;
  size_t checked_index(int32_t index) const;
  TensorId available(size_t tensor);
  TensorId operand(int32_t index, const Node& node);
  std::vector<TensorId> declare_outputs(const schema::Operator& op, const Node& node);
  void check_types(const Node& node) const;
  void report_unsupported() const;

  ModelFile file_;
  const ReadOptions& options_;
  Graph graph_;
  std::vector<TensorId>
      ids_;  ///< By the file's tensor index; None until it is computed or read as a constant.
  std::map<size_t, size_t> densified_;    ///< From a DENSIFY's output to the sparse constant behind it.
  std::vector<std::string> unsupported_;  ///< One entry a node, for the one error that lists them.
  std::string first_unsupported_node_;
  size_t dequantized_weights_ = 0;  ///< Nodes whose weights were integers beside float activations.
  size_t signed_tensors_ = 0;       ///< Quantized tensors that were uint8.
};

/// Larger constants are left to prepare(), which folds them too.
constexpr int64_t kMostFoldedElements = 4096;

/// Newer operators have no number in the older, narrower field.
schema::BuiltinOperator builtin_of(const schema::OperatorCode& code) {
  return std::max(code.builtin_code(), static_cast<schema::BuiltinOperator>(code.deprecated_builtin_code()));
}

/// The tensors that an operator reads; none where the file leaves the list out.
std::vector<int32_t> operands_of(const schema::Operator& op) {
  if (op.inputs() == nullptr) return {};
  return {op.inputs()->begin(), op.inputs()->end()};
}

std::string operator_name(const schema::OperatorCode& code) {
  const schema::BuiltinOperator builtin = builtin_of(code);
  if (builtin == schema::BuiltinOperator::CUSTOM) {
    return "CUSTOM " + (code.custom_code() != nullptr ? code.custom_code()->str() : std::string());
  }
  const std::string name = schema::EnumNameBuiltinOperator(builtin);
  return name.empty() ? "operator " + std::to_string(static_cast<int32_t>(builtin)) : name;
}

/// The same reals in int8: every integer and the zero point are 128 lower.
void make_signed(Tensor& tensor) {
  constexpr int32_t kMiddle = 128;
  tensor.dtype = DType::Int8;
  for (int32_t& zero_point : tensor.quantization->zero_point) zero_point -= kMiddle;
  if (!tensor.is_constant()) return;
  Bytes bytes(tensor.constant->begin(), tensor.constant->end());
  for (std::byte& byte : bytes) byte ^= std::byte{kMiddle};
  tensor.constant = make_constant(std::move(bytes));
}

TensorId GraphReader::add_tensor(Tensor tensor) {
  if (tensor.dtype == DType::UInt8 && tensor.quantization) {
    make_signed(tensor);
    ++signed_tensors_;
  }
  return graph_.add_tensor(std::move(tensor));
}

size_t GraphReader::checked_index(int32_t index) const {
  if (index < 0 || static_cast<size_t>(index) >= file_.tensor_count()) {
    throw Error(ErrorCode::InvalidFile,
                "The model refers to tensor " + std::to_string(index) + ", which does not exist.");
  }
  return static_cast<size_t>(index);
}

/// The shape of a graph input: the caller's where given, else the file's with an open batch bound to 1.
Shape GraphReader::input_shape(size_t tensor) const {
  const std::string& name = file_.name(tensor);
  const auto* signature = file_.tensor(tensor).shape_signature();
  std::vector<int32_t> dims = file_.dimensions(tensor);
  if (signature != nullptr && signature->size() == dims.size())
    dims.assign(signature->begin(), signature->end());
  const auto given = options_.input_shapes.find(name);
  if (given != options_.input_shapes.end()) {
    bool fits = given->second.size() == dims.size();
    for (size_t d = 0; fits && d < dims.size(); ++d) fits = dims[d] < 1 || dims[d] == given->second[d];
    if (!fits) {
      throw Error(ErrorCode::InvalidShape,
                  "The shape given for input '" + name + "' contradicts the model's.", {.input = name},
                  "Only dimensions that the model leaves open can be chosen.");
    }
    return Shape(given->second);
  }
  for (size_t d = 0; d < dims.size(); ++d) {
    if (dims[d] >= 1) continue;
    if (d != 0) {
      throw Error(ErrorCode::InvalidShape,
                  "Dimension " + std::to_string(d) + " of input '" + name + "' is dynamic.", {.input = name},
                  "Give this input's shape when loading the model.");
    }
    dims[d] = 1;
  }
  try {
    return Shape(dims);
  } catch (const Error& error) {
    throw Error(error.code(), "Input '" + name + "': " + error.message(), {.input = name});
  }
}

void GraphReader::check_input_names() const {
  for (const auto& [wanted, shape] : options_.input_shapes) {
    const std::string& name = wanted;  // Older compilers do not capture structured bindings.
    const auto& inputs = *file_.subgraph().inputs();
    const bool known = std::any_of(inputs.begin(), inputs.end(),
                                   [&](int32_t i) { return file_.name(checked_index(i)) == name; });
    if (!known) {
      throw Error(ErrorCode::InvalidInput,
                  "A shape is given for '" + name + "', which is no input of the model.", {.input = name});
    }
  }
}

void GraphReader::read_inputs() {
  check_input_names();
  for (const int32_t index : *file_.subgraph().inputs()) {
    const size_t tensor = checked_index(index);
    if (ids_[tensor] != TensorId::None) file_.invalid_tensor(tensor, "is an input of the model twice.");
    if (file_.is_constant(tensor)) file_.invalid_tensor(tensor, "is an input of the model and a constant.");
    const std::optional<DType> dtype = dtype_of(file_.tensor(tensor).type());
    if (!dtype) {
      throw Error(ErrorCode::UnsupportedModel,
                  "Input '" + file_.name(tensor) + "' has elements of type " +
                      schema::EnumNameTensorType(file_.tensor(tensor).type()) + ".",
                  {.input = file_.name(tensor)});
    }
    const Shape shape = input_shape(tensor);
    ids_[tensor] = add_tensor({.name = file_.name(tensor),
                               .dtype = *dtype,
                               .shape = shape,
                               .constant = nullptr,
                               .quantization = file_.quantization(tensor, *dtype, shape)});
    graph_.inputs.push_back(ids_[tensor]);
  }
}

void GraphReader::read_outputs() {
  for (const int32_t index : *file_.subgraph().outputs()) {
    const size_t tensor = checked_index(index);
    const TensorId id = available(tensor);
    if (id == TensorId::None) file_.invalid_tensor(tensor, "is an output of the model, but never computed.");
    graph_.outputs.push_back(id);
  }
}

/// The graph's tensor for one of the file: computed before, or a constant, which is read on first use. None
/// otherwise.
TensorId GraphReader::available(size_t tensor) {
  if (ids_[tensor] != TensorId::None) return ids_[tensor];
  const auto sparse = densified_.find(tensor);
  const size_t source = sparse != densified_.end() ? sparse->second : tensor;
  if (!file_.is_constant(source)) return TensorId::None;
  Tensor constant = file_.constant(source);
  constant.name = file_.name(tensor);
  ids_[tensor] = add_tensor(std::move(constant));
  return ids_[tensor];
}

TensorId GraphReader::operand(int32_t index, const Node& node) {
  if (index == -1) return TensorId::None;
  const size_t tensor = checked_index(index);
  const schema::TensorType type = file_.tensor(tensor).type();
  const bool int4_constant = type == schema::TensorType::INT4 && file_.is_constant(tensor);
  if (!dtype_of(type) && !int4_constant)
    throw UnsupportedVariant{std::string("on ") + schema::EnumNameTensorType(type) + " tensors"};
  if (file_.tensor(tensor).is_variable()) throw UnsupportedVariant{"on variables"};
  const TensorId id = available(tensor);
  const bool own_output = std::find(node.outputs.begin(), node.outputs.end(), id) != node.outputs.end();
  if (id == TensorId::None || own_output) {
    throw Error(
        ErrorCode::InvalidFile,
        "Node '" + node.name + "' reads the tensor '" + file_.name(tensor) + "' before it is computed.",
        {.node = node.name, .tensor = file_.name(tensor)});
  }
  return id;
}

/// The shape that the file declares for a computed tensor, with open dimensions bound to 1; a scalar where it
/// is not valid.
Shape GraphReader::declared_shape(size_t tensor) const {
  std::vector<int32_t> dims = file_.dimensions(tensor);
  for (int32_t& dim : dims) dim = std::max(dim, 1);
  try {
    return Shape(dims);
  } catch (const Error&) {
    return {};
  }
}

std::vector<TensorId> GraphReader::declare_outputs(const schema::Operator& op, const Node& node) {
  std::vector<TensorId> outputs;
  for (const int32_t index : *op.outputs()) {
    const size_t tensor = checked_index(index);
    if (ids_[tensor] != TensorId::None || file_.is_constant(tensor) || densified_.count(tensor) != 0) {
      throw Error(ErrorCode::InvalidFile,
                  "Node '" + node.name + "' computes '" + file_.name(tensor) +
                      "', which is an input, a constant or computed elsewhere.",
                  {.node = node.name, .tensor = file_.name(tensor)});
    }
    // For a node that cannot be read the declared shape stands in, so that the nodes behind it can be judged
    // too.
    const Shape shape = declared_shape(tensor);
    const std::optional<DType> dtype = dtype_of(file_.tensor(tensor).type());
    ids_[tensor] = graph_.add_tensor({.name = file_.name(tensor),
                                      .dtype = dtype.value_or(DType::Float32),
                                      .shape = shape,
                                      .constant = nullptr,
                                      .quantization = {}});
    outputs.push_back(ids_[tensor]);
    if (!dtype) {
      throw UnsupportedVariant{std::string("on ") + schema::EnumNameTensorType(file_.tensor(tensor).type()) +
                               " tensors"};
    }
    Tensor& output = graph_.tensor(ids_[tensor]);
    output.quantization = file_.quantization(tensor, *dtype, shape);
    if (output.dtype == DType::UInt8 && output.quantization) make_signed(output);
  }
  return outputs;
}

void GraphReader::check_types(const Node& node) const {
  const NodeView view(graph_, node);
  const auto check_tensor = [&](const Tensor& tensor) {
    if (tensor.dtype != DType::UInt8) return;
    throw Error(ErrorCode::UnsupportedModel,
                "The tensor '" + tensor.name + "' is uint8 and has no quantization parameters.",
                {.node = node.name, .tensor = tensor.name},
                "Octet reads quantized uint8 tensors. Let the model take and give float32 or int8 instead.");
  };
  for (size_t i = 0; i < view.input_count(); ++i) {
    if (view.has_input(i)) check_tensor(view.input(i));
  }
  for (size_t i = 0; i < view.output_count(); ++i) check_tensor(view.output(i));
  if (const auto problem = type_problem(graph_, node)) throw UnsupportedVariant{"it " + *problem};
}

void GraphReader::dequantize_weights(Node& node) {
  const std::optional<ops::WeightOperand>& rule = ops::operator_of(node.op).quantization.weight;
  // What multiplies a float matrix is stored in integers too.
  if (!rule && node.op != OpKind::BatchMatmul) return;
  const size_t operand = rule ? rule->index : 1;
  const NodeView view(graph_, node);
  if (!view.has_input(0) || !view.has_input(operand)) return;
  const Tensor& weights = view.input(operand);
  if (view.input(0).dtype != DType::Float32 || weights.dtype != DType::Int8) return;
  if (!weights.is_constant() || !weights.quantization) return;
  node.inputs[operand] = graph_.add_tensor(dequantized(weights));
  ++dequantized_weights_;
}

void GraphReader::check_weights(const Node& node) const {
  const std::optional<ops::WeightOperand>& rule = ops::operator_of(node.op).quantization.weight;
  const NodeView view(graph_, node);
  if (!rule || !view.has_input(rule->index) || view.input(rule->index).dtype != DType::Int8) return;
  const Tensor& weights = view.input(rule->index);
  if (!weights.quantization) return;
  const std::vector<int32_t>& zeros = weights.quantization->zero_point;
  if (std::all_of(zeros.begin(), zeros.end(), [](int32_t zero) { return zero == 0; })) return;
  throw Error(
      ErrorCode::UnsupportedModel,
      "The weights '" + weights.name + "' of '" + node.name +
          "' have a zero point that is not the middle of their range; only symmetric weights are "
          "supported.",
      {.node = node.name, .tensor = weights.name},
      "Quantizers of today write symmetric weights: load the float model that this one was made from.");
}

std::vector<std::string> GraphReader::warnings() const {
  std::vector<std::string> sentences;
  if (dequantized_weights_ > 0) {
    sentences.push_back("The weights of " + std::to_string(dequantized_weights_) +
                        " nodes are stored as integers beside float activations (dynamic-range "
                        "quantization). They were dequantized: the model runs in float.");
  }
  if (signed_tensors_ > 0) {
    sentences.push_back(
        "The model is quantized to uint8. It was read as int8, every integer 128 lower: the same "
        "reals, but inputs and outputs that were uint8 are int8, and a mean or interpolation that falls "
        "midway between two integers may round to the other.");
  }
  const size_t subgraphs = file_.model().subgraphs()->size();
  if (subgraphs > 1) {
    sentences.push_back("The file has " + std::to_string(subgraphs) +
                        " subgraphs; the first is used, and nothing in it refers to the others.");
  }
  return sentences;
}

void GraphReader::fold_densify(const schema::Operator& op, const Node& node) {
  const std::vector<int32_t> operands = operands_of(op);
  if (operands.size() != 1 || op.outputs()->size() != 1) {
    throw Error(ErrorCode::InvalidFile,
                "DENSIFY '" + node.name + "' does not have one operand and one output.", {.node = node.name});
  }
  const size_t input = checked_index(operands[0]);
  const size_t output = checked_index(op.outputs()->Get(0));
  if (!file_.is_constant(input)) throw UnsupportedVariant{"its operand is computed, not constant"};
  if (file_.is_constant(output) || ids_[output] != TensorId::None ||
      !densified_.emplace(output, input).second) {
    file_.invalid_tensor(output, "is computed twice.");
  }
}

void GraphReader::read_node(const schema::Operator& op, const schema::OperatorCode& code, Node& node) {
  const schema::BuiltinOperator builtin = builtin_of(code);
  const std::string_view custom = builtin == schema::BuiltinOperator::CUSTOM && code.custom_code() != nullptr
                                      ? code.custom_code()->string_view()
                                      : std::string_view();
  const OperatorRow* row = row_of(builtin, custom);
  const ConstantRow* constant_row = constant_row_of(builtin);
  node.outputs = declare_outputs(op, node);
  if (row == nullptr && constant_row == nullptr) throw UnsupportedVariant{""};
  if (code.version() > (row != nullptr ? row->newest_version : constant_row->newest_version)) {
    throw UnsupportedVariant{"version " + std::to_string(code.version())};
  }
  const std::vector<int32_t> operands = operands_of(op);
  for (const int32_t index : operands) {
    if (index != -1) checked_index(index);
  }
  if (row == nullptr) return read_constant(op, *constant_row, node);
  node.op = row->kind;
  if (row->operands.empty()) {
    for (const int32_t index : operands) node.inputs.push_back(operand(index, node));
  } else {
    for (const int position : row->operands) {
      if (static_cast<size_t>(position) >= operands.size()) break;
      node.inputs.push_back(operand(operands[static_cast<size_t>(position)], node));
    }
  }
  dequantize_weights(node);
  node.attributes = row->read(OperatorReader(file_, op, graph_, node, ids_));
  check_types(node);
  check_weights(node);
  const DType declared = graph_.tensor(node.outputs[0]).dtype;
  ops::infer_shapes(graph_, node);
  if (graph_.tensor(node.outputs[0]).dtype != declared) {
    throw Error(ErrorCode::InvalidFile,
                "Node '" + node.name + "' declares an output of type " + std::string(to_string(declared)) +
                    "; it computes " + std::string(to_string(graph_.tensor(node.outputs[0]).dtype)) + ".",
                {.node = node.name});
  }
  fold(node);
}

void GraphReader::read_constant(const schema::Operator& op, const ConstantRow& row, Node& node) {
  for (const int32_t index : operands_of(op)) node.inputs.push_back(operand(index, node));
  Tensor value = row.read(OperatorReader(file_, op, graph_, node, ids_));
  Tensor& output = graph_.tensor(node.outputs[0]);
  if (node.outputs.size() != 1 || value.dtype != output.dtype) {
    throw Error(ErrorCode::InvalidFile, "Node '" + node.name + "' declares other outputs than it computes.",
                {.node = node.name});
  }
  output.shape = value.shape;
  output.constant = std::move(value.constant);
}

void GraphReader::fold(const Node& node) {
  if (node.op == OpKind::Quantize || node.op == OpKind::Dequantize) return;
  const auto is_small = [&](TensorId id) {
    return graph_.tensor(id).shape.elements() <= kMostFoldedElements;
  };
  if (!std::all_of(node.outputs.begin(), node.outputs.end(), is_small)) return;
  if (emulate::reads_constants_only(graph_, node)) emulate::make_constant_outputs(graph_, node);
}

void GraphReader::read_operator(const schema::Operator& op) {
  if (op.opcode_index() >= file_.model().operator_codes()->size()) {
    throw Error(ErrorCode::InvalidFile, "An operator refers to an operator code that does not exist.");
  }
  if (op.outputs() == nullptr || op.outputs()->size() == 0) {
    throw Error(ErrorCode::InvalidFile, "An operator of the model has no output.");
  }
  const schema::OperatorCode& code = *file_.model().operator_codes()->Get(op.opcode_index());
  Node node;
  node.name = file_.name(checked_index(op.outputs()->Get(0)));
  node.source_nodes = {node.name};
  try {
    if (builtin_of(code) == schema::BuiltinOperator::DENSIFY) {
      fold_densify(op, node);
      return;
    }
    read_node(op, code, node);
  } catch (const UnsupportedVariant& variant) {
    if (unsupported_.empty()) first_unsupported_node_ = node.name;
    unsupported_.push_back(operator_name(code) + " '" + node.name + "'" +
                           (variant.reason.empty() ? "" : " (" + variant.reason + ")"));
  } catch (const Error& error) {
    if (!error.where().node.empty() || !error.where().tensor.empty()) throw;
    throw Error(error.code(), operator_name(code) + " '" + node.name + "': " + error.message(),
                {.node = node.name}, error.hint());
  }
  const bool is_constant = std::all_of(node.outputs.begin(), node.outputs.end(),
                                       [&](TensorId id) { return graph_.tensor(id).is_constant(); });
  if (!is_constant) graph_.nodes.push_back(std::move(node));
}

void GraphReader::report_unsupported() const {
  if (unsupported_.empty()) return;
  std::string list;
  for (const std::string& entry : unsupported_) list += (list.empty() ? "" : ", ") + entry;
  throw Error(ErrorCode::UnsupportedOperator,
              "The model has " + std::to_string(unsupported_.size()) +
                  (unsupported_.size() == 1 ? " node" : " nodes") + " that Octet does not support: " + list +
                  ".",
              {.node = first_unsupported_node_}, "`octet support` lists the operators that Octet knows.");
}

Imported GraphReader::read() {
  ids_.assign(file_.tensor_count(), TensorId::None);
  const schema::SubGraph& subgraph = file_.subgraph();
  graph_.name = subgraph.name() != nullptr ? subgraph.name()->str() : "";
  read_inputs();
  try {
    for (const schema::Operator* op : *subgraph.operators()) read_operator(*op);
  } catch (const Error&) {
    // Behind a node that cannot be read, shapes are guesses: what fails there is not the user's concern.
    report_unsupported();
    throw;
  }
  report_unsupported();
  read_outputs();
  remove_unused_tensors(graph_);
  check(graph_);
  return {std::move(graph_), warnings()};
}

}  // namespace

Imported read_with_warnings(Bytes file, const ReadOptions& options) {
  return GraphReader(std::move(file), options).read();
}

}  // namespace octet::formats::tflite
