// The bytes of a .tflite file behind checked accessors: verified once, then names, buffers and quantization
// by index.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "formats/tflite/schema.h"
#include "ir/tensor.h"

namespace octet::formats::tflite {

/// The element type, or nothing for types that Octet's graphs do not have.
std::optional<DType> dtype_of(schema::TensorType type);
schema::TensorType schema_type_of(DType dtype);

class ModelFile {
 public:
  /// Runs the FlatBuffers verifier and finds the first subgraph, which stands for the model: others serve
  /// further signatures or control flow, whose operators Octet does not have. Throws InvalidFile or
  /// UnsupportedModel.
  explicit ModelFile(Bytes file);

  const schema::Model& model() const { return *model_; }
  const schema::SubGraph& subgraph() const { return *subgraph_; }

  size_t tensor_count() const { return names_.size(); }
  const schema::Tensor& tensor(size_t i) const {
    return *subgraph_->tensors()->Get(static_cast<uint32_t>(i));
  }
  /// The tensor's name, made unique by a suffix, or one made up where it has none.
  const std::string& name(size_t i) const { return names_[i]; }
  /// The dimensions as stored, possibly -1 or 0.
  std::vector<int32_t> dimensions(size_t i) const;
  bool is_constant(size_t i) const { return !stored_bytes(i).empty(); }
  /// The bytes stored for a tensor: empty when it is computed. Sparse tensors store fewer than their shape
  /// has.
  std::span<const std::byte> stored_bytes(size_t i) const;

  /// Constant `i` as a tensor of the graph; sparse ones are expanded, and INT4 becomes INT8. Throws
  /// InvalidFile.
  Tensor constant(size_t i);
  /// Quantization parameters of tensor `i`, or nothing. Throws InvalidFile when they are not usable.
  std::optional<QuantParams> quantization(size_t i, DType dtype, const Shape& shape) const;

  [[noreturn]] void invalid_tensor(size_t i, const std::string& problem) const;

 private:
  void name_tensors();

  std::shared_ptr<const Bytes> file_;
  const schema::Model* model_ = nullptr;
  const schema::SubGraph* subgraph_ = nullptr;
  std::vector<std::string> names_;
  std::map<uint32_t, Constant> shared_;  ///< By buffer: tensors may share one.
  uint64_t expanded_bytes_ = 0;
};

}  // namespace octet::formats::tflite
