#include "ir/text.h"

namespace octet {

std::string text(std::initializer_list<std::string_view> parts) {
  std::string result;
  for (const std::string_view part : parts) result += part;
  return result;
}

}  // namespace octet
