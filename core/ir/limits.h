// The numbers that a setting can have.
#pragma once

#include <string_view>

namespace octet {

struct Limits {
  std::string_view name;  ///< Of the field, as in JSON.
  double least = 0;
  double most = 0;
  bool above_least = false;   ///< `least` itself is not allowed.
  bool power_of_two = false;  ///< Whole powers of two alone.

  constexpr bool allow(double value) const {
    if (!(above_least ? value > least : value >= least) || !(value <= most)) return false;
    if (!power_of_two) return true;
    for (double power = 1; power <= value; power *= 2) {
      if (power == value) return true;
    }
    return false;
  }
};

}  // namespace octet
