// What a row of the operator table does to one operator of a file while it is written.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "formats/tflite/schema.h"
#include "ir/graph.h"

namespace octet::formats::tflite {

/// A constant operand that TFLite has as a tensor and Octet as an attribute.
struct ConstantOperand {
  size_t position = 0;  ///< Among TFLite's operands.
  std::vector<int32_t> shape;
  std::variant<std::vector<int32_t>, float>
      values;  ///< Integers, or a real of the type and quantization of value 0.
};

/// What the row decided; writer.cc turns it into tables.
class OperatorWriter {
 public:
  OperatorWriter(flatbuffers::FlatBufferBuilder& builder, const NodeView& node)
      : builder_(&builder), node_(node) {}

  const NodeView& node() const { return node_; }
  template <class T>
  const T& attributes() const {
    return node_.attributes<T>();
  }

  template <class Options>
  void set_options(flatbuffers::Offset<Options> options) {
    options_type_ = schema::BuiltinOptionsTraits<Options>::enum_value;
    options_ = options.Union();
  }
  /// The options of a CUSTOM operator, in its own format.
  void set_custom_options(std::vector<uint8_t> options) { custom_options_ = std::move(options); }
  flatbuffers::FlatBufferBuilder& builder() { return *builder_; }

  /// Adds a constant operand: a vector of integers, one integer, a table of pairs, or a real.
  void vector_operand(size_t position, std::vector<int32_t> values);
  void scalar_operand(size_t position, int32_t value);
  void pairs_operand(size_t position, const std::vector<std::array<int32_t, 2>>& pairs);
  void real_operand(size_t position, float value);

  /// "SAME" or "VALID", whichever equals `padding` of a window over operand 0; throws UnsupportedModel naming
  /// the node when neither does.
  schema::Padding padding(const Padding2d& padding, Spatial window, Spatial stride, Spatial dilation) const;
  /// Throws UnsupportedModel naming the node.
  [[noreturn]] void inexpressible(const std::string& reason) const;

  const std::vector<ConstantOperand>& constant_operands() const { return constants_; }
  schema::BuiltinOptions options_type() const { return options_type_; }
  flatbuffers::Offset<void> options() const { return options_; }
  /// Empty for builtin operators.
  const std::vector<uint8_t>& custom_options() const { return custom_options_; }

 private:
  flatbuffers::FlatBufferBuilder* builder_;
  NodeView node_;
  schema::BuiltinOptions options_type_ = schema::BuiltinOptions::NONE;
  flatbuffers::Offset<void> options_;
  std::vector<uint8_t> custom_options_;
  std::vector<ConstantOperand> constants_;
};

inline schema::ActivationFunctionType schema_activation(Activation activation) {
  switch (activation) {
    case Activation::None:
      return schema::ActivationFunctionType::NONE;
    case Activation::Relu:
      return schema::ActivationFunctionType::RELU;
    case Activation::Relu6:
      return schema::ActivationFunctionType::RELU6;
    case Activation::ReluN1To1:
      return schema::ActivationFunctionType::RELU_N1_TO_1;
  }
  return schema::ActivationFunctionType::NONE;
}

}  // namespace octet::formats::tflite
