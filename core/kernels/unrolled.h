// A loop over constants.
#pragma once

#include <type_traits>
#include <utility>

namespace octet::kernels {

/// Calls body(0), ..., body(kCount - 1) with constants. An array that is only indexed so lives in registers,
/// whereas a loop that the compiler leaves rolled, or unrolls late, stores its elements in every round.
/// A body that is not short must be marked always_inline: one that is called sends the arrays it captures to
/// memory as well.
template <int kCount, class Body>
[[gnu::always_inline]] inline void unrolled(const Body& body) {
  [&]<int... kIndex>(std::integer_sequence<int, kIndex...>) __attribute__((always_inline)) {
    (body(std::integral_constant<int, kIndex>()), ...);
  }
  (std::make_integer_sequence<int, kCount>());
}

}  // namespace octet::kernels
