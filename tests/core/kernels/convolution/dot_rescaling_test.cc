#include "kernels/convolution/dot_rescaling.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "kernels/arithmetic/requantize.h"
#include "kernels/convolution/depthwise_dot_kernel.h"
#include "support/graph_builder.h"

namespace octet::kernels {
namespace {

constexpr int32_t kPixels = 64;
constexpr size_t kSums = size_t{kPixels} * OCTET_DOT_CHANNELS;

/// What the side module's kernel makes of sums: without a tap, a sum is its bias, so a pixel at a time.
struct Rescaled {
  std::array<int8_t, OCTET_DOT_CHANNELS> output = {};
  bool is_certain = false;
};

Rescaled rescaled(const int32_t* sums, const DotRescaling& by) {
  Rescaled result;
  const int32_t offset = 0;
  int32_t left_over = 0;
  std::array<int32_t, OCTET_DOT_PIXELS* OCTET_DOT_CHANNELS> room = {};
  const DotSums task = {.packed = nullptr,
                        .input_offsets = &offset,
                        .pixels = 1,
                        .runs = nullptr,
                        .run_count = 0,
                        .quads_per_run = 0,
                        .weights = nullptr,
                        .bias = sums,
                        .rescaling = &by,
                        .sums = room.data(),
                        .output = result.output.data(),
                        .output_offsets = &offset,
                        .left_over = &left_over};
  result.is_certain = octet_dot_sums(&task) == 0;
  if (!result.is_certain) EXPECT_TRUE(std::equal(sums, sums + OCTET_DOT_CHANNELS, room.begin()));
  return result;
}

/// Sums of any size that `most` allows, sums that spread over the output's range, and sums beside ties.
std::vector<int32_t> sums_of(const std::array<double, 8>& factors, int64_t most, test::Random& random) {
  std::vector<int32_t> sums;
  for (size_t i = 0; i < kSums; ++i) {
    const double factor = factors[i % factors.size()];
    const double output = random.uniform() * 600 - 300;
    const double wanted = i % 3 == 0   ? (random.uniform() * 2 - 1) * static_cast<double>(most)
                          : i % 3 == 1 ? output / factor
                                       : (std::floor(output) + 0.5) / factor + static_cast<double>(i % 5) - 2;
    sums.push_back(
        static_cast<int32_t>(std::clamp(wanted, -static_cast<double>(most), static_cast<double>(most))));
  }
  return sums;
}

TEST(DotRescaling, EqualsTheRuleWhereItIsCertain) {
  test::Random random(7);
  int uncertain = 0;
  int pixels = 0;
  for (int round = 0; round < 400; ++round) {
    const double scale = std::exp2(-3 - round % 14);
    std::vector<FixedPointMultiplier> multipliers;
    std::array<double, 8> factors;
    for (size_t c = 0; c < 8; ++c) {
      multipliers.push_back(round % 5 == 4 ? multiplier_of_shift(3 + round % 13)
                                           : fixed_point_multiplier(scale * (0.25 + 0.7 * random.uniform())));
      factors[c] = std::ldexp(multipliers[c].multiplier, multipliers[c].shift - 31);
    }
    const int32_t zero_point = static_cast<int32_t>(random.uniform() * 256) - 128;
    const Int8Range range = {.zero_point = zero_point,
                             .low = round % 3 == 0 ? zero_point : -128,
                             .high = round % 4 == 0 ? std::min(zero_point + 60, 127) : 127};
    const int64_t most = static_cast<int64_t>(32000 / *std::max_element(factors.begin(), factors.end()));
    const auto by = make_dot_rescaling(multipliers, range, std::vector<int64_t>(8, most));
    ASSERT_TRUE(by);
    const std::vector<int32_t> sums = sums_of(factors, most, random);
    for (size_t p = 0; p < kSums; p += OCTET_DOT_CHANNELS) {
      const Rescaled result = rescaled(sums.data() + p, *by);
      ++pixels;
      if (!result.is_certain) ++uncertain;
      for (size_t c = 0; result.is_certain && c < 8; ++c) {
        const int64_t moved = int64_t{multiply_by(sums[p + c], multipliers[c])} + zero_point;
        ASSERT_EQ(result.output[c], clamp_to_int8(moved, range.low, range.high))
            << "sum " << sums[p + c] << ", multiplier " << multipliers[c].multiplier << ", shift "
            << multipliers[c].shift << ", zero point " << zero_point;
      }
    }
  }
  // A third of the sums are beside ties on purpose.
  EXPECT_GT(uncertain, 0);
  EXPECT_LT(uncertain, pixels);
}

TEST(DotRescaling, ByRealMultipliersEqualsTheRule) {
  test::Random random(8);
  for (int round = 0; round < 200; ++round) {
    std::vector<double> multipliers;
    std::array<double, 8> factors;
    for (size_t c = 0; c < 8; ++c) multipliers.push_back(factors[c] = 0.004 * (0.1 + random.uniform()));
    const Int8Range range = {.zero_point = round % 256 - 128};
    const auto by = make_dot_rescaling(multipliers, range, std::vector<int64_t>(8, 7'000'000));
    ASSERT_TRUE(by);
    const std::vector<int32_t> sums = sums_of(factors, 7'000'000, random);
    for (size_t p = 0; p < kSums; p += OCTET_DOT_CHANNELS) {
      const Rescaled result = rescaled(sums.data() + p, *by);
      for (size_t c = 0; result.is_certain && c < 8; ++c) {
        const int64_t moved = int64_t{multiply_by_real(sums[p + c], multipliers[c])} + range.zero_point;
        ASSERT_EQ(result.output[c], clamp_to_int8(moved, range.low, range.high)) << sums[p + c];
      }
    }
  }
}

TEST(DotRescaling, IsNotForWhatItCannotHold) {
  const std::vector<int64_t> small(8, 1000);
  std::vector<FixedPointMultiplier> multipliers(8, fixed_point_multiplier(0.01));
  EXPECT_TRUE(make_dot_rescaling(multipliers, {}, small));
  EXPECT_FALSE(make_dot_rescaling(multipliers, {}, std::vector<int64_t>(8, 3'300'000)));
  EXPECT_FALSE(make_dot_rescaling(std::span(multipliers).first(7), {}, small));
  multipliers[3] = fixed_point_multiplier(1.5);
  EXPECT_FALSE(make_dot_rescaling(multipliers, {}, small));
}

TEST(DepthwiseDots, AKernelIsProbedBeforeItIsUsed) {
  EXPECT_EQ(depthwise_dot().kernel, nullptr);
  EXPECT_TRUE(use_depthwise_dot_kernel(octet_depthwise_dots));
  EXPECT_EQ(depthwise_dot().operand, DotOperand::Unsigned);
  EXPECT_FALSE(use_depthwise_dot_kernel([](const DepthwiseDots* task) {
    const int32_t left_over = octet_depthwise_dots(task);
    ++task->output[task->output_pixel_step + 2];
    return left_over;
  }));
  EXPECT_EQ(depthwise_dot().kernel, nullptr);
}

}  // namespace
}  // namespace octet::kernels
