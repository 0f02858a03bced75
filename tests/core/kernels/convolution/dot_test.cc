#include "kernels/convolution/dot.h"

#include <gtest/gtest.h>

#include "support/dot_kernels.h"

namespace octet::kernels {
namespace {

TEST(Dot, FindsOutHowAKernelTakesItsBytes) {
  EXPECT_EQ(dot().kernel, nullptr);
  {
    const test::DotScope scope(octet_dot_sums);
    EXPECT_EQ(dot().kernel, octet_dot_sums);
    EXPECT_EQ(dot().operand, DotOperand::Unsigned);
  }
  {
    const test::DotScope scope(test::signed_dot);
    EXPECT_EQ(dot().kernel, test::signed_dot);
    EXPECT_EQ(dot().operand, DotOperand::Signed);
  }
  EXPECT_EQ(dot().kernel, nullptr);
}

TEST(Dot, RefusesAKernelThatIsNotExact) {
  EXPECT_FALSE(use_dot_kernel(test::saturating_dot));
  EXPECT_EQ(dot().kernel, nullptr);
  // Seven bits only.
  EXPECT_FALSE(use_dot_kernel([](const DotSums* task) {
    return test::plain_sums(task, [](int32_t sum, const int8_t* weights, const uint8_t* bytes) {
      for (int i = 0; i < 4; ++i) sum += weights[i] * (bytes[i] & 127);
      return sum;
    });
  }));
  EXPECT_EQ(dot().kernel, nullptr);
}

}  // namespace
}  // namespace octet::kernels
