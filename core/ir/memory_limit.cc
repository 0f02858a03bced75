#include "ir/memory_limit.h"

#include <utility>

namespace octet {
namespace {

/// "5.0 GiB": with one decimal, rounded up, so that what is refused reads as more than the limit.
std::string gibibytes(uint64_t bytes) {
  constexpr int kGiB = 30;
  const uint64_t whole = bytes >> kGiB;
  const uint64_t rest = bytes & ((uint64_t{1} << kGiB) - 1);
  const uint64_t tenths = whole * 10 + ((rest * 10 + (uint64_t{1} << kGiB) - 1) >> kGiB);
  return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " GiB";
}

}  // namespace

size_t block_bytes(uint64_t bytes, const std::string& what, ErrorLocation where) {
  if (bytes <= kMostBlockBytes) return static_cast<size_t>(bytes);
  throw Error(ErrorCode::OutOfMemory,
              what + " would take " + gibibytes(bytes) + " of memory; at most 2 GiB can be had at a time.",
              std::move(where), "Use a smaller input shape.");
}

}  // namespace octet
