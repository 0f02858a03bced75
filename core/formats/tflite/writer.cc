#include "formats/tflite/writer.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <memory>
#include <span>
#include <string_view>
#include <utility>

#include "formats/tflite/model_file.h"
#include "formats/tflite/operators.h"
#include "ir/int4.h"
#include "lowering/float_nodes.h"
#include "lowering/integer_edges.h"
#include "lowering/joined_outputs.h"
#include "lowering/tflite_rewrites.h"

namespace octet::formats::tflite {
namespace {

constexpr uint32_t kSchemaVersion = 3;
constexpr size_t kBufferAlignment = 16;
/// FlatBuffers' offsets are 31 bits; names and tables take little of that.
constexpr size_t kMaxBufferBytes = size_t{0x7F000000};
/// Operators past this number are written in the wide field only.
constexpr int32_t kPlaceholderCode = 127;

class FileWriter {
 public:
  explicit FileWriter(const Graph& graph) : graph_(graph) {}

  void write(const Sink& sink);

 private:
  struct OperatorVersion {
    schema::BuiltinOperator code;
    int version;
    std::string_view custom_code;
    friend bool operator==(const OperatorVersion&, const OperatorVersion&) = default;
  };

  void add_tensor(const Tensor& tensor);
  void add_operator(const Node& node);
  int32_t add_constant_operand(const NodeView& node, const ConstantOperand& constant);
  uint32_t buffer_of(std::span<const std::byte> bytes);
  uint32_t operator_code(OperatorVersion code);
  flatbuffers::Offset<schema::QuantizationParameters> quantization(const std::optional<QuantParams>& params);
  flatbuffers::Offset<schema::SubGraph> subgraph();
  flatbuffers::Offset<schema::SignatureDef> signature();
  flatbuffers::Offset<flatbuffers::Vector<flatbuffers::Offset<schema::TensorMap>>> signature_tensors(
      const std::vector<TensorId>& ids);
  flatbuffers::Offset<flatbuffers::Vector<flatbuffers::Offset<schema::OperatorCode>>> operator_codes();
  flatbuffers::Offset<flatbuffers::Vector<flatbuffers::Offset<schema::Buffer>>> buffers();

  const Graph& graph_;
  flatbuffers::FlatBufferBuilder builder_;
  std::vector<flatbuffers::Offset<schema::Tensor>>
      tensors_;  ///< The graph's in order, then constant operands.
  std::vector<flatbuffers::Offset<schema::Operator>> operators_;
  std::vector<OperatorVersion> codes_;
  std::vector<Constant>
      owned_;  ///< Contents of constant operands and packed weights, until the buffers are written.
  std::vector<std::span<const std::byte>> buffers_ = {{}};  ///< Buffer 0 is empty by convention.
  std::map<std::string_view, uint32_t> buffer_by_contents_;
  size_t buffer_bytes_ = 0;
};

std::vector<int32_t> indices(const std::vector<TensorId>& ids) {
  std::vector<int32_t> result;
  for (const TensorId id : ids) result.push_back(static_cast<int32_t>(id));
  return result;
}

uint32_t FileWriter::buffer_of(std::span<const std::byte> bytes) {
  if (bytes.empty()) return 0;
  const std::string_view key(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  const auto [entry, added] = buffer_by_contents_.try_emplace(key, static_cast<uint32_t>(buffers_.size()));
  if (added) {
    buffers_.push_back(bytes);
    buffer_bytes_ += bytes.size();
    if (buffer_bytes_ > kMaxBufferBytes) {
      throw Error(ErrorCode::UnsupportedModel, "The model's constants do not fit a .tflite file of 2 GB.");
    }
  }
  return entry->second;
}

uint32_t FileWriter::operator_code(OperatorVersion code) {
  const auto found = std::find(codes_.begin(), codes_.end(), code);
  const auto position = found - codes_.begin();
  if (found == codes_.end()) codes_.push_back(code);
  return static_cast<uint32_t>(position);
}

flatbuffers::Offset<schema::QuantizationParameters> FileWriter::quantization(
    const std::optional<QuantParams>& params) {
  if (!params) return 0;
  const std::vector<int64_t> zero_points(params->zero_point.begin(), params->zero_point.end());
  const auto scale = builder_.CreateVector(params->scale);
  const auto zero_point = builder_.CreateVector(zero_points);
  return schema::CreateQuantizationParameters(builder_, 0, 0, scale, zero_point, params->axis);
}

void FileWriter::add_tensor(const Tensor& tensor) {
  uint32_t buffer = 0;
  if (is_int4(tensor)) {
    owned_.push_back(make_constant(pack_int4(tensor.values<int8_t>())));
    buffer = buffer_of(*owned_.back());
  } else if (tensor.is_constant()) {
    buffer = buffer_of(*tensor.constant);
  }
  const auto shape = builder_.CreateVector(tensor.shape.dims().data(), tensor.shape.dims().size());
  const auto name = builder_.CreateString(tensor.name);
  const auto params = quantization(tensor.quantization);
  schema::TensorBuilder table(builder_);
  table.add_shape(shape);
  table.add_type(is_int4(tensor) ? schema::TensorType::INT4 : schema_type_of(tensor.dtype));
  table.add_buffer(buffer);
  table.add_name(name);
  if (!params.IsNull()) table.add_quantization(params);
  table.add_has_rank(true);
  tensors_.push_back(table.Finish());
}

template <class T>
Constant quantized_scalar(float real, const QuantParams& params) {
  const float quantized = std::round(real / params.scale[0]) + static_cast<float>(params.zero_point[0]);
  constexpr float kLeast = std::numeric_limits<T>::min();
  constexpr float kMost = std::numeric_limits<T>::max();
  const T value = static_cast<T>(std::clamp(quantized, kLeast, kMost));
  return make_constant(std::span<const T>(&value, 1));
}

int32_t FileWriter::add_constant_operand(const NodeView& node, const ConstantOperand& constant) {
  Tensor tensor;
  tensor.name = node.node().name + "/operand_" + std::to_string(constant.position);
  tensor.shape = Shape(constant.shape);
  if (const auto* integers = std::get_if<std::vector<int32_t>>(&constant.values)) {
    tensor.dtype = DType::Int32;
    tensor.constant = make_constant(std::span<const int32_t>(*integers));
  } else {
    const float real = std::get<float>(constant.values);
    const Tensor& like = node.input(0);
    tensor.dtype = like.dtype;
    tensor.quantization = like.quantization;
    if (like.dtype == DType::Int8) {
      tensor.constant = quantized_scalar<int8_t>(real, *like.quantization);
    } else if (like.dtype == DType::Int16) {
      tensor.constant = quantized_scalar<int16_t>(real, *like.quantization);
    } else {
      tensor.constant = make_constant(std::span<const float>(&real, 1));
    }
  }
  owned_.push_back(tensor.constant);
  add_tensor(tensor);
  return static_cast<int32_t>(tensors_.size() - 1);
}

void FileWriter::add_operator(const Node& node) {
  const NodeView view(graph_, node);
  const OperatorRow& row = row_of(view);
  OperatorWriter writer(builder_, view);
  if (const std::optional<DType> type = lowering::type_without_kernel(view)) {
    writer.inexpressible("TFLite has no " + std::string(to_string(*type)) + " kernel for it.");
  }
  row.write(writer);

  std::vector<int32_t> operands;
  const auto place = [&](size_t position, int32_t tensor) {
    if (operands.size() <= position) operands.resize(position + 1, -1);
    operands[position] = tensor;
  };
  for (size_t i = 0; i < node.inputs.size(); ++i) {
    place(row.operands.empty() ? i : static_cast<size_t>(row.operands[i]),
          static_cast<int32_t>(node.inputs[i]));
  }
  for (const ConstantOperand& constant : writer.constant_operands()) {
    place(constant.position, add_constant_operand(view, constant));
  }
  const std::vector<int32_t> outputs = indices(node.outputs);
  const std::vector<uint8_t>& custom = writer.custom_options();
  const uint32_t code = operator_code({row.code, row.version(view), row.custom_code});
  operators_.push_back(schema::CreateOperatorDirect(builder_, code, &operands, &outputs,
                                                    writer.options_type(), writer.options(),
                                                    custom.empty() ? nullptr : &custom));
}

flatbuffers::Offset<schema::SubGraph> FileWriter::subgraph() {
  const std::vector<int32_t> inputs = indices(graph_.inputs);
  const std::vector<int32_t> outputs = indices(graph_.outputs);
  return schema::CreateSubGraphDirect(builder_, &tensors_, &inputs, &outputs, &operators_,
                                      graph_.name.c_str());
}

flatbuffers::Offset<flatbuffers::Vector<flatbuffers::Offset<schema::TensorMap>>>
FileWriter::signature_tensors(const std::vector<TensorId>& ids) {
  std::vector<flatbuffers::Offset<schema::TensorMap>> entries;
  for (const TensorId id : ids) {
    entries.push_back(
        schema::CreateTensorMapDirect(builder_, graph_.tensor(id).name.c_str(), static_cast<uint32_t>(id)));
  }
  return builder_.CreateVector(entries);
}

/// Tools that quantize or serve .tflite files look for inputs and outputs by this signature.
flatbuffers::Offset<schema::SignatureDef> FileWriter::signature() {
  const auto inputs = signature_tensors(graph_.inputs);
  const auto outputs = signature_tensors(graph_.outputs);
  return schema::CreateSignatureDef(builder_, inputs, outputs, builder_.CreateString("serving_default"));
}

flatbuffers::Offset<flatbuffers::Vector<flatbuffers::Offset<schema::OperatorCode>>>
FileWriter::operator_codes() {
  std::vector<flatbuffers::Offset<schema::OperatorCode>> entries;
  for (const auto& [code, version, custom_code] : codes_) {
    const auto narrow = static_cast<int8_t>(std::min(static_cast<int32_t>(code), kPlaceholderCode));
    const auto name = custom_code.empty() ? 0 : builder_.CreateString(custom_code);
    entries.push_back(schema::CreateOperatorCode(builder_, narrow, name, version, code));
  }
  return builder_.CreateVector(entries);
}

flatbuffers::Offset<flatbuffers::Vector<flatbuffers::Offset<schema::Buffer>>> FileWriter::buffers() {
  std::vector<flatbuffers::Offset<schema::Buffer>> entries;
  for (const std::span<const std::byte> bytes : buffers_) {
    flatbuffers::Offset<flatbuffers::Vector<uint8_t>> data;
    if (!bytes.empty()) {
      builder_.ForceVectorAlignment(bytes.size(), 1, kBufferAlignment);
      data = builder_.CreateVector(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size());
    }
    entries.push_back(schema::CreateBuffer(builder_, data));
  }
  return builder_.CreateVector(entries);
}

void FileWriter::write(const Sink& sink) {
  for (const Tensor& tensor : graph_.tensors) add_tensor(tensor);
  for (const Node& node : graph_.nodes) add_operator(node);
  const auto main = subgraph();
  const auto signature_table = signature();
  const auto codes = operator_codes();
  const auto buffer_tables = buffers();
  const auto subgraphs = builder_.CreateVector(&main, 1);
  const auto signatures = builder_.CreateVector(&signature_table, 1);
  const auto description = builder_.CreateString("Octet");
  schema::ModelBuilder model(builder_);
  model.add_version(kSchemaVersion);
  model.add_operator_codes(codes);
  model.add_subgraphs(subgraphs);
  model.add_description(description);
  model.add_buffers(buffer_tables);
  model.add_signature_defs(signatures);
  schema::FinishModelBuffer(builder_, model.Finish());
  sink(std::as_bytes(std::span(builder_.GetBufferPointer(), builder_.GetSize())));
}

/// What TFLite would end the process at, or refuse to open.
void expect_scales(const Graph& graph) {
  for (const Node& node : graph.nodes) {
    if (lowering::takes_scales(NodeView(graph, node))) continue;
    throw Error(ErrorCode::UnsupportedModel,
                "TFLite's kernel of '" + node.name + "' does not take the node's scales.",
                {.node = node.name}, "Keep this node in float.");
  }
}

}  // namespace

void write(const Graph& graph, const WriteOptions& options, const Sink& sink) {
  Graph expressible = lowering::with_components(lowering::with_float_nodes(graph), has_row);
  if (options.io != IoType::Float32) {
    const DType edges = options.io == IoType::Int16 ? DType::Int16 : DType::Int8;
    expressible =
        lowering::with_integer_edges(lowering::with_joined_integers(std::move(expressible), edges), edges);
  }
  expressible = lowering::with_biases(
      lowering::with_pad_nodes(lowering::with_whole_byte_weights(std::move(expressible))));
  expect_scales(expressible);
  FileWriter(expressible).write(sink);
}

Bytes write(const Graph& graph, const WriteOptions& options) {
  Bytes bytes;
  write(graph, options, [&](std::span<const std::byte> file) { bytes.assign(file.begin(), file.end()); });
  return bytes;
}

}  // namespace octet::formats::tflite
