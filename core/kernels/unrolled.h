// A loop over constants. Plain C++ without the library: kernels that are compiled apart (relaxed/) take it
// too.
#pragma once

namespace octet::kernels {

/// A constant as a type.
template <int kValue>
struct Constant {
  constexpr operator int() const { return kValue; }
};

/// Calls body(0), ..., body(kCount - 1) with constants. An array that is only indexed so lives in registers,
/// whereas a loop that the compiler leaves rolled, or unrolls late, stores its elements in every round.
/// A body that is not short must be marked always_inline: one that is called sends the arrays it captures to
/// memory as well.
template <int kCount, int kFirst = 0, class Body>
[[gnu::always_inline]] inline void unrolled(const Body& body) {
  if constexpr (kFirst < kCount) {
    body(Constant<kFirst>());
    unrolled<kCount, kFirst + 1>(body);
  }
}

}  // namespace octet::kernels
