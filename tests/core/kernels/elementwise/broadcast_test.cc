#include "kernels/elementwise/broadcast.h"

#include <gtest/gtest.h>

#include <vector>

#include "ir/error.h"

namespace octet::kernels {
namespace {

/// Offset of element `index` of `output` in an operand of shape `operand`, by the definition of broadcasting.
size_t naive_offset(const Shape& output, size_t index, const Shape& operand) {
  size_t offset = 0, stride = 1;
  for (int from_end = 1; from_end <= output.rank(); ++from_end) {
    const size_t coordinate = index % static_cast<size_t>(output[-from_end]);
    index /= static_cast<size_t>(output[-from_end]);
    if (from_end > operand.rank()) continue;
    const size_t extent = static_cast<size_t>(operand[-from_end]);
    if (extent > 1) offset += coordinate * stride;
    stride *= extent;
  }
  return offset;
}

struct Pair {
  Shape a, b;
  size_t row_length;
};

TEST(Broadcast, VisitsEveryElementInTheOutputsOrder) {
  const Pair pairs[] = {{{1, 4, 5, 3}, {1, 4, 5, 3}, 60},
                        {{2, 4, 5, 3}, {}, 120},
                        {{1}, {2, 3}, 6},
                        {{2, 4, 5, 3}, {3}, 3},
                        {{2, 4, 5, 3}, {1, 1, 1, 3}, 3},
                        {{3}, {2, 4, 5, 3}, 3},
                        {{2, 4, 5, 3}, {1, 4, 5, 1}, 3},
                        {{2, 4, 5, 3}, {2, 1, 1, 3}, 3},
                        {{2, 4, 5, 3}, {4, 5, 3}, 60},
                        {{2, 1, 5, 1}, {1, 4, 1, 3}, 3},
                        {{7, 1}, {1, 6}, 6},
                        {{1, 1, 1, 1}, {1}, 1},
                        {{2, 1, 3, 1, 2, 1}, {2, 3, 1, 2, 1, 4}, 4}};
  for (const Pair& pair : pairs) {
    SCOPED_TRACE(to_string(pair.a) + " with " + to_string(pair.b));
    const BroadcastLoops loops(pair.a, pair.b);
    EXPECT_EQ(loops.row_length(), pair.row_length);
    const Shape output = broadcast(pair.a, pair.b);
    size_t visited = 0;
    loops.for_each_row([&](size_t a, size_t b, size_t out) {
      EXPECT_EQ(out, visited);
      for (size_t i = 0; i < loops.row_length(); ++i, ++visited) {
        EXPECT_EQ(a + (loops.a_repeats() ? 0 : i), naive_offset(output, visited, pair.a));
        EXPECT_EQ(b + (loops.b_repeats() ? 0 : i), naive_offset(output, visited, pair.b));
      }
    });
    EXPECT_EQ(visited, static_cast<size_t>(output.elements()));
  }
  EXPECT_THROW(BroadcastLoops({2, 3}, {3, 2}), Error);
}

}  // namespace
}  // namespace octet::kernels
