#include "ir/text.h"

#include <array>
#include <cstdio>

namespace octet {

std::string text(std::initializer_list<std::string_view> parts) {
  std::string result;
  for (const std::string_view part : parts) result += part;
  return result;
}

std::string number_text(double value, int digits) {
  std::array<char, 32> text;
  const int length = std::snprintf(text.data(), text.size(), "%.*g", digits, value);
  return {text.data(), static_cast<size_t>(length)};
}

}  // namespace octet
