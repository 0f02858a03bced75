#include "emulate/memory_plan.h"

#include <algorithm>
#include <numeric>

#include "ir/memory_limit.h"

namespace octet::emulate {
namespace {

constexpr uint64_t aligned(uint64_t bytes) { return (bytes + kAlignment - 1) / kAlignment * kAlignment; }

bool overlap(const Lifetime& a, const Lifetime& b) { return a.first <= b.last && b.first <= a.last; }

}  // namespace

MemoryPlan plan_memory(const std::vector<Lifetime>& lifetimes) {
  std::vector<uint64_t> offsets(lifetimes.size(), 0);
  uint64_t total = 0;
  std::vector<size_t> order(lifetimes.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return lifetimes[a].bytes > lifetimes[b].bytes; });

  std::vector<size_t> placed;  // Kept sorted by offset.
  for (const size_t block : order) {
    const uint64_t bytes = aligned(lifetimes[block].bytes);
    uint64_t offset = 0;
    for (const size_t other : placed) {
      if (!overlap(lifetimes[block], lifetimes[other])) continue;
      if (offset + bytes <= offsets[other]) break;
      offset = std::max(offset, offsets[other] + aligned(lifetimes[other].bytes));
    }
    offsets[block] = offset;
    total = std::max(total, offset + bytes);
    const auto position =
        std::upper_bound(placed.begin(), placed.end(), offset,
                         [&](uint64_t value, size_t other) { return value < offsets[other]; });
    placed.insert(position, block);
  }
  const size_t total_bytes = block_bytes(total, "The activations of the model");
  return {.offsets = {offsets.begin(), offsets.end()}, .total_bytes = total_bytes};
}

}  // namespace octet::emulate
