// Builds small .tflite files for tests, field by field, so that they can also be wrong.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "formats/tflite/schema.h"
#include "ir/tensor.h"

namespace octet::test {

namespace tfl = formats::tflite::schema;

class TfliteBuilder {
 public:
  struct TensorSpec {
    std::string name;
    std::vector<int32_t> shape;
    tfl::TensorType type = tfl::TensorType::FLOAT32;
    std::vector<int32_t> signature = {};
    uint32_t buffer = 0;
    std::vector<float> scale = {};
    std::vector<int64_t> zero_point = {};
    int32_t quantized_dimension = 0;
    flatbuffers::Offset<tfl::SparsityParameters> sparsity = 0;
  };

  flatbuffers::FlatBufferBuilder& fbb() { return builder_; }

  int32_t tensor(const TensorSpec& spec) {
    flatbuffers::Offset<tfl::QuantizationParameters> quantization;
    if (!spec.scale.empty()) {
      quantization = tfl::CreateQuantizationParametersDirect(builder_, nullptr, nullptr, &spec.scale,
                                                             &spec.zero_point, spec.quantized_dimension);
    }
    tensors_.push_back(tfl::CreateTensorDirect(builder_, &spec.shape, spec.type, spec.buffer,
                                               spec.name.c_str(), quantization, false, spec.sparsity,
                                               spec.signature.empty() ? nullptr : &spec.signature));
    return static_cast<int32_t>(tensors_.size() - 1);
  }

  template <class T>
  uint32_t buffer(const std::vector<T>& values) {
    const auto* data = reinterpret_cast<const uint8_t*>(values.data());
    const std::vector<uint8_t> bytes(data, data + values.size() * sizeof(T));
    return add_buffer(tfl::CreateBufferDirect(builder_, &bytes));
  }
  /// Contents at `offset` of the file, outside the FlatBuffer.
  uint32_t outside_buffer(uint64_t offset, uint64_t size) {
    return add_buffer(tfl::CreateBuffer(builder_, 0, offset, size));
  }

  int32_t integers(const std::string& name, const std::vector<int32_t>& values) {
    return tensor({.name = name,
                   .shape = {static_cast<int32_t>(values.size())},
                   .type = tfl::TensorType::INT32,
                   .buffer = buffer(values)});
  }
  int32_t floats(const std::string& name, const std::vector<int32_t>& shape,
                 const std::vector<float>& values) {
    return tensor({.name = name, .shape = shape, .buffer = buffer(values)});
  }

  template <class Options = tfl::PadOptions>
  void op(tfl::BuiltinOperator code, std::vector<int32_t> inputs, std::vector<int32_t> outputs,
          flatbuffers::Offset<Options> options = {}, int32_t version = 1) {
    codes_.push_back(tfl::CreateOperatorCode(builder_, 0, 0, version, code));
    const auto type =
        options.IsNull() ? tfl::BuiltinOptions::NONE : tfl::BuiltinOptionsTraits<Options>::enum_value;
    operators_.push_back(tfl::CreateOperatorDirect(builder_, static_cast<uint32_t>(codes_.size() - 1),
                                                   &inputs, &outputs, type, options.Union()));
  }
  void custom_op(const std::string& name, std::vector<int32_t> inputs, std::vector<int32_t> outputs,
                 const std::vector<uint8_t>& options = {}) {
    codes_.push_back(
        tfl::CreateOperatorCodeDirect(builder_, 32, name.c_str(), 1, tfl::BuiltinOperator::CUSTOM));
    operators_.push_back(tfl::CreateOperatorDirect(builder_, static_cast<uint32_t>(codes_.size() - 1),
                                                   &inputs, &outputs, tfl::BuiltinOptions::NONE, 0,
                                                   &options));
  }

  Bytes build(std::vector<int32_t> inputs, std::vector<int32_t> outputs, size_t subgraphs = 1) {
    const auto subgraph =
        tfl::CreateSubGraphDirect(builder_, &tensors_, &inputs, &outputs, &operators_, "main");
    const std::vector<flatbuffers::Offset<tfl::SubGraph>> all(subgraphs, subgraph);
    const auto model = tfl::CreateModelDirect(builder_, 3, &codes_, &all, "", &buffers_);
    tfl::FinishModelBuffer(builder_, model);
    const auto* data = reinterpret_cast<const std::byte*>(builder_.GetBufferPointer());
    return Bytes(data, data + builder_.GetSize());
  }

 private:
  uint32_t add_buffer(flatbuffers::Offset<tfl::Buffer> buffer) {
    buffers_.push_back(buffer);
    return static_cast<uint32_t>(buffers_.size() - 1);
  }

  flatbuffers::FlatBufferBuilder builder_;
  std::vector<flatbuffers::Offset<tfl::Tensor>> tensors_;
  std::vector<flatbuffers::Offset<tfl::OperatorCode>> codes_;
  std::vector<flatbuffers::Offset<tfl::Operator>> operators_;
  std::vector<flatbuffers::Offset<tfl::Buffer>> buffers_ = {tfl::CreateBuffer(builder_)};
};

}  // namespace octet::test
