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

}  // namespace
}  // namespace octet::emulate
