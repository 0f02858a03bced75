// Functions of integers of 8 or 16 bits as tables of all their results.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

namespace octet::kernels {

/// A function from In to Out. One of int16 takes 128 KiB, which stay in a second-level cache.
template <class In, class Out = In>
class FunctionTable {
 public:
  /// Calls `function` with each int32 in the range of In.
  template <class Function>
  explicit FunctionTable(Function function) : results_(size_t{kMost} - kLeast + 1) {
    for (int32_t q = kLeast; q <= kMost; ++q) results_[static_cast<size_t>(q - kLeast)] = function(q);
  }
  Out operator()(In q) const { return results_[static_cast<size_t>(q - kLeast)]; }

 private:
  static constexpr int32_t kLeast = std::numeric_limits<In>::min();
  static constexpr int32_t kMost = std::numeric_limits<In>::max();
  std::vector<Out> results_;
};

using LookupTable = FunctionTable<int8_t>;

/// The table of `function`.
template <class In = int8_t, class Out = In, class Function>
FunctionTable<In, Out> tabulate(Function function) {
  return FunctionTable<In, Out>(function);
}

template <class In, class Out>
void look_up(const FunctionTable<In, Out>& table, const In* in, Out* out, size_t count) {
  for (size_t i = 0; i < count; ++i) out[i] = table(in[i]);
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
