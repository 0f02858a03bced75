// Reads .octet files: verified first, then every index, type, shape and parameter is checked.
#include <algorithm>
#include <cmath>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

#include "formats/checks.h"
#include "formats/file_constants.h"
#include "formats/octet/attributes.h"
#include "formats/octet/octet_file.h"
#include "ir/int4.h"

namespace octet::formats::octet_file {
namespace {

constexpr uint32_t kMaxTables = 1'000'000;
constexpr uint32_t kMaxDepth = 16;

[[noreturn]] void invalid(const std::string& message, ErrorLocation where = {}) {
  throw Error(ErrorCode::InvalidFile, message, std::move(where));
}

std::string text(const flatbuffers::String* stored) {
  return stored != nullptr ? stored->str() : std::string();
}

std::vector<std::string> texts(const flatbuffers::Vector<flatbuffers::Offset<flatbuffers::String>>* stored) {
  std::vector<std::string> result;
  if (stored == nullptr) return result;
  for (const flatbuffers::String* each : *stored) result.push_back(each->str());
  return result;
}

std::optional<OpKind> kind_by_name(std::string_view name) {
  static const auto kinds = [] {
    std::unordered_map<std::string_view, OpKind> map;
    for (int i = 0; i < kOpKindCount; ++i)
      map.emplace(to_string(static_cast<OpKind>(i)), static_cast<OpKind>(i));
    return map;
  }();
  const auto found = kinds.find(name);
  return found != kinds.end() ? std::optional(found->second) : std::nullopt;
}

class FileReader {
 public:
  FileReader(std::shared_ptr<const Bytes> file, const schema::Model& model)
      : file_(std::move(file)),
        model_(model),
        constants_(model.constants()->size()),
        unpacked_(constants_.size()) {}

  Graph graph(const schema::Graph& stored);

 private:
  Tensor tensor(const schema::Tensor& stored);
  Node node(const schema::Node& stored) const;
  static std::vector<TensorId> ids(const flatbuffers::Vector<int32_t>& stored, size_t tensors, bool optional);
  static void check_node(Graph& graph, const Node& node);

  Constant constant(const schema::Tensor& stored, const Tensor& tensor);

  std::shared_ptr<const Bytes> file_;
  const schema::Model& model_;
  std::vector<Constant> constants_;  ///< Shared by tensors and graphs once read.
  std::vector<Constant> unpacked_;   ///< The same for constants of 4 bits.
};

Tensor FileReader::tensor(const schema::Tensor& stored) {
  Tensor result;
  result.name = stored.name()->str();
  const ErrorLocation where{.tensor = result.name};
  if (stored.dtype() > schema::DType::MAX)
    invalid("The tensor '" + result.name + "' has an unknown type.", where);
  result.dtype = static_cast<DType>(stored.dtype());
  result.shape = Shape(std::span<const int32_t>(stored.shape()->data(), stored.shape()->size()));
  if (const schema::Quantization* quantization = stored.quantization()) {
    if (quantization->scale() == nullptr || quantization->zero_point() == nullptr) {
      invalid("The tensor '" + result.name + "' has incomplete quantization parameters.", where);
    }
    result.quantization =
        QuantParams{{quantization->scale()->begin(), quantization->scale()->end()},
                    {quantization->zero_point()->begin(), quantization->zero_point()->end()},
                    quantization->axis(),
                    quantization->bits()};
    if (const auto problem = quantization_problem(*result.quantization, result.dtype, result.shape)) {
      invalid("The tensor '" + result.name + "' " + *problem + ".", where);
    }
  }
  if (stored.file_axes() != nullptr) {
    result.file_axes.assign(stored.file_axes()->begin(), stored.file_axes()->end());
    std::vector<int32_t> sorted = result.file_axes;
    std::sort(sorted.begin(), sorted.end());
    bool is_order = static_cast<int>(sorted.size()) == result.shape.rank();
    for (size_t i = 0; is_order && i < sorted.size(); ++i) is_order = sorted[i] == static_cast<int32_t>(i);
    if (!is_order) invalid("The tensor '" + result.name + "' names axes that it does not have.", where);
  }
  if (stored.constant() != -1) {
    result.constant = constant(stored, result);
  } else if (is_int4(result)) {
    invalid("The tensor '" + result.name + "' is computed, and has 4 bits.", where);
  }
  return result;
}

Constant FileReader::constant(const schema::Tensor& stored, const Tensor& tensor) {
  const ErrorLocation where{.tensor = tensor.name};
  if (stored.constant() < 0 || static_cast<size_t>(stored.constant()) >= constants_.size()) {
    invalid("The tensor '" + tensor.name + "' refers to a constant that does not exist.", where);
  }
  Constant& shared = (is_int4(tensor) ? unpacked_ : constants_)[static_cast<size_t>(stored.constant())];
  if (!shared) {
    const auto* data = model_.constants()->Get(static_cast<uint32_t>(stored.constant()))->data();
    if (data == nullptr) invalid("The constant of the tensor '" + tensor.name + "' is missing.", where);
    const std::span<const std::byte> bytes(reinterpret_cast<const std::byte*>(data->data()), data->size());
    if (!is_int4(tensor)) {
      shared = constant_in(file_, bytes, tensor.dtype);
    } else {
      if (bytes.size() != stored_bytes(tensor)) {
        invalid("The tensor '" + tensor.name + "' does not have half a byte for each element.", where);
      }
      const std::vector<int8_t> values = unpack_int4(bytes, tensor.byte_size());
      shared = make_constant(std::span<const int8_t>(values));
    }
  }
  return shared;
}

Node FileReader::node(const schema::Node& stored) const {
  Node result;
  result.name = stored.name()->str();
  const std::optional<OpKind> kind = kind_by_name(stored.operator_()->string_view());
  if (!kind) {
    throw Error(ErrorCode::UnsupportedOperator,
                "Node '" + result.name + "' has the unknown operator " + stored.operator_()->str() + ".",
                {.node = result.name}, "The file may come from a newer version of Octet.");
  }
  result.op = *kind;
  result.attributes = read_attributes(stored);
  result.source_nodes = texts(stored.source_nodes());
  if (const schema::Placement* placement = stored.placement()) {
    if (placement->unit() > schema::Unit::MAX) invalid("Node '" + result.name + "' is on an unknown unit.");
    result.placement = {static_cast<Unit>(placement->unit()), placement->segment(),
                        texts(placement->reasons())};
  }
  if (stored.requantization() > schema::Requantization::MAX) {
    invalid("Node '" + result.name + "' has an unknown requantization.");
  }
  result.requantization = static_cast<RequantizationMode>(stored.requantization());
  return result;
}

std::vector<TensorId> FileReader::ids(const flatbuffers::Vector<int32_t>& stored, size_t tensors,
                                      bool optional) {
  std::vector<TensorId> result;
  for (const int32_t id : stored) {
    const bool absent = optional && id == -1;
    if (!absent && (id < 0 || static_cast<size_t>(id) >= tensors))
      invalid("The file refers to a tensor it lacks.");
    result.push_back(static_cast<TensorId>(id));
  }
  return result;
}

/// What the node computes must be what its tensors were declared as.
void FileReader::check_node(Graph& graph, const Node& node) {
  if (const auto problem = type_problem(graph, node)) {
    invalid("Node '" + node.name + "' " + *problem + ".", {.node = node.name});
  }
  std::vector<Tensor> declared;
  for (const TensorId id : node.outputs) declared.push_back(graph.tensor(id));
  ops::infer_shapes(graph, node);
  for (size_t i = 0; i < declared.size(); ++i) {
    const Tensor& inferred = graph.tensor(node.outputs[i]);
    if (inferred.dtype != declared[i].dtype || inferred.shape != declared[i].shape) {
      invalid(
          "The tensor '" + inferred.name + "' is declared other than node '" + node.name + "' computes it.",
          {.node = node.name, .tensor = inferred.name});
    }
  }
}

Graph FileReader::graph(const schema::Graph& stored) {
  Graph result;
  result.name = text(stored.name());
  for (const schema::Tensor* each : *stored.tensors()) result.tensors.push_back(tensor(*each));
  const size_t count = result.tensors.size();
  for (const schema::Node* each : *stored.nodes()) {
    Node read = node(*each);
    read.inputs = ids(*each->inputs(), count, true);
    read.outputs = ids(*each->outputs(), count, false);
    result.nodes.push_back(std::move(read));
  }
  result.inputs = ids(*stored.inputs(), count, false);
  result.outputs = ids(*stored.outputs(), count, false);
  check(result);
  for (const Node& each : result.nodes) check_node(result, each);
  return result;
}

std::vector<InputRange> input_ranges(const schema::Model& model) {
  std::vector<InputRange> ranges;
  if (model.input_ranges() == nullptr) return ranges;
  for (const schema::InputRange* stored : *model.input_ranges()) {
    const InputRange& range = ranges.emplace_back(InputRange{stored->input(), stored->low(), stored->high()});
    if (range.input >= model.quantized()->inputs()->size())
      invalid("The file has the range of an input that does not exist.");
    if (!std::isfinite(range.low) || !std::isfinite(range.high) || range.low > range.high)
      invalid("The file has a range of an input that is none.");
  }
  return ranges;
}

}  // namespace

Contents read(Bytes bytes) {
  const auto shared = std::make_shared<const Bytes>(std::move(bytes));
  const Bytes& file = *shared;
  const uint8_t* data = reinterpret_cast<const uint8_t*>(file.data());
  if (file.size() < 8 || file.size() >= FLATBUFFERS_MAX_BUFFER_SIZE ||
      !schema::ModelBufferHasIdentifier(data)) {
    invalid("The file is not an .octet file: its identifier is not 'OCTT'.");
  }
  flatbuffers::Verifier verifier(data, file.size(), kMaxDepth, kMaxTables);
  if (!schema::VerifyModelBuffer(verifier)) {
    throw Error(ErrorCode::InvalidFile, "The file is damaged: its FlatBuffers structure is not consistent.",
                {}, "The file may be cut short; compare its size with the original's.");
  }
  const schema::Model& model = *schema::GetModel(data);
  if (model.format_version() < 1 || model.format_version() > kFormatVersion) {
    throw Error(ErrorCode::UnsupportedModel,
                "The file has format version " + std::to_string(model.format_version()) +
                    "; this Octet reads versions up to " + std::to_string(kFormatVersion) + ".",
                {}, "Open it with the version of Octet that wrote it, or a newer one.");
  }
  if (model.target() > schema::Target::MAX) invalid("The file is for an unknown target.");
  try {
    FileReader reader(shared, model);
    Contents contents;
    contents.quantized = reader.graph(*model.quantized());
    if (model.float_graph() != nullptr) contents.float_graph = reader.graph(*model.float_graph());
    contents.target = static_cast<ops::TargetId>(model.target());
    contents.settings_json = text(model.settings_json());
    contents.preprocessing_json = text(model.preprocessing_json());
    contents.report_json = text(model.report_json());
    contents.any_shape_on_mla = model.any_shape_on_mla();
    contents.input_ranges = input_ranges(model);
    contents.partition_notes = texts(model.partition_notes());
    contents.transforms_json = text(model.transforms_json());
    contents.source_bytes = model.source_bytes();
    contents.calibration_samples = model.calibration_samples();
    return contents;
  } catch (const Error& error) {
    // What would be a defect in a graph of Octet's own making is a bad file here.
    if (error.code() != ErrorCode::Internal) throw;
    throw Error(ErrorCode::InvalidFile, "The file is inconsistent: " + error.message(), error.where());
  }
}

}  // namespace octet::formats::octet_file
