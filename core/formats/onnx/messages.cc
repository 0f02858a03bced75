#include "formats/onnx/messages.h"

#include <bit>
#include <utility>

// Views of the standard library, rather than protozero's own.
#define PROTOZERO_USE_VIEW std::string_view
#include <protozero/exception.hpp>
#include <protozero/pbf_reader.hpp>

#include "ir/error.h"

namespace octet::formats::onnx {
namespace {

using protozero::pbf_reader;
using protozero::pbf_wire_type;

[[noreturn]] void invalid(const std::string& problem) {
  throw Error(ErrorCode::InvalidFile, "The file is not a well-formed ONNX model: " + problem, {},
              "Export or download the model again.");
}

/// One field of a message. protozero checks lengths, but wire types by assertions alone, which releases leave
/// out.
class Field {
 public:
  explicit Field(pbf_reader& reader) : reader_(reader) {}

  uint32_t number() const { return reader_.tag(); }
  void skip() { reader_.skip(); }

  std::string_view bytes() {
    expect(pbf_wire_type::length_delimited);
    return reader_.get_view();
  }
  int64_t integer() {
    expect(pbf_wire_type::varint);
    return static_cast<int64_t>(reader_.get_uint64());
  }
  float real() {
    expect(pbf_wire_type::fixed32);
    return reader_.get_float();
  }

  /// Appends a repeated field's numbers, packed or one.
  void append_integers(std::vector<int64_t>& values) {
    if (reader_.wire_type() == pbf_wire_type::length_delimited) {
      for (const uint64_t value : reader_.get_packed_uint64()) values.push_back(static_cast<int64_t>(value));
    } else {
      values.push_back(integer());
    }
  }
  void append_reals(std::vector<float>& values) {
    if (reader_.wire_type() == pbf_wire_type::length_delimited) {
      for (const float value : reader_.get_packed_float()) values.push_back(value);
    } else {
      values.push_back(real());
    }
  }
  /// The same of numbers of any wire type, as bits.
  void append_bits(std::vector<uint64_t>& values, pbf_wire_type type, size_t most) {
    const auto append = [&](uint64_t bits) {
      if (values.size() == most) invalid("a tensor has more numbers than its shape.");
      values.push_back(bits);
    };
    const bool packed = reader_.wire_type() == pbf_wire_type::length_delimited;
    if (!packed) expect(type);
    if (type == pbf_wire_type::varint) {
      if (!packed) return append(reader_.get_uint64());
      for (const uint64_t value : reader_.get_packed_uint64()) append(value);
    } else if (type == pbf_wire_type::fixed32) {
      if (!packed) return append(reader_.get_fixed32());
      for (const uint32_t value : reader_.get_packed_fixed32()) append(value);
    } else {
      if (!packed) return append(reader_.get_fixed64());
      for (const uint64_t value : reader_.get_packed_fixed64()) append(value);
    }
  }

 private:
  void expect(pbf_wire_type type) const {
    if (!reader_.has_wire_type(type))
      invalid("field " + std::to_string(number()) + " of a message has another type than ONNX gives it.");
  }

  pbf_reader& reader_;
};

/// Calls `read(field)`, which consumes the field, for each one of a message.
template <class Read>
void each_field(std::string_view message, const Read& read) {
  pbf_reader reader(message.data(), message.size());
  while (reader.next()) {
    Field field(reader);
    read(field);
  }
}

/// Reads messages within each other, and counts them.
class Parser {
 public:
  ModelMessage model(std::string_view message);

 private:
  /// Every message that becomes a struct is counted here.
  void count() {
    if (++messages_ > kMostMessages)
      invalid("it has more than " + std::to_string(kMostMessages) + " nodes, attributes and values.");
  }

  TensorMessage tensor(std::string_view message);
  AttributeMessage attribute(std::string_view message);
  NodeMessage node(std::string_view message);
  GraphMessage graph(std::string_view message);
  FunctionMessage function(std::string_view message);
  ValueMessage value(std::string_view message);
  static void read_type(std::string_view message, ValueMessage& value);
  static std::vector<Dimension> shape(std::string_view message);
  static void read_opset(std::string_view message, OpsetVersions& opsets);
  static void read_entry(std::string_view message, std::map<std::string_view, std::string_view>& entries);

  size_t messages_ = 0;
  int depth_ = 0;  ///< Of graphs.
};

void Parser::read_entry(std::string_view message, std::map<std::string_view, std::string_view>& entries) {
  std::string_view key, value;
  each_field(message, [&](Field& field) {
    switch (field.number()) {
      case 1:
        key = field.bytes();
        break;
      case 2:
        value = field.bytes();
        break;
      default:
        field.skip();
    }
  });
  entries[key] = value;
}

TensorMessage Parser::tensor(std::string_view message) {
  constexpr int64_t kExternal = 1;  // TensorProto.DataLocation.EXTERNAL
  count();
  TensorMessage tensor;
  tensor.message = message;
  each_field(message, [&](Field& field) {
    switch (field.number()) {
      case 1:
        field.append_integers(tensor.dims);
        break;
      case 2:
        tensor.type = static_cast<ElementType>(field.integer());
        break;
      case 8:
        tensor.name = field.bytes();
        break;
      case 9:
        tensor.raw = field.bytes();
        break;
      case 13:
        read_entry(field.bytes(), tensor.external);
        break;
      case 14:
        tensor.is_external = field.integer() == kExternal;
        break;
      default:
        field.skip();
    }
  });
  return tensor;
}

AttributeType type_of(const AttributeMessage& attribute, bool has_real, bool has_integer) {
  if (attribute.type != AttributeType::Undefined) return attribute.type;
  if (attribute.tensor) return AttributeType::Tensor;
  if (attribute.graph) return AttributeType::Graph;
  if (!attribute.reals.empty()) return AttributeType::Floats;
  if (!attribute.integers.empty()) return AttributeType::Ints;
  if (!attribute.texts.empty()) return AttributeType::Strings;
  if (has_real) return AttributeType::Float;
  if (has_integer) return AttributeType::Int;
  return attribute.text.data() != nullptr ? AttributeType::String : AttributeType::Undefined;
}

AttributeMessage Parser::attribute(std::string_view message) {
  count();
  AttributeMessage attribute;
  bool has_real = false;
  bool has_integer = false;
  each_field(message, [&](Field& field) {
    switch (field.number()) {
      case 1:
        attribute.name = field.bytes();
        break;
      case 2:
        attribute.real = field.real();
        has_real = true;
        break;
      case 3:
        attribute.integer = field.integer();
        has_integer = true;
        break;
      case 4:
        attribute.text = field.bytes();
        break;
      case 5:
        attribute.tensor = std::make_shared<const TensorMessage>(tensor(field.bytes()));
        break;
      case 6:
        attribute.graph = std::make_shared<const GraphMessage>(graph(field.bytes()));
        break;
      case 7:
        field.append_reals(attribute.reals);
        break;
      case 8:
        field.append_integers(attribute.integers);
        break;
      case 9:
        attribute.texts.push_back(field.bytes());
        break;
      case 20:
        attribute.type = static_cast<AttributeType>(field.integer());
        break;
      case 21:
        attribute.reference = field.bytes();
        break;
      default:
        field.skip();
    }
  });
  attribute.type = type_of(attribute, has_real, has_integer);
  return attribute;
}

NodeMessage Parser::node(std::string_view message) {
  count();
  NodeMessage node;
  each_field(message, [&](Field& field) {
    switch (field.number()) {
      case 1:
        node.inputs.push_back(field.bytes());
        break;
      case 2:
        node.outputs.push_back(field.bytes());
        break;
      case 3:
        node.name = field.bytes();
        break;
      case 4:
        node.op = field.bytes();
        break;
      case 5:
        node.attributes.push_back(attribute(field.bytes()));
        break;
      case 7:
        node.domain = field.bytes();
        break;
      case 8:
        node.overload = field.bytes();
        break;
      default:
        field.skip();
    }
  });
  // Both stand for ONNX's own operators.
  if (node.domain == "ai.onnx") node.domain = "";
  return node;
}

std::vector<Dimension> Parser::shape(std::string_view message) {
  std::vector<Dimension> dimensions;
  each_field(message, [&](Field& field) {
    if (field.number() != 1) return field.skip();
    Dimension dimension;
    each_field(field.bytes(), [&](Field& part) {
      switch (part.number()) {
        case 1:
          dimension.extent = part.integer();
          break;
        case 2:
          dimension.symbol = part.bytes();
          break;
        default:
          part.skip();
      }
    });
    dimensions.push_back(dimension);
  });
  return dimensions;
}

void Parser::read_type(std::string_view message, ValueMessage& value) {
  const auto read_tensor = [&](std::string_view tensor) {
    each_field(tensor, [&](Field& field) {
      switch (field.number()) {
        case 1:
          value.type = static_cast<ElementType>(field.integer());
          break;
        case 2:
          value.shape = shape(field.bytes());
          break;
        default:
          field.skip();
      }
    });
  };
  const auto other = [&](Field& field, std::string_view kind) {
    value.kind = kind;
    field.skip();
  };
  each_field(message, [&](Field& field) {
    switch (field.number()) {
      case 1:
        read_tensor(field.bytes());
        break;
      case 4:
        other(field, "sequence");
        break;
      case 5:
        other(field, "map");
        break;
      case 8:
        other(field, "sparse tensor");
        break;
      case 9:
        other(field, "optional");
        break;
      default:
        field.skip();
    }
  });
}

ValueMessage Parser::value(std::string_view message) {
  count();
  ValueMessage value;
  each_field(message, [&](Field& field) {
    switch (field.number()) {
      case 1:
        value.name = field.bytes();
        break;
      case 2:
        read_type(field.bytes(), value);
        break;
      default:
        field.skip();
    }
  });
  return value;
}

GraphMessage Parser::graph(std::string_view message) {
  if (++depth_ > kDeepestGraph)
    invalid("its graphs lie within each other more than " + std::to_string(kDeepestGraph) + " deep.");
  count();
  GraphMessage graph;
  each_field(message, [&](Field& field) {
    switch (field.number()) {
      case 1:
        graph.nodes.push_back(node(field.bytes()));
        break;
      case 2:
        graph.name = field.bytes();
        break;
      case 5:
        graph.initializers.push_back(tensor(field.bytes()));
        break;
      case 11:
        graph.inputs.push_back(value(field.bytes()));
        break;
      case 12:
        graph.outputs.push_back(value(field.bytes()));
        break;
      case 13:
        graph.values.push_back(value(field.bytes()));
        break;
      case 15:
        graph.has_sparse_initializers = true;
        field.skip();
        break;
      default:
        field.skip();
    }
  });
  --depth_;
  return graph;
}

void Parser::read_opset(std::string_view message, OpsetVersions& opsets) {
  std::string_view domain;
  int64_t version = 0;
  each_field(message, [&](Field& field) {
    switch (field.number()) {
      case 1:
        domain = field.bytes();
        break;
      case 2:
        version = field.integer();
        break;
      default:
        field.skip();
    }
  });
  opsets[domain == "ai.onnx" ? "" : domain] = version;
}

FunctionMessage Parser::function(std::string_view message) {
  count();
  FunctionMessage function;
  each_field(message, [&](Field& field) {
    switch (field.number()) {
      case 1:
        function.name = field.bytes();
        break;
      case 4:
        function.inputs.push_back(field.bytes());
        break;
      case 5:
        function.outputs.push_back(field.bytes());
        break;
      case 7:
        function.nodes.push_back(node(field.bytes()));
        break;
      case 9:
        read_opset(field.bytes(), function.opsets);
        break;
      case 10:
        function.domain = field.bytes();
        break;
      case 11:
        function.defaults.push_back(attribute(field.bytes()));
        break;
      case 13:
        function.overload = field.bytes();
        break;
      default:
        field.skip();
    }
  });
  return function;
}

ModelMessage Parser::model(std::string_view message) {
  ModelMessage model;
  bool has_graph = false;
  each_field(message, [&](Field& field) {
    switch (field.number()) {
      case 1:
        model.ir_version = field.integer();
        break;
      case 2:
        model.producer = field.bytes();
        break;
      case 7:
        model.graph = graph(field.bytes());
        has_graph = true;
        break;
      case 8:
        read_opset(field.bytes(), model.opsets);
        break;
      case 25:
        model.functions.push_back(function(field.bytes()));
        break;
      default:
        field.skip();
    }
  });
  if (!has_graph) invalid("it holds no graph.");
  return model;
}

/// protozero's exceptions as Octet's.
template <class Parse>
auto checked(const Parse& parse) {
  try {
    return parse();
  } catch (const protozero::exception& problem) {
    invalid(std::string("its bytes end within a message, or are none (") + problem.what() + ").");
  }
}

}  // namespace

std::string to_string(ElementType type) {
  switch (type) {
    case ElementType::Undefined:
      return "UNDEFINED";
    case ElementType::Float:
      return "FLOAT";
    case ElementType::UInt8:
      return "UINT8";
    case ElementType::Int8:
      return "INT8";
    case ElementType::UInt16:
      return "UINT16";
    case ElementType::Int16:
      return "INT16";
    case ElementType::Int32:
      return "INT32";
    case ElementType::Int64:
      return "INT64";
    case ElementType::String:
      return "STRING";
    case ElementType::Bool:
      return "BOOL";
    case ElementType::Float16:
      return "FLOAT16";
    case ElementType::Double:
      return "DOUBLE";
    case ElementType::UInt32:
      return "UINT32";
    case ElementType::UInt64:
      return "UINT64";
    case ElementType::BFloat16:
      return "BFLOAT16";
    case ElementType::UInt4:
      return "UINT4";
    case ElementType::Int4:
      return "INT4";
  }
  return "type " + std::to_string(static_cast<int32_t>(type));
}

ModelMessage parse_model(std::span<const std::byte> file) {
  const std::string_view message(reinterpret_cast<const char*>(file.data()), file.size());
  return checked([&] { return Parser().model(message); });
}

std::vector<uint64_t> numbers_of(const TensorMessage& tensor, uint32_t field_number, size_t most) {
  constexpr uint32_t kFloatData = 4;
  constexpr uint32_t kDoubleData = 10;
  const pbf_wire_type type = field_number == kFloatData    ? pbf_wire_type::fixed32
                             : field_number == kDoubleData ? pbf_wire_type::fixed64
                                                           : pbf_wire_type::varint;
  return checked([&] {
    std::vector<uint64_t> numbers;
    each_field(tensor.message, [&](Field& field) {
      if (field.number() != field_number) return field.skip();
      field.append_bits(numbers, type, most);
    });
    return numbers;
  });
}

}  // namespace octet::formats::onnx
