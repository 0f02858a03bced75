#include "emulate/memory_plan.h"

#include <gtest/gtest.h>

#include "support/graph_builder.h"

namespace octet::emulate {
namespace {

TEST(MemoryPlan, BlocksAliveTogetherNeverOverlap) {
  test::Random random(1);
  for (int round = 0; round < 50; ++round) {
    std::vector<Lifetime> lifetimes(40);
    for (Lifetime& lifetime : lifetimes) {
      lifetime.bytes = static_cast<size_t>(random.uniform() * 5000);
      lifetime.first = static_cast<int>(random.uniform() * 30);
      lifetime.last = lifetime.first + static_cast<int>(random.uniform() * 10);
    }
    const MemoryPlan plan = plan_memory(lifetimes);
    for (size_t a = 0; a < lifetimes.size(); ++a) {
      EXPECT_EQ(plan.offsets[a] % kAlignment, 0u);
      EXPECT_LE(plan.offsets[a] + lifetimes[a].bytes, plan.total_bytes);
      for (size_t b = 0; b < a; ++b) {
        const bool together =
            lifetimes[a].first <= lifetimes[b].last && lifetimes[b].first <= lifetimes[a].last;
        if (!together) continue;
        EXPECT_TRUE(plan.offsets[a] + lifetimes[a].bytes <= plan.offsets[b] ||
                    plan.offsets[b] + lifetimes[b].bytes <= plan.offsets[a]);
      }
    }
  }
}

TEST(MemoryPlan, ReusesWhatIsNoLongerNeeded) {
  const MemoryPlan plan = plan_memory({{1024, 0, 1}, {1024, 1, 2}, {1024, 2, 3}, {1024, 3, 4}});
  EXPECT_EQ(plan.total_bytes, 2048u);
}

TEST(MemoryPlan, RefusesMoreThanABlockOfMemoryHas) {
  constexpr uint64_t kGiB = uint64_t{1} << 30;
  const auto five_at_once = [](uint64_t bytes) {
    return plan_memory(std::vector<Lifetime>(5, {.bytes = bytes, .first = 0, .last = 1})).total_bytes;
  };
  EXPECT_EQ(five_at_once(kGiB / 5 / 64 * 64), kGiB / 5 / 64 * 64 * 5);
  for (const uint64_t bytes : {kGiB / 2, kGiB, 16 * kGiB}) {
    try {
      five_at_once(bytes);
      FAIL() << bytes << " bytes were not refused.";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::OutOfMemory);
    }
  }
  EXPECT_EQ(plan_memory({{kGiB, 0, 0}, {kGiB, 1, 1}, {kGiB, 2, 2}}).total_bytes, kGiB);
}

}  // namespace
}  // namespace octet::emulate
