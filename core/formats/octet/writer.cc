// Writes .octet files. Equal constants are stored once, whichever graph they belong to.
#include <algorithm>
#include <map>
#include <span>
#include <string_view>

#include "formats/octet/attributes.h"
#include "formats/octet/octet_file.h"
#include "ir/int4.h"

namespace octet::formats::octet_file {
namespace {

constexpr size_t kConstantAlignment = 16;
constexpr uint32_t kFormatVersionWithoutInt4 = 1;
/// FlatBuffers' offsets are 31 bits; names and tables take little of that.
constexpr size_t kMaxConstantBytes = size_t{0x7F000000};

std::vector<int32_t> indices(const std::vector<TensorId>& ids) {
  std::vector<int32_t> result;
  for (const TensorId id : ids) result.push_back(static_cast<int32_t>(id));
  return result;
}

/// About as many bytes as the graph takes in a file, or some more.
size_t stored_bytes(const Graph& graph) {
  // Of a table, its offsets and what aligns them.
  constexpr size_t kTable = 256;
  size_t bytes = 0;
  const auto add_texts = [&](const std::vector<std::string>& texts) {
    for (const std::string& text : texts) bytes += text.size() + sizeof(text);
  };
  for (const Tensor& tensor : graph.tensors) {
    bytes += kTable + tensor.name.size();
    if (tensor.is_constant()) bytes += tensor.constant->size();
    if (tensor.quantization) bytes += tensor.quantization->scale.size() * (sizeof(float) + sizeof(int32_t));
  }
  for (const Node& node : graph.nodes) {
    bytes += kTable + node.name.size();
    add_texts(node.source_nodes);
    add_texts(node.placement.reasons);
  }
  return bytes;
}

/// The same of a whole file.
size_t stored_bytes(const Contents& contents) {
  size_t bytes = stored_bytes(contents.quantized) + stored_bytes(contents.float_graph) +
                 contents.input_ranges.size() * sizeof(schema::InputRange);
  for (const std::string* const document : {&contents.settings_json, &contents.preprocessing_json,
                                            &contents.report_json, &contents.transforms_json})
    bytes += document->size();
  for (const std::string& note : contents.partition_notes) bytes += note.size() + sizeof(note);
  return bytes;
}

class FileWriter {
 public:
  explicit FileWriter(const Contents& contents) : contents_(contents) {}
  void write(const Sink& sink);

 private:
  template <class Table>
  using Tables = std::vector<flatbuffers::Offset<Table>>;

  int32_t constant(const Tensor& tensor);
  flatbuffers::Offset<schema::Tensor> tensor(const Tensor& tensor);
  flatbuffers::Offset<schema::Node> node(const Node& node);
  flatbuffers::Offset<schema::Graph> graph(const Graph& graph);
  Tables<schema::Constant> constants();

  const Contents& contents_;
  /// Made for all at once: a builder that grows holds everything twice.
  flatbuffers::FlatBufferBuilder builder_{std::min(stored_bytes(contents_), kMaxConstantBytes)};
  std::vector<Constant> constants_;
  /// By contents in memory, and whether they are stored packed.
  std::map<std::pair<std::string_view, bool>, int32_t> constant_by_contents_;
  size_t constant_bytes_ = 0;
  bool has_int4_ = false;
};

int32_t FileWriter::constant(const Tensor& tensor) {
  if (!tensor.is_constant()) return -1;
  const std::string_view contents(reinterpret_cast<const char*>(tensor.constant->data()),
                                  tensor.constant->size());
  const bool int4 = is_int4(tensor);
  const auto [entry, added] =
      constant_by_contents_.try_emplace({contents, int4}, static_cast<int32_t>(constants_.size()));
  if (added) {
    has_int4_ = has_int4_ || int4;
    constants_.push_back(int4 ? make_constant(pack_int4(tensor.values<int8_t>())) : tensor.constant);
    constant_bytes_ += constants_.back()->size();
    if (constant_bytes_ > kMaxConstantBytes) {
      throw Error(ErrorCode::UnsupportedModel, "The model's constants do not fit a file of 2 GB.");
    }
  }
  return entry->second;
}

flatbuffers::Offset<schema::Tensor> FileWriter::tensor(const Tensor& tensor) {
  const std::vector<int32_t> shape(tensor.shape.dims().begin(), tensor.shape.dims().end());
  flatbuffers::Offset<schema::Quantization> quantization;
  if (tensor.quantization) {
    quantization = schema::CreateQuantizationDirect(
        builder_, &tensor.quantization->scale, &tensor.quantization->zero_point, tensor.quantization->axis,
        static_cast<uint8_t>(tensor.quantization->bits));
  }
  const std::vector<int32_t>* const axes = tensor.file_axes.empty() ? nullptr : &tensor.file_axes;
  return schema::CreateTensorDirect(builder_, tensor.name.c_str(), static_cast<schema::DType>(tensor.dtype),
                                    &shape, constant(tensor), quantization, axes);
}

flatbuffers::Offset<schema::Node> FileWriter::node(const Node& node) {
  const auto [attributes_type, attributes] = write_attributes(builder_, node.attributes);
  const auto reasons = builder_.CreateVectorOfStrings(node.placement.reasons);
  const auto placement = schema::CreatePlacement(builder_, static_cast<schema::Unit>(node.placement.unit),
                                                 node.placement.segment, reasons);
  const auto source_nodes = builder_.CreateVectorOfStrings(node.source_nodes);
  const auto inputs = builder_.CreateVector(indices(node.inputs));
  const auto outputs = builder_.CreateVector(indices(node.outputs));
  const auto name = builder_.CreateString(node.name);
  const auto op = builder_.CreateString(to_string(node.op));
  return schema::CreateNode(builder_, name, op, attributes_type, attributes, inputs, outputs, source_nodes,
                            placement, static_cast<schema::Requantization>(node.requantization));
}

flatbuffers::Offset<schema::Graph> FileWriter::graph(const Graph& graph) {
  Tables<schema::Tensor> tensors;
  for (const Tensor& each : graph.tensors) tensors.push_back(tensor(each));
  Tables<schema::Node> nodes;
  for (const Node& each : graph.nodes) nodes.push_back(node(each));
  const std::vector<int32_t> inputs = indices(graph.inputs);
  const std::vector<int32_t> outputs = indices(graph.outputs);
  return schema::CreateGraphDirect(builder_, graph.name.c_str(), &tensors, &nodes, &inputs, &outputs);
}

FileWriter::Tables<schema::Constant> FileWriter::constants() {
  Tables<schema::Constant> tables;
  for (const Constant& bytes : constants_) {
    builder_.ForceVectorAlignment(bytes->size(), 1, kConstantAlignment);
    const auto data = builder_.CreateVector(reinterpret_cast<const uint8_t*>(bytes->data()), bytes->size());
    tables.push_back(schema::CreateConstant(builder_, data));
  }
  return tables;
}

void FileWriter::write(const Sink& sink) {
  const auto quantized = graph(contents_.quantized);
  flatbuffers::Offset<schema::Graph> float_graph;
  if (!contents_.float_graph.nodes.empty()) float_graph = graph(contents_.float_graph);
  const Tables<schema::Constant> constant_tables = constants();
  std::vector<schema::InputRange> ranges;
  for (const auto& [input, low, high] : contents_.input_ranges)
    ranges.emplace_back(static_cast<uint32_t>(input), low, high);
  Tables<flatbuffers::String> notes;
  for (const std::string& note : contents_.partition_notes) notes.push_back(builder_.CreateString(note));
  const auto model = schema::CreateModelDirect(
      builder_, has_int4_ ? kFormatVersion : kFormatVersionWithoutInt4, "Octet",
      static_cast<schema::Target>(contents_.target), quantized, float_graph, &constant_tables,
      contents_.settings_json.c_str(), contents_.preprocessing_json.c_str(), contents_.report_json.c_str(),
      contents_.any_shape_on_mla, ranges.empty() ? nullptr : &ranges, notes.empty() ? nullptr : &notes,
      contents_.transforms_json.empty() ? nullptr : contents_.transforms_json.c_str(), contents_.source_bytes,
      contents_.calibration_samples);
  schema::FinishModelBuffer(builder_, model);
  sink(std::as_bytes(std::span(builder_.GetBufferPointer(), builder_.GetSize())));
}

}  // namespace

void write(const Contents& contents, const Sink& sink) { FileWriter(contents).write(sink); }

Bytes write(const Contents& contents) {
  Bytes bytes;
  write(contents, [&](std::span<const std::byte> file) { bytes.assign(file.begin(), file.end()); });
  return bytes;
}

}  // namespace octet::formats::octet_file
