// Functions of int8 values as tables of all their results.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace octet::kernels {

/// The result for input q is at index q + 128.
using LookupTable = std::array<int8_t, 256>;

/// The table of `function`, called with each int32 in [-128, 127].
template <class Function>
LookupTable tabulate(Function function) {
  LookupTable table;
  for (int32_t q = -128; q <= 127; ++q) table[static_cast<size_t>(q + 128)] = function(q);
  return table;
}

inline void look_up(const LookupTable& table, const int8_t* in, int8_t* out, size_t count) {
  for (size_t i = 0; i < count; ++i) out[i] = table[static_cast<size_t>(in[i] + 128)];
}

/// A function of two int8 values: 64 KiB, which stay in a second-level cache.
class LookupTable2d {
 public:
  template <class Function>
  explicit LookupTable2d(Function function) : results_(65536) {
    for (int32_t a = -128; a <= 127; ++a) {
      for (int32_t b = -128; b <= 127; ++b) results_[index(a, b)] = function(a, b);
    }
  }
  int8_t operator()(int8_t a, int8_t b) const { return results_[index(a, b)]; }

 private:
  /// Second operand outermost: where it varies slowly (one value a channel), so do the cache lines.
  static size_t index(int32_t a, int32_t b) { return static_cast<size_t>((b + 128) * 256 + a + 128); }

  std::vector<int8_t> results_;
};

}  // namespace octet::kernels
