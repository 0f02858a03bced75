// Assigns each computed tensor an offset in one arena, so that tensors alive at the same time never overlap.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "ir/tensor.h"

namespace octet::emulate {

/// A block that is needed from step `first` to step `last`, both inclusive.
struct Lifetime {
  uint64_t bytes = 0;
  int first = 0;
  int last = 0;
};

struct MemoryPlan {
  std::vector<size_t> offsets;  ///< One a lifetime, aligned to kAlignment.
  size_t total_bytes = 0;
};

inline constexpr size_t kAlignment = 64;

/// The first aligned byte of `storage`, which has kAlignment more than is needed: operator new promises less.
inline std::byte* aligned_start(Bytes& storage) {
  const auto address = reinterpret_cast<uintptr_t>(storage.data());
  return storage.data() + (kAlignment - address % kAlignment) % kAlignment;
}

/// Largest blocks first, each at the lowest offset that is free during its life (Pisarchyk & Lee 2020,
/// "Efficient Memory Management for Deep Neural Net Inference", greedy by size). Throws OutOfMemory where all
/// of them together need more than one block of memory can have.
MemoryPlan plan_memory(const std::vector<Lifetime>& lifetimes);

}  // namespace octet::emulate
