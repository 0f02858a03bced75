// The messages of an .onnx file (onnx.proto3) as plain structs. Strings and data are views into the file,
// which the caller keeps; nothing here knows what an operator means.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace octet::formats::onnx {

/// TensorProto.DataType. Other numbers occur in files: values are checked where they are used.
enum class ElementType : int32_t {
  Undefined = 0,
  Float = 1,
  UInt8 = 2,
  Int8 = 3,
  UInt16 = 4,
  Int16 = 5,
  Int32 = 6,
  Int64 = 7,
  String = 8,
  Bool = 9,
  Float16 = 10,
  Double = 11,
  UInt32 = 12,
  UInt64 = 13,
  BFloat16 = 16,
  UInt4 = 21,
  Int4 = 22,
};

/// "FLOAT", "INT64", ... as in onnx.proto3; "type 17" for what Octet has no name for.
std::string to_string(ElementType type);

/// TensorProto: a constant.
struct TensorMessage {
  std::string_view name;
  ElementType type = ElementType::Undefined;
  std::vector<int64_t> dims;  ///< As the file has them: possibly negative, or 0.
  /// The contents as little-endian bytes, where the file has them so.
  std::optional<std::string_view> raw;
  /// The whole message, for contents in lists of numbers: see tensor.h.
  std::string_view message;
  bool is_external = false;                                    ///< The contents are in another file,
  std::map<std::string_view, std::string_view> external = {};  ///< by "location", "offset" and "length".
};

struct GraphMessage;

/// AttributeProto.AttributeType, as far as Octet reads attributes of it.
enum class AttributeType : int32_t {
  Undefined = 0,
  Float = 1,
  Int = 2,
  String = 3,
  Tensor = 4,
  Graph = 5,
  Floats = 6,
  Ints = 7,
  Strings = 8,
};

struct AttributeMessage {
  std::string_view name;
  AttributeType type = AttributeType::Undefined;  ///< Files before IR 2 leave it out: found by what is there.
  std::string_view reference;  ///< The attribute of the function's call that stands in its place, or empty.
  float real = 0;
  int64_t integer = 0;
  std::string_view text;
  std::vector<float> reals;
  std::vector<int64_t> integers;
  std::vector<std::string_view> texts;
  std::shared_ptr<const TensorMessage> tensor;
  std::shared_ptr<const GraphMessage> graph;
};

struct NodeMessage {
  std::string_view name;    ///< Often empty.
  std::string_view op;      ///< "Conv".
  std::string_view domain;  ///< Empty for ONNX's own operators.
  std::string_view overload;
  std::vector<std::string_view> inputs;   ///< Empty strings stand for absent operands.
  std::vector<std::string_view> outputs;  ///< Empty strings for results that nobody wants.
  std::vector<AttributeMessage> attributes;
};

/// One dimension of a declared shape.
struct Dimension {
  std::optional<int64_t> extent;  ///< As the file has it; nothing where it is open.
  std::string_view symbol;        ///< Of an open one, if it has a name.
};

/// ValueInfoProto: the declared type of a value.
struct ValueMessage {
  std::string_view name;
  ElementType type = ElementType::Undefined;  ///< Undefined where it is declared without one.
  std::optional<std::vector<Dimension>> shape;
  std::string_view kind = "tensor";  ///< Or "sequence", "map", "optional", "sparse tensor".
};

struct GraphMessage {
  std::string_view name;
  std::vector<NodeMessage> nodes;
  std::vector<TensorMessage> initializers;
  std::vector<ValueMessage> inputs;  ///< Before IR 4 initializers are among them.
  std::vector<ValueMessage> outputs;
  std::vector<ValueMessage> values;  ///< What is declared of others.
  bool has_sparse_initializers = false;
};

/// By domain ("" for ONNX's own) the version of its operators.
using OpsetVersions = std::map<std::string_view, int64_t>;

/// FunctionProto: an operator that the model defines by others.
struct FunctionMessage {
  std::string_view name;
  std::string_view domain;
  std::string_view overload;
  std::vector<std::string_view> inputs;
  std::vector<std::string_view> outputs;
  std::vector<AttributeMessage> defaults;
  std::vector<NodeMessage> nodes;
  OpsetVersions opsets;
};

struct ModelMessage {
  int64_t ir_version = 0;
  std::string_view producer;
  OpsetVersions opsets;
  GraphMessage graph;
  std::vector<FunctionMessage> functions;
};

/// More messages in one file than any model has: what a file can make of its bytes in memory is limited.
inline constexpr size_t kMostMessages = size_t{1} << 20;
/// Graphs in attributes of nodes of graphs ...
inline constexpr int kDeepestGraph = 16;

/// Parses a whole file. Lengths and wire types are checked; repeated numbers may be packed or not; of a field
/// that stands there twice the last counts; unknown fields are skipped. Throws InvalidFile when the bytes are
/// not protocol buffers of these messages or there is no graph, and where a limit above is passed.
ModelMessage parse_model(std::span<const std::byte> file);

/// The numbers of a TensorMessage that are not in `raw`: of its field `field_number` ("float_data" is 4,
/// "int32_data" 5, "int64_data" 7, "double_data" 10, "uint64_data" 11), each as the bits that the file has,
/// widened to 64. Throws InvalidFile where there are more than `most`.
std::vector<uint64_t> numbers_of(const TensorMessage& tensor, uint32_t field_number, size_t most);

}  // namespace octet::formats::onnx
