// Documents to values, by RapidJSON's parser: iterative, so that no document can overflow the stack.
#include <rapidjson/reader.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <utility>

#include "json/value.h"

namespace octet::json {
namespace {

/// Values are destroyed one within the other.
constexpr size_t kDeepest = 512;

/// A number as JSON has it: an integer where it is written as one and fits, else the nearest double.
Value number_of(std::string_view digits) {
  const char* const end = digits.data() + digits.size();
  const auto as = [&](auto number) -> std::optional<Value> {
    const auto [stop, problem] = std::from_chars(digits.data(), end, number);
    return problem == std::errc() && stop == end ? std::optional<Value>(number) : std::nullopt;
  };
  if (const auto value = digits.starts_with('-') ? as(int64_t{}) : as(uint64_t{})) return *value;
  return std::strtod(std::string(digits).c_str(), nullptr);
}

/// Keeps the last of members that have one name, where the first of them stands.
void drop_repeated(Value::Object& members) {
  std::vector<std::string_view> names;
  for (const Value::Member& member : members) names.push_back(member.first);
  std::sort(names.begin(), names.end());
  if (std::adjacent_find(names.begin(), names.end()) == names.end()) return;
  Value whole = Value::object();
  for (Value::Member& member : members) whole[member.first] = std::move(member.second);
  members = whole.members();
}

/// Builds values from what the parser tells; each call returns whether to go on.
class Builder {
 public:
  bool Null() { return add({}); }
  bool Bool(bool value) { return add(value); }
  bool RawNumber(const char* digits, rapidjson::SizeType length, bool) {
    return add(number_of({digits, length}));
  }
  bool String(const char* text, rapidjson::SizeType length, bool) {
    return add(std::string_view(text, length));
  }
  bool Key(const char* text, rapidjson::SizeType length, bool) {
    open_.back().name.assign(text, length);
    return true;
  }
  bool StartObject() { return begin(true); }
  bool EndObject(rapidjson::SizeType) {
    drop_repeated(open_.back().members);
    return end();
  }
  bool StartArray() { return begin(false); }
  bool EndArray(rapidjson::SizeType) { return end(); }

  // The parser gives numbers as text.
  bool Int(int) { return false; }
  bool Uint(unsigned) { return false; }
  bool Int64(int64_t) { return false; }
  bool Uint64(uint64_t) { return false; }
  bool Double(double) { return false; }

  Value take() { return std::move(root_); }

 private:
  /// An array or object whose end has not been met.
  struct Open {
    bool is_object = false;
    Value::Object members = {};
    Value::Array elements = {};
    std::string name = {};  ///< Of the member that comes next.
  };

  bool begin(bool is_object) {
    if (open_.size() == kDeepest) return false;
    open_.push_back({.is_object = is_object});
    return true;
  }
  bool end() {
    Open closed = std::move(open_.back());
    open_.pop_back();
    return add(closed.is_object ? Value(std::move(closed.members)) : Value(std::move(closed.elements)));
  }
  bool add(Value value) {
    if (open_.empty()) {
      root_ = std::move(value);
    } else if (open_.back().is_object) {
      open_.back().members.emplace_back(std::move(open_.back().name), std::move(value));
    } else {
      open_.back().elements.push_back(std::move(value));
    }
    return true;
  }

  Value root_;
  std::vector<Open> open_;
};

/// A text with an end of its own: a NUL within it is no JSON, and what is behind the last byte is NUL to the
/// parser.
class Text {
 public:
  using Ch = char;
  explicit Text(std::string_view text) : text_(text) {}
  char Peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  char Take() { return at_ < text_.size() ? text_[at_++] : '\0'; }
  size_t Tell() const { return at_; }
  bool ended() const { return at_ == text_.size(); }

  // Of streams that are written, which this is not.
  char* PutBegin() { return nullptr; }
  void Put(char) {}
  void Flush() {}
  size_t PutEnd(char*) { return 0; }

 private:
  std::string_view text_;
  size_t at_ = 0;
};

}  // namespace

std::optional<Value> parsed(std::string_view text) {
  constexpr unsigned kFlags = rapidjson::kParseIterativeFlag | rapidjson::kParseValidateEncodingFlag |
                              rapidjson::kParseNumbersAsStringsFlag;
  Text stream(text);
  Builder builder;
  rapidjson::Reader reader;
  if (!reader.Parse<kFlags>(stream, builder) || !stream.ended()) return {};
  return builder.take();
}

}  // namespace octet::json
