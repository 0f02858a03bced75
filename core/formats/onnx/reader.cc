#include "formats/onnx/reader.h"

#include <algorithm>
#include <deque>
#include <memory>
#include <optional>
#include <set>
#include <unordered_map>
#include <utility>

#include "formats/onnx/constant_value.h"
#include "formats/onnx/flat_model.h"
#include "formats/onnx/messages.h"
#include "formats/onnx/node_reader.h"
#include "formats/onnx/operators.h"
#include "ir/text.h"
#include "ir/unique_name.h"

namespace octet::formats::onnx {
namespace {

/// Tells the importer what the file holds, node by node, in the order of computation.
class ModelReader final : public Values {
 public:
  ModelReader(Bytes file, const ImportOptions& options)
      : file_(std::make_shared<const Bytes>(std::move(file))),
        model_(parse_model(*file_)),
        importer_(options, Folding::All) {}

  Imported read();

  Value value(std::string_view name) override;
  Value constant(const TensorMessage& message, std::string name) override;
  std::string new_name(const std::string& base) override { return take_unique_name(taken_, base, 1); }

 private:
  void find_outputs();
  void find_needed();
  bool is_needed(const FlatNode& node) const;
  void take_names();
  void read_inputs();
  void read_input(const ValueMessage& input);
  void read_node(const FlatNode& node);
  void read_by_row(const FlatNode& node);
  void read_if(const FlatNode& node);
  void read_outputs();
  /// For a node that cannot be read its declared shapes stand in, so that those behind can be judged too.
  void declare_results(const FlatNode& node);
  Value declared_value(std::string_view name);
  bool reads_unknown(const FlatNode& node);
  std::vector<std::string> computed_operands(const FlatNode& node);
  Constant external(const ExternalPart& part) const;
  void note_type(ElementType type, DType stands_for);
  std::vector<std::string> warnings() const;

  std::shared_ptr<const Bytes> file_;
  FlatModel model_;
  Importer importer_;
  std::vector<std::string_view> outputs_;
  std::set<std::string_view> needed_;  ///< Values that the outputs follow from.
  std::unordered_map<std::string_view, Value> values_;
  std::deque<FlatModel::Branch> branches_;  ///< Of constant Ifs, whose names values have.
  std::map<std::string_view, const TensorMessage*> branch_constants_;
  std::unordered_set<std::string> taken_;
  /// Found where a node cannot be read.
  std::optional<std::unordered_map<std::string_view, const ValueMessage*>> static_types_;
  std::set<std::string> other_types_;  ///< Floats of other widths, which became float32.
};

std::string label_of(const NodeMessage& node) {
  return is_own_domain(node.domain) ? std::string(node.op) : text({node.domain, ".", node.op});
}

bool ModelReader::is_needed(const FlatNode& node) const {
  return std::any_of(node.message.outputs.begin(), node.message.outputs.end(),
                     [&](std::string_view name) { return !name.empty() && needed_.count(name) != 0; });
}

void ModelReader::find_outputs() {
  for (const std::string& name : importer_.options().outputs) outputs_.push_back(name);
  if (!outputs_.empty()) return;
  for (const ValueMessage& output : model_.graph().outputs) outputs_.push_back(output.name);
  if (outputs_.empty()) throw Error(ErrorCode::InvalidFile, "The model has no output.");
}

void ModelReader::find_needed() {
  std::set<std::string_view> known;
  for (const ValueMessage* input : model_.inputs()) known.insert(input->name);
  for (const auto& [name, tensor] : model_.initializers()) known.insert(name);
  for (const FlatNode& node : model_.nodes())
    known.insert(node.message.outputs.begin(), node.message.outputs.end());
  for (const std::string_view output : outputs_) {
    if (!output.empty() && known.count(output) != 0) continue;
    if (!importer_.options().outputs.empty()) refuse_output(std::string(output));
    throw Error(ErrorCode::InvalidFile,
                text({"'", output, "' is an output of the model, but never computed."}),
                {.tensor = std::string(output)});
  }
  needed_.insert(outputs_.begin(), outputs_.end());
  for (auto node = model_.nodes().rbegin(); node != model_.nodes().rend(); ++node) {
    if (!is_needed(*node)) continue;
    for (const std::string_view name : operands_of(node->message)) needed_.insert(name);
  }
}

/// Names that are made up must not be those of the file.
void ModelReader::take_names() {
  for (const FlatNode& node : model_.nodes()) {
    taken_.insert(node.name);
    for (const std::string_view output : node.message.outputs) taken_.emplace(output);
  }
  for (const ValueMessage* input : model_.inputs()) taken_.emplace(input->name);
  for (const auto& [name, tensor] : model_.initializers()) taken_.emplace(name);
}

void ModelReader::read_inputs() {
  std::vector<std::string> names;
  for (const ValueMessage* input : model_.inputs()) names.emplace_back(input->name);
  importer_.check_input_names(names);
  const bool is_cut = !importer_.options().outputs.empty();
  for (const ValueMessage* input : model_.inputs()) {
    if (!is_cut || needed_.count(input->name) != 0) read_input(*input);
  }
}

void ModelReader::read_input(const ValueMessage& input) {
  const std::string name(input.name);
  const std::optional<DType> type = input.kind == "tensor" ? dtype_of(input.type) : std::nullopt;
  if (!type) {
    throw Error(
        ErrorCode::UnsupportedModel,
        "Input '" + name + "' is " +
            (input.kind != "tensor" ? "a " + std::string(input.kind) : "of type " + to_string(input.type)) +
            ".",
        {.input = name});
  }
  std::vector<int32_t> dims;
  const auto given = importer_.options().input_shapes.find(name);
  if (input.shape) {
    for (const Dimension& dimension : *input.shape) {
      const int64_t extent = dimension.extent.value_or(-1);
      dims.push_back(static_cast<int32_t>(std::clamp<int64_t>(extent, -1, INT32_MAX)));
    }
  } else if (given != importer_.options().input_shapes.end()) {
    dims.assign(given->second.size(), -1);
  } else {
    throw Error(ErrorCode::InvalidShape, "Input '" + name + "' has no shape in the file.", {.input = name},
                "Give this input's shape when loading the model.");
  }
  if (!values_.emplace(input.name, UnknownValue{}).second)
    throw Error(ErrorCode::InvalidFile, "'" + name + "' is an input of the model twice.", {.input = name});
  Tensor tensor;
  tensor.name = name;
  tensor.dtype = *type;
  tensor.shape = importer_.input_shape(name, std::move(dims));
  const TensorId id = importer_.add_tensor(std::move(tensor));
  note_type(input.type, *type);
  values_[input.name] = id;
  importer_.graph().inputs.push_back(id);
}

void ModelReader::note_type(ElementType type, DType stands_for) {
  if (stands_for == DType::Float32 && type != ElementType::Float) other_types_.insert(to_string(type));
}

Constant ModelReader::external(const ExternalPart& part) const {
  const auto& files = importer_.options().external_data;
  const auto found = files.find(part.location);
  if (found == files.end()) {
    throw Error(ErrorCode::InvalidInput,
                "Constants of the model are in the file '" + part.location + "', which is missing.", {},
                "It belongs beside the model: in its folder, or given together with it.");
  }
  const std::shared_ptr<const Bytes>& file = found->second;
  if (part.offset > file->size() || part.length > file->size() - part.offset) {
    throw Error(ErrorCode::InvalidFile,
                "The file '" + part.location + "' ends before byte " +
                    std::to_string(part.offset + part.length) + ", where the model has constants.",
                {}, "Download or copy it again.");
  }
  return part_of(file, std::span<const std::byte>(*file).subspan(static_cast<size_t>(part.offset),
                                                                 static_cast<size_t>(part.length)));
}

Value ModelReader::constant(const TensorMessage& message, std::string name) {
  ConstantValue read =
      constant_value_of(message, file_, [this](const ExternalPart& part) { return external(part); });
  if (read.elements() == 0) return EmptyValue{read.dtype, std::move(read.dims)};
  note_type(message.type, read.dtype);
  Tensor tensor;
  tensor.name = std::move(name);
  tensor.dtype = read.dtype;
  tensor.shape = shape_from(read.dims);
  tensor.constant = std::move(read.contents);
  return importer_.graph().add_tensor(std::move(tensor));
}

Value ModelReader::value(std::string_view name) {
  if (const auto found = values_.find(name); found != values_.end()) return found->second;
  for (const auto* constants : {&model_.initializers(), &std::as_const(branch_constants_)}) {
    const auto found = constants->find(name);
    if (found == constants->end()) continue;
    return values_[name] = constant(*found->second, std::string(name));
  }
  throw Error(ErrorCode::InvalidFile, text({"A node reads '", name, "' before it is computed."}),
              {.tensor = std::string(name)});
}

bool ModelReader::reads_unknown(const FlatNode& node) {
  return std::any_of(node.message.inputs.begin(), node.message.inputs.end(), [&](std::string_view name) {
    return !name.empty() && std::holds_alternative<UnknownValue>(value(name));
  });
}

std::vector<std::string> ModelReader::computed_operands(const FlatNode& node) {
  std::vector<std::string> names;
  for (const std::string_view name : node.message.inputs) {
    const auto found = values_.find(name);
    if (found == values_.end()) continue;
    const TensorId* id = std::get_if<TensorId>(&found->second);
    if (id != nullptr && importer_.can_end_at(*id)) names.emplace_back(name);
  }
  return names;
}

/// The static types that the file declares, by name; of several the first.
std::unordered_map<std::string_view, const ValueMessage*> static_types(const GraphMessage& graph) {
  std::unordered_map<std::string_view, const ValueMessage*> types;
  for (const auto* list : {&graph.values, &graph.outputs}) {
    for (const ValueMessage& message : *list) {
      if (!message.shape || !dtype_of(message.type) || message.shape->size() > Shape::kMaxRank) continue;
      const bool is_static = std::all_of(message.shape->begin(), message.shape->end(),
                                         [](const Dimension& each) { return each.extent.value_or(0) >= 1; });
      if (is_static) types.emplace(message.name, &message);
    }
  }
  return types;
}

Value ModelReader::declared_value(std::string_view name) {
  if (!static_types_) static_types_ = static_types(model_.graph());
  const auto found = static_types_->find(name);
  if (found == static_types_->end()) return UnknownValue{};
  std::vector<int64_t> dims;
  for (const Dimension& dimension : *found->second->shape) dims.push_back(*dimension.extent);
  Tensor tensor;
  tensor.name = name;
  tensor.dtype = *dtype_of(found->second->type);
  tensor.shape = shape_from(dims);
  return importer_.graph().add_tensor(std::move(tensor));
}

void ModelReader::declare_results(const FlatNode& node) {
  for (const std::string_view name : node.message.outputs) {
    if (!name.empty() && values_.find(name) == values_.end()) values_.emplace(name, declared_value(name));
  }
}

void ModelReader::read_by_row(const FlatNode& node) {
  const OperatorRow* row = row_of(node.message.domain, node.message.op);
  if (row == nullptr) throw UnsupportedVariant{""};
  if (reads_unknown(node)) return;
  NodeReader reader(importer_, *this, node);
  row->read(reader);
  for (auto& [output, value] : reader.finish()) {
    if (reader.wants_result(output)) values_.emplace(node.message.outputs[output], std::move(value));
  }
  for (const std::string_view name : node.message.outputs) {
    const bool is_used = needed_.count(name) != 0 || !branches_.empty();
    if (!name.empty() && is_used && values_.find(name) == values_.end())
      throw UnsupportedVariant{text({"with '", name, "' as a result"})};
  }
}

void ModelReader::read_node(const FlatNode& node) {
  const bool is_if = node.message.op == "If" && is_own_domain(node.message.domain);
  importer_.read_operator(
      label_of(node.message), node.name, [&] { is_if ? read_if(node) : read_by_row(node); },
      [&] { return computed_operands(node); });
  declare_results(node);
}

/// A condition that is known chooses a branch, whose nodes are computed in place of the If.
void ModelReader::read_if(const FlatNode& node) {
  if (reads_unknown(node)) return;
  NodeReader reader(importer_, *this, node);
  if (!reader.is_constant(0) || reader.tensor(0).dtype != DType::Bool || reader.shape(0).elements() != 1)
    throw UnsupportedVariant{"its condition is computed, not constant"};
  const bool is_true = (*reader.tensor(0).constant)[0] != std::byte{0};
  const AttributeMessage* branch = reader.attribute(is_true ? "then_branch" : "else_branch");
  if (branch == nullptr || !branch->graph) reader.invalid("it has no branch for its condition.");
  const FlatModel::Branch& chosen = branches_.emplace_back(model_.branch_of(node, *branch->graph));
  branch_constants_.insert(chosen.initializers.begin(), chosen.initializers.end());
  for (const FlatNode& inner : chosen.nodes) read_node(inner);
  for (size_t i = 0; i < node.message.outputs.size() && i < chosen.outputs.size(); ++i) {
    if (!node.message.outputs[i].empty())
      values_.insert_or_assign(node.message.outputs[i], value(chosen.outputs[i]));
  }
}

/// Each output is a tensor of its own that bears its name: what a node hands on unchanged is renamed, or
/// copied where others know it by another name.
void ModelReader::read_outputs() {
  Graph& graph = importer_.graph();
  const auto is_in = [](const std::vector<TensorId>& list, TensorId id) {
    return std::find(list.begin(), list.end(), id) != list.end();
  };
  for (const std::string_view name : outputs_) {
    const Value found = value(name);
    const TensorId* known = std::get_if<TensorId>(&found);
    if (known == nullptr) {
      throw Error(ErrorCode::UnsupportedModel, text({"The output '", name, "' has no elements."}),
                  {.tensor = std::string(name)});
    }
    TensorId id = *known;
    if (graph.tensor(id).name != name && (is_in(graph.inputs, id) || is_in(graph.outputs, id))) {
      const Shape shape = graph.tensor(id).shape;
      Node copy;
      copy.name = new_name(std::string(name) + "/copy");
      copy.op = OpKind::Reshape;
      copy.attributes = Reshape{{shape.dims().begin(), shape.dims().end()}};
      copy.inputs = {id};
      copy.source_nodes = {copy.name};
      Tensor tensor = graph.tensor(id);
      id = graph.add_tensor(std::move(tensor));
      graph.tensor(id).constant = nullptr;
      copy.outputs = {id};
      importer_.read_operator(
          "Identity", copy.name, [&] { importer_.add(std::move(copy)); },
          [] { return std::vector<std::string>(); });
    }
    graph.tensor(id).name = name;
    graph.outputs.push_back(id);
  }
}

std::vector<std::string> ModelReader::warnings() const {
  if (other_types_.empty()) return {};
  return {"The model has tensors of type " + joined(other_types_) + ". They were read as FLOAT: Octet runs " +
          "float models in float32."};
}

Imported ModelReader::read() {
  importer_.graph().name = model_.graph().name;
  find_outputs();
  find_needed();
  take_names();
  read_inputs();
  try {
    for (const FlatNode& node : model_.nodes()) {
      if (is_needed(node)) read_node(node);
    }
  } catch (const Error&) {
    // Behind a node that cannot be read, shapes are guesses: what fails there is not the user's concern.
    importer_.report_unsupported();
    throw;
  }
  importer_.report_unsupported();
  read_outputs();
  importer_.report_unsupported();
  Imported imported = importer_.finish(warnings());
  imported.has_channels_first = true;
  return imported;
}

void add_external_files(const GraphMessage& graph, std::vector<std::string>& files) {
  const auto add = [&](const TensorMessage& tensor) {
    const std::optional<ExternalPart> part = external_part_of(tensor);
    if (part && std::find(files.begin(), files.end(), part->location) == files.end())
      files.push_back(part->location);
  };
  for (const TensorMessage& tensor : graph.initializers) add(tensor);
  for (const NodeMessage& node : graph.nodes) {
    for (const AttributeMessage& attribute : node.attributes) {
      if (attribute.tensor) add(*attribute.tensor);
      if (attribute.graph) add_external_files(*attribute.graph, files);
    }
  }
}

}  // namespace

Imported read_with_warnings(Bytes file, const ImportOptions& options) {
  return ModelReader(std::move(file), options).read();
}

std::vector<std::string> external_files(const Bytes& file) {
  std::vector<std::string> files;
  const ModelMessage model = parse_model(file);
  add_external_files(model.graph, files);
  for (const FunctionMessage& function : model.functions)
    add_external_files(GraphMessage{.nodes = function.nodes}, files);
  return files;
}

}  // namespace octet::formats::onnx
