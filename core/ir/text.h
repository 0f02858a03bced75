// Puts sentences together: one call however many parts, where adding strings up makes code of each.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

namespace octet {

/// The parts behind each other.
std::string text(std::initializer_list<std::string_view> parts);

/// "a, b, c".
template <class Names>
std::string joined(const Names& names) {
  std::string list;
  for (const auto& name : names) {
    if (!list.empty()) list += ", ";
    list += name;
  }
  return list;
}

/// A figure with at most so many significant digits: "0.5", "1.23e+06".
std::string number_text(double value, int digits = 3);

}  // namespace octet
