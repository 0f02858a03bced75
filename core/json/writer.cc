// Values to documents. Of nlohmann's library only the digits of numbers are used: as a whole it weighs three
// times as much as all this.
#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <nlohmann/detail/conversions/to_chars.hpp>

#include "json/value.h"

namespace octet::json {
namespace {

void write_integer(auto number, std::string& out) {
  std::array<char, 24> digits;
  const auto [end, problem] = std::to_chars(digits.data(), digits.data() + digits.size(), number);
  out.append(digits.data(), end);
}

/// As few digits as tell it from other doubles. With an exponent where it would have more than fifteen digits
/// before the point, or more than three zeros behind it.
void write_number(double number, std::string& out) {
  if (!std::isfinite(number)) {
    out += std::isnan(number) ? "null" : number > 0 ? "1e999" : "-1e999";
    return;
  }
  std::array<char, 64> digits;
  out.append(digits.data(), nlohmann::detail::to_chars(digits.data(), digits.data() + digits.size(), number));
}

/// Bytes of the UTF-8 character that begins `text`, or 0 where none does.
size_t character_at(std::string_view text) {
  const auto byte = [&](size_t i) { return i < text.size() ? static_cast<uint8_t>(text[i]) : uint8_t{0}; };
  const auto follows = [&](size_t i, uint8_t low = 0x80, uint8_t high = 0xBF) {
    return byte(i) >= low && byte(i) <= high;
  };
  const uint8_t first = byte(0);
  if (first < 0x80) return 1;
  if (first >= 0xC2 && first <= 0xDF) return follows(1) ? 2 : 0;
  if (first >= 0xE0 && first <= 0xEF) {
    // Neither longer than needed, nor half of a UTF-16 pair.
    const bool second = follows(1, first == 0xE0 ? 0xA0 : 0x80, first == 0xED ? 0x9F : 0xBF);
    return second && follows(2) ? 3 : 0;
  }
  if (first >= 0xF0 && first <= 0xF4) {
    const bool second = follows(1, first == 0xF0 ? 0x90 : 0x80, first == 0xF4 ? 0x8F : 0xBF);
    return second && follows(2) && follows(3) ? 4 : 0;
  }
  return 0;
}

void write_escaped(char byte, std::string& out) {
  constexpr std::string_view kSpecial = "\"\\\b\f\n\r\t";
  constexpr std::string_view kLetters = "\"\\bfnrt";
  constexpr std::string_view kHex = "0123456789abcdef";
  if (const size_t at = kSpecial.find(byte); at != kSpecial.npos) {
    out += '\\';
    out += kLetters[at];
  } else if (static_cast<uint8_t>(byte) < 0x20) {
    out.append("\\u00");
    out += kHex[static_cast<uint8_t>(byte) >> 4];
    out += kHex[byte & 15];
  } else {
    out += byte;
  }
}

void write_text(std::string_view text, std::string& out) {
  out += '"';
  while (!text.empty()) {
    const size_t bytes = character_at(text);
    if (bytes == 1) {
      write_escaped(text[0], out);
    } else if (bytes == 0) {
      out += "\xEF\xBF\xBD";  // The replacement character.
    } else {
      out.append(text.substr(0, bytes));
    }
    text.remove_prefix(std::max<size_t>(bytes, 1));
  }
  out += '"';
}

struct Writer {
  std::string& out;

  void operator()(std::monostate) { out += "null"; }
  void operator()(bool value) { out += value ? "true" : "false"; }
  void operator()(int64_t value) { write_integer(value, out); }
  void operator()(uint64_t value) { write_integer(value, out); }
  void operator()(double value) { write_number(value, out); }
  void operator()(const std::string& text) { write_text(text, out); }
  void operator()(const Value::Array& elements) {
    out += '[';
    for (const Value& element : elements) {
      if (&element != elements.data()) out += ',';
      std::visit(*this, element.content());
    }
    out += ']';
  }
  void operator()(const Value::Object& members) {
    out += '{';
    for (const Value::Member& member : members) {
      if (&member != members.data()) out += ',';
      write_text(member.first, out);
      out += ':';
      std::visit(*this, member.second.content());
    }
    out += '}';
  }
};

}  // namespace

std::string to_string(const Value& value) {
  std::string text;
  std::visit(Writer{text}, value.content());
  return text;
}

}  // namespace octet::json
