#include "ir/shape.h"

#include <gtest/gtest.h>

#include "ir/error.h"

namespace octet {
namespace {

TEST(Shape, RefusesWhatWouldOverflow) {
  EXPECT_THROW((Shape{1 << 15, 1 << 15}), Error);
  EXPECT_THROW((Shape{0x7fffffff, 0x7fffffff, 0x7fffffff, 0x7fffffff}), Error);
  EXPECT_THROW((Shape{3, 0}), Error);
  EXPECT_THROW((Shape{3, -1}), Error);
  EXPECT_THROW((Shape{1, 1, 1, 1, 1, 1, 1, 1, 1}), Error);
}

TEST(Shape, CountsElements) {
  EXPECT_EQ(Shape{}.elements(), 1);
  EXPECT_EQ((Shape{2, 3, 5}).elements(), 30);
  EXPECT_EQ((Shape{2, 3, 5}).elements(1, 3), 15);
  EXPECT_EQ((Shape{2, 3, 5})[-1], 5);
}

TEST(Shape, BroadcastsAsNumPy) {
  EXPECT_EQ(broadcast({2, 3, 4}, {4}), (Shape{2, 3, 4}));
  EXPECT_EQ(broadcast({2, 1, 4}, {3, 1}), (Shape{2, 3, 4}));
  EXPECT_EQ(broadcast({}, {5}), (Shape{5}));
  EXPECT_THROW(broadcast({2, 3}, {2}), Error);
}

TEST(Shape, AxesCountFromTheEndToo) {
  EXPECT_EQ(normalized_axis(-1, 4), 3);
  EXPECT_THROW(normalized_axis(4, 4), Error);
  EXPECT_THROW(normalized_axis(-5, 4), Error);
}

}  // namespace
}  // namespace octet
