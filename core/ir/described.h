// Types that say what they hold once: what writes, reads, shows and compares their values goes through that.
#pragma once

#include <string_view>

namespace octet {

/// Types with a static fields(visit), which calls visit(name, pointer to member) for every member. Names are
/// those of JSON.
template <class T>
concept Described = requires {
  T::fields([](std::string_view, auto) {});
};

template <Described T>
constexpr bool operator==(const T& a, const T& b) {
  bool equal = true;
  T::fields([&](std::string_view, auto member) { equal = equal && a.*member == b.*member; });
  return equal;
}

}  // namespace octet
