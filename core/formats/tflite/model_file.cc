#include "formats/tflite/model_file.h"

#include <cstdint>
#include <cstring>
#include <unordered_set>
#include <utility>

#include "formats/checks.h"
#include "formats/file_constants.h"
#include "formats/tflite/sparsity.h"
#include "ir/int4.h"

namespace octet::formats::tflite {
namespace {

/// A sparse constant may be this many times larger than the file before it counts as an attack on memory.
constexpr uint64_t kMaxExpansion = 256;
/// Tables in a file: real models have some ten an operator.
constexpr uint32_t kMaxTables = 1'000'000;
constexpr uint32_t kMaxDepth = 16;

[[noreturn]] void invalid_file(const std::string& message, const std::string& hint = "") {
  throw Error(ErrorCode::InvalidFile, message, {}, hint);
}

bool is_int4(const schema::Tensor& tensor) { return tensor.type() == schema::TensorType::INT4; }

}  // namespace

std::optional<DType> dtype_of(schema::TensorType type) {
  switch (type) {
    case schema::TensorType::FLOAT32:
      return DType::Float32;
    case schema::TensorType::FLOAT16:
      return DType::Float16;
    case schema::TensorType::BFLOAT16:
      return DType::BFloat16;
    case schema::TensorType::INT8:
      return DType::Int8;
    case schema::TensorType::UINT8:
      return DType::UInt8;
    case schema::TensorType::INT16:
      return DType::Int16;
    case schema::TensorType::INT32:
      return DType::Int32;
    case schema::TensorType::INT64:
      return DType::Int64;
    case schema::TensorType::BOOL:
      return DType::Bool;
    default:
      return {};
  }
}

schema::TensorType schema_type_of(DType dtype) {
  switch (dtype) {
    case DType::Float32:
      return schema::TensorType::FLOAT32;
    case DType::Float16:
      return schema::TensorType::FLOAT16;
    case DType::BFloat16:
      return schema::TensorType::BFLOAT16;
    case DType::Int8:
      return schema::TensorType::INT8;
    case DType::UInt8:
      return schema::TensorType::UINT8;
    case DType::Int16:
      return schema::TensorType::INT16;
    case DType::Int32:
      return schema::TensorType::INT32;
    case DType::Int64:
      return schema::TensorType::INT64;
    case DType::Bool:
      return schema::TensorType::BOOL;
  }
  return schema::TensorType::FLOAT32;
}

ModelFile::ModelFile(Bytes file) : file_(std::make_shared<const Bytes>(std::move(file))) {
  const uint8_t* data = reinterpret_cast<const uint8_t*>(file_->data());
  if (file_->size() < 8 || !schema::ModelBufferHasIdentifier(data)) {
    invalid_file("The file is not a TensorFlow Lite model: its identifier is not 'TFL3'.",
                 "Octet reads .tflite files; convert other formats first.");
  }
  if (file_->size() >= FLATBUFFERS_MAX_BUFFER_SIZE) invalid_file("The file is larger than 2 GB.");
  flatbuffers::Verifier verifier(data, file_->size(), kMaxDepth, kMaxTables);
  if (!schema::VerifyModelBuffer(verifier)) {
    invalid_file("The file is damaged: its FlatBuffers structure is not consistent.",
                 "The file may be cut short; compare its size with the original's.");
  }
  model_ = schema::GetModel(data);
  if (model_->version() != 3) {
    throw Error(
        ErrorCode::UnsupportedModel,
        "The model has schema version " + std::to_string(model_->version()) + "; Octet reads version 3.");
  }
  if (model_->subgraphs() == nullptr || model_->subgraphs()->size() == 0)
    invalid_file("The model has no graph.");
  subgraph_ = model_->subgraphs()->Get(0);
  if (subgraph_->tensors() == nullptr || subgraph_->operators() == nullptr ||
      subgraph_->inputs() == nullptr || subgraph_->outputs() == nullptr ||
      model_->operator_codes() == nullptr || model_->buffers() == nullptr) {
    invalid_file("The model lacks tensors, operators, inputs, outputs or buffers.");
  }
  name_tensors();
}

void ModelFile::name_tensors() {
  std::unordered_set<std::string> taken;
  for (const schema::Tensor* tensor : *subgraph_->tensors()) {
    std::string base = tensor->name() != nullptr ? tensor->name()->str() : "";
    if (base.empty()) base = "tensor_" + std::to_string(names_.size());
    std::string name = base;
    // Starting at the tensor's own index, the search is short even where a thousand tensors share a name.
    for (size_t suffix = names_.size(); !taken.insert(name).second; ++suffix) {
      name = base + "_" + std::to_string(suffix);
    }
    names_.push_back(name);
  }
}

std::vector<int32_t> ModelFile::dimensions(size_t i) const {
  const auto* shape = tensor(i).shape();
  return shape != nullptr ? std::vector<int32_t>(shape->begin(), shape->end()) : std::vector<int32_t>();
}

void ModelFile::invalid_tensor(size_t i, const std::string& problem) const {
  throw Error(ErrorCode::InvalidFile, "The tensor '" + name(i) + "' " + problem, {.tensor = name(i)});
}

std::span<const std::byte> ModelFile::stored_bytes(size_t i) const {
  const uint32_t index = tensor(i).buffer();
  if (index >= model_->buffers()->size()) invalid_tensor(i, "refers to a buffer that does not exist.");
  const schema::Buffer& buffer = *model_->buffers()->Get(index);
  if (buffer.offset() > 1) {
    if (buffer.offset() > file_->size() || buffer.size() > file_->size() - buffer.offset()) {
      invalid_tensor(i, "has its contents outside the file.");
    }
    return std::span(*file_).subspan(static_cast<size_t>(buffer.offset()),
                                     static_cast<size_t>(buffer.size()));
  }
  if (buffer.data() == nullptr) return {};
  return {reinterpret_cast<const std::byte*>(buffer.data()->data()), buffer.data()->size()};
}

Tensor ModelFile::constant(size_t i) {
  Tensor result;
  result.name = name(i);
  const bool int4 = is_int4(tensor(i));
  const std::optional<DType> dtype = int4 ? DType::Int8 : dtype_of(tensor(i).type());
  if (!dtype) invalid_tensor(i, "has an element type that Octet does not have.");
  result.dtype = *dtype;
  try {
    result.shape = Shape(dimensions(i));
  } catch (const Error& error) {
    throw Error(error.code(), "Constant '" + name(i) + "': " + error.message(), {.tensor = name(i)});
  }
  const std::span<const std::byte> bytes = stored_bytes(i);
  const schema::SparsityParameters* sparsity = tensor(i).sparsity();
  if (int4) {
    if (sparsity != nullptr) invalid_tensor(i, "is sparse with elements of 4 bits.");
    if (bytes.size() != int4_bytes(result.byte_size())) {
      invalid_tensor(i, "does not have half a byte for each element of its shape.");
    }
    const std::vector<int8_t> values = unpack_int4(bytes, result.byte_size());
    result.constant = make_constant(std::span<const int8_t>(values));
  } else if (sparsity != nullptr) {
    expanded_bytes_ += result.byte_size();
    if (expanded_bytes_ > kMaxExpansion * file_->size()) {
      invalid_tensor(i, "is sparse and would take far more memory than the file.");
    }
    result.constant =
        make_constant(expand_sparse(*sparsity, bytes, result.shape, size_of(result.dtype), result.name));
  } else {
    if (bytes.size() != result.byte_size()) {
      invalid_tensor(i, "has " + std::to_string(bytes.size()) + " bytes; its shape needs " +
                            std::to_string(result.byte_size()) + ".");
    }
    Constant& shared = shared_[tensor(i).buffer()];
    if (!shared) shared = constant_in(file_, bytes, result.dtype);
    result.constant = shared;
  }
  result.quantization = quantization(i, result.dtype, result.shape);
  if (int4 && result.quantization) result.quantization->bits = 4;
  return result;
}

std::optional<QuantParams> ModelFile::quantization(size_t i, DType dtype, const Shape& shape) const {
  const schema::QuantizationParameters* stored = tensor(i).quantization();
  if (stored == nullptr || stored->scale() == nullptr || stored->scale()->size() == 0) return {};
  if (dtype == DType::Float32 || dtype == DType::Float16 || dtype == DType::BFloat16 || dtype == DType::Bool)
    return {};
  QuantParams params;
  params.scale.assign(stored->scale()->begin(), stored->scale()->end());
  const auto* zero_points = stored->zero_point();
  const size_t zero_point_count = zero_points != nullptr ? zero_points->size() : 0;
  // None stands for zeros, one for all channels.
  if (zero_point_count > 1 && zero_point_count != params.scale.size()) {
    invalid_tensor(i, "has another number of zero points than of scales.");
  }
  for (size_t c = 0; c < params.scale.size(); ++c) {
    const size_t entry = zero_point_count == 1 ? 0 : c;
    int64_t zero_point = 0;
    // The verifier aligns a vector's length, not its elements of 8 bytes: they are copied, not read in place.
    if (zero_point_count != 0) {
      std::memcpy(&zero_point, zero_points->Data() + entry * sizeof(zero_point), sizeof(zero_point));
    }
    if (zero_point < INT32_MIN || zero_point > INT32_MAX)
      invalid_tensor(i, "has a zero point beyond 32 bits.");
    params.zero_point.push_back(static_cast<int32_t>(zero_point));
  }
  params.axis = params.is_per_channel() ? stored->quantized_dimension() : 0;
  if (const auto problem = quantization_problem(params, dtype, shape)) invalid_tensor(i, *problem + ".");
  return params;
}

}  // namespace octet::formats::tflite
