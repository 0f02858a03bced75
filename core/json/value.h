// JSON documents as values: what the settings, reports and graphs that cross into JavaScript are made of and
// read from.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <ranges>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace octet::json {

/// A value of any kind. Members of objects keep the order in which they were put in.
class Value {
 public:
  using Array = std::vector<Value>;
  using Member = std::pair<std::string, Value>;
  using Object = std::vector<Member>;

  Value() = default;  ///< null
  Value(bool value) : content_(value) {}
  template <std::signed_integral Integer>
  Value(Integer value) : content_(int64_t{value}) {}
  template <std::unsigned_integral Integer>
  requires(!std::same_as<Integer, bool>) Value(Integer value) : content_(uint64_t{value}) {}
  Value(double value) : content_(value) {}
  Value(float value) : content_(double{value}) {}
  Value(std::string text) : content_(std::move(text)) {}
  Value(std::string_view text) : content_(std::string(text)) {}
  Value(const char* text) : content_(std::string(text)) {}
  Value(Array elements) : content_(std::move(elements)) {}
  Value(Object members) : content_(std::move(members)) {}
  /// A list of the elements of a range.
  template <std::ranges::input_range Range>
  requires(!std::convertible_to<Range, std::string_view> &&
           !std::same_as<std::remove_cvref_t<Range>, Array> &&
           !std::same_as<std::remove_cvref_t<Range>, Object> &&
           !std::same_as<std::remove_cvref_t<Range>, Value>) Value(const Range& range)
      : content_(Array()) {
    for (const auto& element : range) push_back(element);
  }

  /// An object: {{"name", value}, ...}.
  Value(std::initializer_list<Member> members) : content_(Object(members)) {}

  static Value array() { return Array(); }
  static Value object() { return Object(); }

  bool is_object() const { return std::holds_alternative<Object>(content_); }
  bool is_array() const { return std::holds_alternative<Array>(content_); }
  bool is_string() const { return std::holds_alternative<std::string>(content_); }
  bool is_boolean() const { return std::holds_alternative<bool>(content_); }
  bool is_number() const { return number().has_value(); }

  // What the value is, or nothing where it is of another kind.
  std::optional<bool> boolean() const;
  std::optional<double> number() const;
  /// A number that is a whole one within 64 bits.
  std::optional<int64_t> integer() const;
  const std::string* string() const { return std::get_if<std::string>(&content_); }

  /// The elements of an array; none of other kinds.
  const Array& elements() const;
  /// The members of an object; none of other kinds.
  const Object& members() const;
  size_t size() const { return elements().size(); }

  /// The member of that name, or null where there is none or this is no object.
  const Value* find(std::string_view name) const;
  bool contains(std::string_view name) const { return find(name) != nullptr; }
  /// The member of that name, or null as a value.
  const Value& operator[](std::string_view name) const;

  /// The member of that name, added where there is none. Makes an object of what is none.
  Value& operator[](std::string_view name);
  Value* find(std::string_view name);
  /// The elements, to be changed. Makes an array of what is none.
  Array& elements();
  void push_back(Value element) { elements().push_back(std::move(element)); }

  using Content = std::variant<std::monostate, bool, int64_t, uint64_t, double, std::string, Array, Object>;
  const Content& content() const { return content_; }

  friend bool operator==(const Value&, const Value&) = default;

 private:
  Content content_;
};

/// The document on one line. Numbers have as few digits as tell them apart. What is infinite is written as a
/// number beyond all doubles, which readers, JavaScript's among them, take for infinite; NaN becomes null.
/// Bytes that are no UTF-8 become replacement characters.
std::string to_string(const Value& value);

/// The value of a document, or nothing where it is no JSON or lies deeper than 512 levels. Of members of one
/// name the last counts.
std::optional<Value> parsed(std::string_view text);

/// The value of a document that Octet wrote itself. Throws Internal where it is none.
Value parse(std::string_view text);

}  // namespace octet::json
