#include "formats/tflite/reader.h"

#include <algorithm>
#include <map>
#include <utility>

#include "formats/importer.h"
#include "formats/tflite/constant_rows.h"
#include "formats/tflite/model_file.h"
#include "formats/tflite/operators.h"

namespace octet::formats::tflite {
namespace {

/// Tells the importer what the file holds, operator by operator: paddings and open dimensions depend on
/// shapes that were inferred before. Declared shapes of computed tensors are not trusted.
class GraphReader {
 public:
  GraphReader(Bytes file, const ImportOptions& options) : file_(std::move(file)), importer_(options) {}

  Imported read();

 private:
  void read_inputs();
  void read_outputs();
  void read_operator(const schema::Operator& op);
  void read_node(const schema::Operator& op, const schema::OperatorCode& code, Node node);
  /// An operator whose result follows from shapes and constants becomes that constant.
  void read_constant(const schema::Operator& op, const ConstantRow& row, Node& node);
  /// DENSIFY of a constant is that constant: sparse ones are expanded when they are read.
  void fold_densify(const schema::Operator& op, const Node& node);

  /// The dimensions of an input as the file has them, open ones below 1.
  std::vector<int32_t> input_dimensions(size_t tensor) const;
  Shape declared_shape(size_t tensor) const;
  size_t checked_index(int32_t index) const;
  TensorId available(size_t tensor);
  TensorId operand(int32_t index, const Node& node);
  std::vector<TensorId> declare_outputs(const schema::Operator& op, const Node& node);
  std::vector<std::string> computed_operands(const schema::Operator& op) const;
  std::vector<std::string> warnings() const;
  void find_outputs();
  /// The operators that the outputs follow from, in the file's order: all of them, but where the model is
  /// cut.
  std::vector<const schema::Operator*> needed_operators();

  ModelFile file_;
  Importer importer_;
  std::vector<TensorId>
      ids_;  ///< By the file's tensor index; None until it is computed or read as a constant.
  std::vector<size_t> outputs_;         ///< The file's tensors.
  std::vector<bool> needed_;            ///< Tensors that the outputs follow from.
  std::map<size_t, size_t> densified_;  ///< From a DENSIFY's output to the sparse constant behind it.
};

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

size_t GraphReader::checked_index(int32_t index) const {
  if (index < 0 || static_cast<size_t>(index) >= file_.tensor_count()) {
    throw Error(ErrorCode::InvalidFile,
                "The model refers to tensor " + std::to_string(index) + ", which does not exist.");
  }
  return static_cast<size_t>(index);
}

std::vector<int32_t> GraphReader::input_dimensions(size_t tensor) const {
  const auto* signature = file_.tensor(tensor).shape_signature();
  std::vector<int32_t> dims = file_.dimensions(tensor);
  if (signature != nullptr && signature->size() == dims.size())
    dims.assign(signature->begin(), signature->end());
  return dims;
}

void GraphReader::read_inputs() {
  std::vector<std::string> names;
  for (const int32_t index : *file_.subgraph().inputs()) names.push_back(file_.name(checked_index(index)));
  importer_.check_input_names(names);
  for (const int32_t index : *file_.subgraph().inputs()) {
    const size_t tensor = checked_index(index);
    if (!needed_[tensor]) continue;
    if (ids_[tensor] != TensorId::None) file_.invalid_tensor(tensor, "is an input of the model twice.");
    if (file_.is_constant(tensor)) file_.invalid_tensor(tensor, "is an input of the model and a constant.");
    const std::optional<DType> dtype = dtype_of(file_.tensor(tensor).type());
    if (!dtype) {
      throw Error(ErrorCode::UnsupportedModel,
                  "Input '" + file_.name(tensor) + "' has elements of type " +
                      schema::EnumNameTensorType(file_.tensor(tensor).type()) + ".",
                  {.input = file_.name(tensor)});
    }
    const Shape shape = importer_.input_shape(file_.name(tensor), input_dimensions(tensor));
    ids_[tensor] = importer_.add_tensor({.name = file_.name(tensor),
                                         .dtype = *dtype,
                                         .shape = shape,
                                         .constant = nullptr,
                                         .quantization = file_.quantization(tensor, *dtype, shape)});
    importer_.graph().inputs.push_back(ids_[tensor]);
  }
}

void GraphReader::read_outputs() {
  for (const size_t tensor : outputs_) {
    const TensorId id = available(tensor);
    if (id == TensorId::None) file_.invalid_tensor(tensor, "is an output of the model, but never computed.");
    importer_.graph().outputs.push_back(id);
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
  ids_[tensor] = importer_.add_tensor(std::move(constant));
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
    ids_[tensor] = importer_.graph().add_tensor({.name = file_.name(tensor),
                                                 .dtype = dtype.value_or(DType::Float32),
                                                 .shape = shape,
                                                 .constant = nullptr,
                                                 .quantization = {}});
    outputs.push_back(ids_[tensor]);
    if (!dtype) {
      throw UnsupportedVariant{std::string("on ") + schema::EnumNameTensorType(file_.tensor(tensor).type()) +
                               " tensors"};
    }
    importer_.set_quantization(ids_[tensor], file_.quantization(tensor, *dtype, shape));
  }
  return outputs;
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

void GraphReader::read_node(const schema::Operator& op, const schema::OperatorCode& code, Node node) {
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
  importer_.dequantize_weights(node);
  node.attributes = row->read(OperatorReader(file_, op, importer_.graph(), node, ids_));
  importer_.add(std::move(node));
}

void GraphReader::read_constant(const schema::Operator& op, const ConstantRow& row, Node& node) {
  for (const int32_t index : operands_of(op)) node.inputs.push_back(operand(index, node));
  Tensor value = row.read(OperatorReader(file_, op, importer_.graph(), node, ids_));
  Tensor& output = importer_.graph().tensor(node.outputs[0]);
  if (node.outputs.size() != 1 || value.dtype != output.dtype) {
    throw Error(ErrorCode::InvalidFile, "Node '" + node.name + "' declares other outputs than it computes.",
                {.node = node.name});
  }
  output.shape = value.shape;
  output.constant = std::move(value.constant);
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
  const std::string name = node.name;
  importer_.read_operator(
      operator_name(code), name,
      [&] {
        if (builtin_of(code) == schema::BuiltinOperator::DENSIFY) return fold_densify(op, node);
        read_node(op, code, std::move(node));
      },
      [&] { return computed_operands(op); });
}

std::vector<std::string> GraphReader::computed_operands(const schema::Operator& op) const {
  std::vector<std::string> names;
  for (const int32_t index : operands_of(op)) {
    if (index < 0 || static_cast<size_t>(index) >= ids_.size()) continue;
    const TensorId id = ids_[static_cast<size_t>(index)];
    if (id != TensorId::None && importer_.can_end_at(id))
      names.push_back(file_.name(static_cast<size_t>(index)));
  }
  return names;
}

std::vector<std::string> GraphReader::warnings() const {
  const size_t subgraphs = file_.model().subgraphs()->size();
  if (subgraphs == 1) return {};
  return {"The file has " + std::to_string(subgraphs) +
          " subgraphs; the first is used, and nothing in it refers to the others."};
}

void GraphReader::find_outputs() {
  const std::vector<std::string>& wanted = importer_.options().outputs;
  if (wanted.empty()) {
    for (const int32_t index : *file_.subgraph().outputs()) outputs_.push_back(checked_index(index));
  }
  for (const std::string& name : wanted) {
    size_t tensor = 0;
    while (tensor < file_.tensor_count() && file_.name(tensor) != name) ++tensor;
    if (tensor == file_.tensor_count()) refuse_output(name);
    outputs_.push_back(tensor);
  }
}

std::vector<const schema::Operator*> GraphReader::needed_operators() {
  const auto& operators = *file_.subgraph().operators();
  const bool is_cut = !importer_.options().outputs.empty();
  needed_.assign(file_.tensor_count(), !is_cut);
  for (const size_t tensor : outputs_) needed_[tensor] = true;
  std::vector<const schema::Operator*> chosen;
  for (size_t i = operators.size(); i-- > 0;) {
    const schema::Operator* const op = operators.Get(static_cast<flatbuffers::uoffset_t>(i));
    bool is_needed = !is_cut;
    if (op->outputs() != nullptr) {
      for (const int32_t index : *op->outputs()) is_needed |= needed_[checked_index(index)];
    }
    if (!is_needed) continue;
    chosen.push_back(op);
    for (const int32_t index : operands_of(*op)) {
      if (index >= 0) needed_[checked_index(index)] = true;
    }
  }
  std::reverse(chosen.begin(), chosen.end());
  return chosen;
}

Imported GraphReader::read() {
  ids_.assign(file_.tensor_count(), TensorId::None);
  const schema::SubGraph& subgraph = file_.subgraph();
  importer_.graph().name = subgraph.name() != nullptr ? subgraph.name()->str() : "";
  find_outputs();
  const std::vector<const schema::Operator*> operators = needed_operators();
  read_inputs();
  try {
    for (const schema::Operator* op : operators) read_operator(*op);
  } catch (const Error&) {
    // Behind a node that cannot be read, shapes are guesses: what fails there is not the user's concern.
    importer_.report_unsupported();
    throw;
  }
  importer_.report_unsupported();
  read_outputs();
  return importer_.finish(warnings());
}

}  // namespace

Imported read_with_warnings(Bytes file, const ImportOptions& options) {
  return GraphReader(std::move(file), options).read();
}

}  // namespace octet::formats::tflite
