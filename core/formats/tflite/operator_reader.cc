#include "formats/tflite/operator_reader.h"

#include <cstring>
#include <limits>

namespace octet::formats::tflite {
namespace {

template <class T>
std::vector<T> elements(std::span<const std::byte> bytes) {
  std::vector<T> values(bytes.size() / sizeof(T));
  if (!values.empty()) std::memcpy(values.data(), bytes.data(), values.size() * sizeof(T));
  return values;
}

}  // namespace

bool OperatorReader::has_operand(size_t position) const {
  return op_->inputs() != nullptr && position < op_->inputs()->size() &&
         op_->inputs()->Get(static_cast<uint32_t>(position)) != -1;
}

size_t OperatorReader::constant_operand(size_t position) const {
  if (!has_operand(position)) invalid("its operand " + std::to_string(position) + " is missing.");
  // The range of all operands was checked before any row is asked.
  const size_t tensor = static_cast<size_t>(op_->inputs()->Get(static_cast<uint32_t>(position)));
  if (file_->tensor(tensor).sparsity() != nullptr)
    invalid("its operand " + std::to_string(position) + " is sparse.");
  return tensor;
}

const Tensor* OperatorReader::computed_constant(size_t tensor) const {
  if (ids_[tensor] == TensorId::None || file_->is_constant(tensor)) return nullptr;
  const Tensor& computed = graph_->tensor(ids_[tensor]);
  return computed.is_constant() ? &computed : nullptr;
}

std::vector<int32_t> OperatorReader::integers(size_t position) const {
  const size_t tensor = constant_operand(position);
  const Tensor* computed = computed_constant(tensor);
  const std::span<const std::byte> bytes =
      computed != nullptr ? std::span<const std::byte>(*computed->constant) : file_->stored_bytes(tensor);
  std::vector<int32_t> dims = file_->dimensions(tensor);
  if (computed != nullptr) dims.assign(computed->shape.dims().begin(), computed->shape.dims().end());
  int64_t count = 1;
  for (const int32_t dim : dims) {
    if (dim < 0 || dim > Shape::kMaxRank * 2)
      invalid("its operand '" + file_->name(tensor) + "' has a wrong size.");
    count *= dim;
    if (count > Shape::kMaxRank * 2) invalid("its operand '" + file_->name(tensor) + "' has a wrong size.");
  }
  const schema::TensorType type = file_->tensor(tensor).type();
  if (type != schema::TensorType::INT32 && type != schema::TensorType::INT64) {
    invalid("its operand '" + file_->name(tensor) + "' does not hold integers.");
  }
  if (count > 0 && bytes.empty())
    unsupported("its operand '" + file_->name(tensor) + "' is computed, not constant");
  const size_t element_size = type == schema::TensorType::INT32 ? sizeof(int32_t) : sizeof(int64_t);
  if (bytes.size() != static_cast<size_t>(count) * element_size) {
    invalid("its operand '" + file_->name(tensor) + "' does not fill its shape.");
  }
  if (type == schema::TensorType::INT32) return elements<int32_t>(bytes);
  std::vector<int32_t> narrow;
  for (const int64_t value : elements<int64_t>(bytes)) {
    if (value < std::numeric_limits<int32_t>::min() || value > std::numeric_limits<int32_t>::max()) {
      invalid("its operand '" + file_->name(tensor) + "' does not fit 32 bits.");
    }
    narrow.push_back(static_cast<int32_t>(value));
  }
  return narrow;
}

std::vector<int32_t> OperatorReader::integers(size_t position, size_t count) const {
  std::vector<int32_t> values = integers(position);
  if (values.size() != count) {
    invalid("its operand " + std::to_string(position) + " has " + std::to_string(values.size()) +
            " elements; " + std::to_string(count) + " are expected.");
  }
  return values;
}

float OperatorReader::real(size_t position) const {
  const size_t tensor = constant_operand(position);
  const Tensor* computed = computed_constant(tensor);
  const std::span<const std::byte> bytes =
      computed != nullptr ? std::span<const std::byte>(*computed->constant) : file_->stored_bytes(tensor);
  if (bytes.empty()) unsupported("its operand '" + file_->name(tensor) + "' is computed, not constant");
  const schema::TensorType type = file_->tensor(tensor).type();
  if (type == schema::TensorType::FLOAT32 && bytes.size() == sizeof(float)) return elements<float>(bytes)[0];
  const auto real_of = [&](int32_t integer, const std::optional<QuantParams>& params) {
    if (!params) invalid("its operand '" + file_->name(tensor) + "' has no quantization parameters.");
    return params->scale[0] * static_cast<float>(integer - params->zero_point[0]);
  };
  if (type == schema::TensorType::INT8 && bytes.size() == sizeof(int8_t))
    return real_of(elements<int8_t>(bytes)[0], file_->quantization(tensor, DType::Int8, Shape{}));
  if (type == schema::TensorType::UINT8 && bytes.size() == sizeof(uint8_t))
    return real_of(elements<uint8_t>(bytes)[0], file_->quantization(tensor, DType::UInt8, Shape{}));
  if (type == schema::TensorType::INT16 && bytes.size() == sizeof(int16_t))
    return real_of(elements<int16_t>(bytes)[0], file_->quantization(tensor, DType::Int16, Shape{}));
  invalid("its operand '" + file_->name(tensor) + "' is not one real number.");
}

std::span<const uint8_t> OperatorReader::custom_options() const {
  if (op_->custom_options() == nullptr) return {};
  return {op_->custom_options()->data(), op_->custom_options()->size()};
}

Activation OperatorReader::activation(schema::ActivationFunctionType type) const {
  switch (type) {
    case schema::ActivationFunctionType::NONE:
      return Activation::None;
    case schema::ActivationFunctionType::RELU:
      return Activation::Relu;
    case schema::ActivationFunctionType::RELU6:
      return Activation::Relu6;
    case schema::ActivationFunctionType::RELU_N1_TO_1:
      return Activation::ReluN1To1;
    default:
      unsupported("with the fused activation " + std::string(schema::EnumNameActivationFunctionType(type)));
  }
}

void OperatorReader::no_activation(schema::ActivationFunctionType type) const {
  if (type != schema::ActivationFunctionType::NONE) {
    unsupported("with the fused activation " + std::string(schema::EnumNameActivationFunctionType(type)));
  }
}

Spatial OperatorReader::positive(int32_t height, int32_t width, const char* what) const {
  if (height < 1 || width < 1) invalid(std::string("its ") + what + " is not positive.");
  return {height, width};
}

int32_t OperatorReader::axis(int32_t axis, int rank) const {
  if (axis < -rank || axis >= rank) {
    invalid("its axis " + std::to_string(axis) + " is outside a tensor of " + std::to_string(rank) +
            " dimensions.");
  }
  return axis < 0 ? axis + rank : axis;
}

void OperatorReader::invalid(const std::string& problem) const {
  throw Error(ErrorCode::InvalidFile,
              std::string(to_string(node_->op)) + " '" + node_->name + "': " + problem,
              {.node = node_->name});
}

}  // namespace octet::formats::tflite
