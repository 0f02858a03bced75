#include "formats/onnx/node_reader.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "ops/operator.h"

namespace octet::formats::onnx {

NodeReader::NodeReader(Importer& importer, Values& values, const FlatNode& node)
    : importer_(importer), values_(values), node_(node), first_node_(importer.graph().nodes.size()) {}

const AttributeMessage* NodeReader::attribute(std::string_view name) const {
  for (const AttributeMessage& attribute : node_.message.attributes) {
    if (attribute.name == name) return &attribute;
  }
  return nullptr;
}

int64_t NodeReader::integer(std::string_view name, int64_t otherwise) const {
  const AttributeMessage* found = attribute(name);
  return found != nullptr ? found->integer : otherwise;
}

float NodeReader::real(std::string_view name, float otherwise) const {
  const AttributeMessage* found = attribute(name);
  return found != nullptr ? found->real : otherwise;
}

std::string_view NodeReader::text(std::string_view name, std::string_view otherwise) const {
  const AttributeMessage* found = attribute(name);
  return found != nullptr ? found->text : otherwise;
}

std::optional<std::vector<int64_t>> NodeReader::integers(std::string_view name) const {
  const AttributeMessage* found = attribute(name);
  return found != nullptr ? std::optional(found->integers) : std::nullopt;
}

std::vector<int64_t> NodeReader::required_integers(std::string_view name) const {
  auto found = integers(name);
  if (!found) invalid("it has no attribute '" + std::string(name) + "'.");
  return *std::move(found);
}

bool NodeReader::has(size_t i) const { return i < operand_count() && !node_.message.inputs[i].empty(); }

bool NodeReader::wants_result(size_t i) const {
  return i < result_count() && !node_.message.outputs[i].empty();
}

Value NodeReader::value(size_t i) {
  if (!has(i)) invalid("its operand " + std::to_string(i) + " is missing.");
  return values_.value(node_.message.inputs[i]);
}

bool NodeReader::is_empty(size_t i) { return has(i) && std::holds_alternative<EmptyValue>(value(i)); }

TensorId NodeReader::operand(size_t i) {
  const Value found = value(i);
  if (const TensorId* id = std::get_if<TensorId>(&found)) return *id;
  unsupported("its operand '" + std::string(node_.message.inputs[i]) + "' has no elements");
}

DType NodeReader::dtype(size_t i) {
  const Value found = value(i);
  const EmptyValue* empty = std::get_if<EmptyValue>(&found);
  return empty != nullptr ? empty->dtype : tensor(i).dtype;
}

std::vector<int64_t> NodeReader::dims(size_t i) {
  const Value found = value(i);
  if (const EmptyValue* empty = std::get_if<EmptyValue>(&found)) return empty->dims;
  const Shape known = shape(i);
  return {known.dims().begin(), known.dims().end()};
}

bool NodeReader::is_constant(size_t i) { return is_empty(i) || tensor(i).is_constant(); }

std::vector<int64_t> NodeReader::constant_integers(size_t i, std::string_view what) {
  if (is_empty(i)) return {};
  const Tensor& found = tensor(i);
  if (!found.is_constant())
    unsupported(std::string(what) + " '" + found.name + "' are computed, not constant");
  if (found.dtype == DType::Int64) return {found.values<int64_t>().begin(), found.values<int64_t>().end()};
  if (found.dtype == DType::Int32) return {found.values<int32_t>().begin(), found.values<int32_t>().end()};
  invalid(std::string(what) + " '" + found.name + "' are " + std::string(to_string(found.dtype)) +
          ", not integers.");
}

std::vector<float> NodeReader::constant_reals(size_t i, std::string_view what) {
  if (is_empty(i)) return {};
  const Tensor& found = tensor(i);
  if (!found.is_constant())
    unsupported(std::string(what) + " '" + found.name + "' are computed, not constant");
  if (found.dtype != DType::Float32) {
    invalid(std::string(what) + " '" + found.name + "' are " + std::string(to_string(found.dtype)) +
            ", not floats.");
  }
  return {found.values<float>().begin(), found.values<float>().end()};
}

std::optional<std::vector<int64_t>> NodeReader::integers(std::string_view name, size_t i) {
  if (has(i)) return constant_integers(i, "its " + std::string(name));
  return integers(name);
}

std::vector<TensorId> NodeReader::emit(OpKind op, Attributes attributes, std::vector<TensorId> inputs,
                                       size_t outputs) {
  Node node;
  node.name = values_.new_name(node_.name + "/" + std::string(to_string(op)));
  node.op = op;
  node.attributes = std::move(attributes);
  node.inputs = std::move(inputs);
  node.source_nodes = {node_.name};
  for (size_t i = 0; i < outputs; ++i) {
    Tensor tensor;
    tensor.name = i == 0 ? node.name : values_.new_name(node.name);
    node.outputs.push_back(importer_.graph().add_tensor(std::move(tensor)));
    emitted_.insert(node.outputs.back());
  }
  std::vector<TensorId> ids = node.outputs;
  ops::infer_shapes(importer_.graph(), node);
  importer_.add(std::move(node));
  return ids;
}

TensorId NodeReader::add_constant(DType dtype, const Shape& shape, Constant contents) {
  Tensor tensor;
  tensor.name = values_.new_name(node_.name + "/constant");
  tensor.dtype = dtype;
  tensor.shape = shape;
  tensor.constant = std::move(contents);
  const TensorId id = importer_.graph().add_tensor(std::move(tensor));
  emitted_.insert(id);
  return id;
}

TensorId NodeReader::constant_of(const TensorMessage& message) {
  const Value value = values_.constant(message, values_.new_name(node_.name + "/constant"));
  if (const TensorId* id = std::get_if<TensorId>(&value)) return *id;
  unsupported("with a constant without elements");
}

void NodeReader::give_constant(const TensorMessage& message) {
  Value value = values_.constant(message, values_.new_name(node_.name + "/constant"));
  if (const TensorId* id = std::get_if<TensorId>(&value)) emitted_.insert(*id);
  results_[0] = std::move(value);
}

void NodeReader::name_main_node() {
  std::vector<Node>& nodes = importer_.graph().nodes;
  if (nodes.size() == first_node_) return;
  const auto only_moves = [](const Node& node) {
    return node.op == OpKind::Transpose || node.op == OpKind::Reshape;
  };
  size_t main = nodes.size() - 1;
  while (main > first_node_ && only_moves(nodes[main])) --main;
  if (only_moves(nodes[main])) main = nodes.size() - 1;
  nodes[main].name = node_.name;
}

std::map<size_t, Value> NodeReader::finish() {
  for (const auto& [output, value] : results_) {
    const TensorId* id = std::get_if<TensorId>(&value);
    // Others have a name of the file's, of an earlier value.
    if (id != nullptr && wants_result(output) && emitted_.erase(*id) != 0)
      importer_.graph().tensor(*id).name = node_.message.outputs[output];
  }
  name_main_node();
  return std::move(results_);
}

void NodeReader::unsupported(const std::string& reason) const { throw UnsupportedVariant{reason}; }

void NodeReader::invalid(const std::string& problem) const {
  throw Error(ErrorCode::InvalidFile, std::string(op()) + " '" + node_.name + "': " + problem,
              {.node = node_.name});
}

int32_t NodeReader::axis(int64_t axis, int rank) const {
  if (axis < -rank || axis >= rank) {
    invalid("axis " + std::to_string(axis) + " does not exist in a tensor of " + std::to_string(rank) +
            " dimensions.");
  }
  return static_cast<int32_t>(axis < 0 ? axis + rank : axis);
}

std::vector<int32_t> NodeReader::axes(const std::vector<int64_t>& axes, int rank) const {
  std::vector<int32_t> normalized;
  for (const int64_t each : axes) normalized.push_back(axis(each, rank));
  return normalized;
}

Shape shape_from(std::span<const int64_t> dims) {
  std::vector<int32_t> narrow;
  for (const int64_t dim : dims)
    narrow.push_back(static_cast<int32_t>(std::clamp<int64_t>(dim, 0, std::numeric_limits<int32_t>::max())));
  return Shape(narrow);
}

}  // namespace octet::formats::onnx
