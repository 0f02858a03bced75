#include "formats/octet/attributes.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "ir/text.h"

namespace octet::formats::octet_file {
namespace {

using flatbuffers::FlatBufferBuilder;
using flatbuffers::Offset;
using flatbuffers::Table;
using flatbuffers::voffset_t;
using Pairs = std::vector<std::array<int32_t, 2>>;

/// The place of field `i` in a table's list of offsets.
constexpr voffset_t offset_of(size_t i) { return static_cast<voffset_t>(4 + 2 * i); }

// ---------------------------------------------------------------------------------------------------------
// Writing

/// A member as the table holds it.
struct StoredField {
  enum class Kind : uint8_t { Byte, Int, Float, Offset, Spatial, Padding };
  Kind kind;
  uint32_t bits = 0;  ///< Of a byte, a number or an offset.
  std::array<int32_t, 4> sides = {};
};

/// Writes what lies outside of a table before the table is begun.
class FieldWriter {
 public:
  explicit FieldWriter(FlatBufferBuilder& builder) : builder_(builder) {}

  template <Described T>
  Offset<Table> write(const T& described) {
    std::vector<StoredField> fields;
    T::fields([&](std::string_view, auto member) { fields.push_back(stored(described.*member)); });
    return table(fields);
  }

 private:
  using Kind = StoredField::Kind;

  StoredField stored(bool value) { return {Kind::Byte, value}; }
  StoredField stored(int32_t value) { return {Kind::Int, static_cast<uint32_t>(value)}; }
  StoredField stored(float value) {
    uint32_t bits = 0;
    std::memcpy(&bits, &value, sizeof(bits));
    return {Kind::Float, bits};
  }
  template <class Choice>
  requires std::is_enum_v<Choice> StoredField stored(Choice value) {
    return {Kind::Byte, static_cast<uint32_t>(value)};
  }
  StoredField stored(const Spatial& value) { return {Kind::Spatial, 0, {value.height, value.width}}; }
  StoredField stored(const Padding2d& value) {
    return {Kind::Padding, 0, {value.top, value.bottom, value.left, value.right}};
  }
  template <class Number>
  requires std::is_arithmetic_v<Number> StoredField stored(const std::vector<Number>& values) {
    return {Kind::Offset, builder_.CreateVector(values).o};
  }
  template <size_t N>
  StoredField stored(const std::array<int32_t, N>& values) {
    return {Kind::Offset, builder_.CreateVector(values.data(), N).o};
  }
  StoredField stored(const Pairs& pairs) {
    std::vector<int32_t> flat;
    for (const auto& pair : pairs) flat.insert(flat.end(), pair.begin(), pair.end());
    return stored(flat);
  }
  template <Described T>
  StoredField stored(const T& nested) {
    return {Kind::Offset, write(nested).o};
  }
  template <Described T>
  StoredField stored(const std::vector<T>& list) {
    std::vector<Offset<Table>> tables;
    for (const T& each : list) tables.push_back(write(each));
    return {Kind::Offset, builder_.CreateVector(tables).o};
  }

  /// In the order of flatc's own builders: what has four bytes first, last members in front.
  Offset<Table> table(const std::vector<StoredField>& fields) {
    const auto start = builder_.StartTable();
    for (size_t i = fields.size(); i-- > 0;) {
      if (fields[i].kind != Kind::Byte) add(offset_of(i), fields[i]);
    }
    for (size_t i = fields.size(); i-- > 0;) {
      if (fields[i].kind == Kind::Byte)
        builder_.AddElement<uint8_t>(offset_of(i), static_cast<uint8_t>(fields[i].bits), 0);
    }
    return Offset<Table>(builder_.EndTable(start));
  }

  void add(voffset_t place, const StoredField& field) {
    const auto& [height, width, third, fourth] = field.sides;
    switch (field.kind) {
      case Kind::Int:
        return builder_.AddElement<int32_t>(place, static_cast<int32_t>(field.bits), 0);
      case Kind::Float: {
        float value = 0;
        std::memcpy(&value, &field.bits, sizeof(value));
        return builder_.AddElement<float>(place, value, 0);
      }
      case Kind::Offset:
        return builder_.AddOffset(place, Offset<void>(field.bits));
      case Kind::Spatial: {
        const schema::Spatial spatial(height, width);
        return builder_.AddStruct(place, &spatial);
      }
      case Kind::Padding: {
        const schema::Padding2d padding(height, width, third, fourth);
        return builder_.AddStruct(place, &padding);
      }
      case Kind::Byte:
        break;
    }
  }

  FlatBufferBuilder& builder_;
};

// ---------------------------------------------------------------------------------------------------------
// Reading

/// Reads the members of one node's attributes from tables that the verifier has gone through.
class FieldReader {
 public:
  explicit FieldReader(const schema::Node& node) : node_(node) {}

  template <Described T>
  T read(const Table& table) const {
    T described;
    size_t i = 0;
    T::fields(
        [&](std::string_view name, auto member) { get(table, offset_of(i++), name, described.*member); });
    return described;
  }

  [[noreturn]] void invalid(const std::string& problem) const {
    throw Error(ErrorCode::InvalidFile, "The attributes of node '" + node_.name()->str() + "' " + problem,
                {.node = node_.name()->str()});
  }

 private:
  using Ints = flatbuffers::Vector<int32_t>;

  void get(const Table& table, voffset_t place, std::string_view, bool& value) const {
    value = table.GetField<uint8_t>(place, 0) != 0;
  }
  void get(const Table& table, voffset_t place, std::string_view, int32_t& value) const {
    value = table.GetField<int32_t>(place, 0);
  }
  void get(const Table& table, voffset_t place, std::string_view, float& value) const {
    value = table.GetField<float>(place, 0);
  }
  template <class Choice>
  requires std::is_enum_v<Choice>
  void get(const Table& table, voffset_t place, std::string_view name, Choice& value) const {
    const auto number = table.GetField<uint8_t>(place, 0);
    if (number >= names_of(Choice{}).size()) invalid(text({"have an unknown '", name, "'."}));
    value = static_cast<Choice>(number);
  }
  void get(const Table& table, voffset_t place, std::string_view name, Spatial& value) const {
    const auto* stored = table.GetStruct<const schema::Spatial*>(place);
    if (stored == nullptr) invalid(text({"lack '", name, "'."}));
    value = {stored->height(), stored->width()};
  }
  void get(const Table& table, voffset_t place, std::string_view name, Padding2d& value) const {
    const auto* stored = table.GetStruct<const schema::Padding2d*>(place);
    if (stored == nullptr) invalid(text({"lack '", name, "'."}));
    value = {stored->top(), stored->bottom(), stored->left(), stored->right()};
  }
  template <class Number>
  requires std::is_arithmetic_v<Number>
  void get(const Table& table, voffset_t place, std::string_view, std::vector<Number>& values) const {
    const auto* stored = table.GetPointer<const flatbuffers::Vector<Number>*>(place);
    values.clear();
    if (stored != nullptr) values.assign(stored->begin(), stored->end());
  }
  template <size_t N>
  void get(const Table& table, voffset_t place, std::string_view name, std::array<int32_t, N>& values) const {
    const Ints* const stored = table.GetPointer<const Ints*>(place);
    if (stored == nullptr || stored->size() != N)
      invalid(text({"need ", std::to_string(N), " numbers in '", name, "'."}));
    std::copy(stored->begin(), stored->end(), values.begin());
  }
  void get(const Table& table, voffset_t place, std::string_view name, Pairs& pairs) const {
    std::vector<int32_t> flat;
    get(table, place, name, flat);
    if (flat.size() % 2 != 0) invalid(text({"have half a pair in '", name, "'."}));
    for (size_t i = 0; i < flat.size(); i += 2) pairs.push_back({flat[i], flat[i + 1]});
  }
  template <Described T>
  void get(const Table& table, voffset_t place, std::string_view name, T& nested) const {
    const auto* stored = table.GetPointer<const Table*>(place);
    if (stored == nullptr) invalid(text({"lack '", name, "'."}));
    nested = read<T>(*stored);
  }
  template <Described T>
  void get(const Table& table, voffset_t place, std::string_view, std::vector<T>& list) const {
    const auto* stored = table.GetPointer<const flatbuffers::Vector<Offset<Table>>*>(place);
    if (stored == nullptr) return;
    for (const Table* each : *stored) list.push_back(read<T>(*each));
  }

  const schema::Node& node_;
};

// The union of the schema has the types of the variant, in its order, behind NONE.
static_assert(static_cast<size_t>(schema::Attributes::MAX) == std::variant_size_v<Attributes>);

template <size_t I>
Attributes read_as(const FieldReader& reader, const Table& table) {
  return reader.read<std::variant_alternative_t<I, Attributes>>(table);
}

template <size_t... I>
Attributes read_alternative(size_t index, const FieldReader& reader, const Table& table,
                            std::index_sequence<I...>) {
  using Read = Attributes (*)(const FieldReader&, const Table&);
  constexpr std::array<Read, sizeof...(I)> kRead = {read_as<I>...};
  return kRead[index](reader, table);
}

}  // namespace

std::pair<schema::Attributes, Offset<void>> write_attributes(FlatBufferBuilder& builder,
                                                             const Attributes& attributes) {
  const auto type = static_cast<schema::Attributes>(attributes.index() + 1);
  FieldWriter writer(builder);
  const Offset<Table> table =
      std::visit([&](const auto& described) { return writer.write(described); }, attributes);
  return {type, Offset<void>(table.o)};
}

Attributes read_attributes(const schema::Node& node) {
  const FieldReader reader(node);
  const auto* const table = static_cast<const Table*>(node.attributes());
  const auto type = static_cast<size_t>(node.attributes_type());
  if (table == nullptr || type == 0 || type > std::variant_size_v<Attributes>)
    reader.invalid("are missing or of a newer kind.");
  return read_alternative(type - 1, reader, *table,
                          std::make_index_sequence<std::variant_size_v<Attributes>>());
}

}  // namespace octet::formats::octet_file
