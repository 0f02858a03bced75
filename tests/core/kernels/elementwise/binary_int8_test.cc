#include "kernels/elementwise/binary_int8.h"

#include <gtest/gtest.h>

#include <numeric>
#include <vector>

#include "kernels/vector_loop.h"
#include "support/graph_builder.h"

namespace octet::kernels {
namespace {

std::vector<int8_t> all_values() {
  std::vector<int8_t> values(256);
  std::iota(values.begin(), values.end(), int8_t{-128});
  return values;
}

/// Compares the results of all pairs of values with the exact rule; returns how many were in doubt.
template <class Function>
int check_all_pairs(const Function& function) {
  const std::vector<int8_t> values = all_values();
  std::vector<int8_t> results(256);
  int doubtful = 0;
  int different = 0;
  for (const int8_t b : values) {
    map_rows_by_estimate(values.data(), false, &b, true, results.data(), values.size(), function);
    for (size_t i = 0; i < values.size(); ++i) different += results[i] != function.exact(values[i], b);
    for (size_t i = 0; i < values.size(); i += 16) {
      v128_t doubt = wasm_i32x4_splat(0);
      function.estimate(wasm_v128_load(values.data() + i), wasm_i8x16_splat(b), doubt);
      doubtful += wasm_v128_any_true(doubt);
    }
  }
  EXPECT_EQ(different, 0);
  return doubtful;
}

TermTable linear_terms(int32_t step, int32_t zero) {
  TermTable terms;
  for (int32_t q = -128; q <= 127; ++q) terms[static_cast<size_t>(q + 128)] = step * (q - zero);
  return terms;
}

/// TFLite's terms: twenty more bits, then a multiplier of at most a half.
TermTable rounded_terms(double share, int32_t zero, int sign) {
  const FixedPointMultiplier multiplier = fixed_point_multiplier(share);
  TermTable terms;
  for (int32_t q = -128; q <= 127; ++q) {
    terms[static_cast<size_t>(q + 128)] = sign * multiply_by((q - zero) * (1 << 20), multiplier);
  }
  return terms;
}

TEST(SumInt8, EqualsTheTfliteRuleForAllPairs) {
  test::Random random(5);
  int doubtful = 0;
  constexpr int kCases = 60;
  for (int i = 0; i < kCases; ++i) {
    const double share = std::exp2(-1 - 6 * random.uniform());
    const double factor = std::exp2(-20 + 4 * random.uniform() - 2);
    const int32_t zero_a = static_cast<int32_t>(random.uniform() * 255) - 128;
    const int32_t zero_b = static_cast<int32_t>(random.uniform() * 255) - 128;
    const Rescale rescale(fixed_point_multiplier(factor), {i % 7 - 3, i % 5 == 0 ? -3 : -128, 127});
    doubtful += check_all_pairs(
        SumInt8(rounded_terms(0.5, zero_a, 1), rounded_terms(share, zero_b, i % 2 == 0 ? 1 : -1), rescale));
  }
  // The estimate must carry nearly all vectors, or it is of no use: 4096 of them in each case.
  EXPECT_LT(doubtful, kCases * 4096 / 50);
}

TEST(SumInt8, EqualsTheTfliteRuleWhereEverySecondSumIsATie) {
  const Rescale rescale(fixed_point_multiplier(0x1p-20), {0, -128, 127});
  check_all_pairs(SumInt8(rounded_terms(0.5, 3, 1), rounded_terms(0.5, -7, 1), rescale));
}

TEST(SumInt8, NeverDoubtsShifts) {
  for (const int32_t step : {1, 77, -16384, 32767}) {
    for (const int shift : {9, 14, 20}) {
      const Rescale rescale(shift, {-5, -128, 100});
      EXPECT_EQ(check_all_pairs(SumInt8(linear_terms(step, 12), linear_terms(31000, -128), rescale)), 0)
          << step << " >> " << shift;
    }
  }
  check_all_pairs(SumInt8(linear_terms(0, 0), linear_terms(32767, 1), Rescale(31, {0, -128, 127})));
}

TEST(SumInt8, ComputesWhatNoEstimateReaches) {
  const Rescale huge(fixed_point_multiplier(3.7), {0, -128, 127});
  EXPECT_EQ(check_all_pairs(SumInt8(rounded_terms(0.5, 0, 1), rounded_terms(0.4, 0, 1), huge)), 4096);
}

TEST(ProductInt8, EqualsTheTfliteRuleForAllPairs) {
  test::Random random(6);
  const std::vector<int8_t> values = all_values();
  std::vector<int8_t> results(256);
  for (int i = 0; i < 40; ++i) {
    const auto zero_point = [&] { return static_cast<int32_t>(random.uniform() * 255) - 128; };
    const int32_t zero_a = zero_point(), zero_b = zero_point();
    const FixedPointMultiplier multiplier = fixed_point_multiplier(std::exp2(1 - 16 * random.uniform()));
    const Rescale rescale(multiplier, {i % 7 - 3, i % 5 == 0 ? -3 : -128, 127});
    const ProductInt8 product(zero_a, zero_b, multiplier, rescale.range());
    int different = 0;
    for (const int8_t b : values) {
      map_rows(values.data(), false, &b, true, results.data(), values.size(), product);
      for (size_t k = 0; k < values.size(); ++k) {
        different += results[k] != rescale((values[k] - zero_a) * (b - zero_b));
      }
    }
    EXPECT_EQ(different, 0);
  }
}

TEST(MapRowsByEstimate, HandlesTailsRepeatsAndWorkInPlace) {
  const Rescale rescale(fixed_point_multiplier(0x1p-20), {1, -128, 127});
  const SumInt8 sum(rounded_terms(0.5, 3, 1), rounded_terms(0.3, -7, 1), rescale);
  const std::vector<int8_t> values = all_values();
  for (const size_t count : {size_t{1}, size_t{15}, size_t{16}, size_t{17}, size_t{100}}) {
    std::vector<int8_t> a(values.begin() + 40, values.begin() + 40 + static_cast<std::ptrdiff_t>(count));
    const std::vector<int8_t> before = a;
    map_rows_by_estimate(a.data(), false, values.data(), false, a.data(), count, sum);
    for (size_t i = 0; i < count; ++i) EXPECT_EQ(a[i], sum.exact(before[i], values[i]));
    std::vector<int8_t> out(count);
    map_rows_by_estimate(values.data(), true, before.data(), false, out.data(), count, sum);
    for (size_t i = 0; i < count; ++i) EXPECT_EQ(out[i], sum.exact(values[0], before[i]));
  }
}

}  // namespace
}  // namespace octet::kernels
