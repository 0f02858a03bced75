// A node's name made short, for people to read.
#pragma once

#include <string>
#include <string_view>

namespace octet {

/// The last two components of what stands before the first ';' (converters join the names of the nodes that
/// they fused). Not unique.
inline std::string short_name(std::string_view name) {
  const std::string_view first = name.substr(0, name.find(';'));
  const size_t last = first.rfind('/');
  if (last == std::string_view::npos || last == 0) return std::string(first);
  const size_t before = first.rfind('/', last - 1);
  return std::string(before == std::string_view::npos ? first : first.substr(before + 1));
}

}  // namespace octet
