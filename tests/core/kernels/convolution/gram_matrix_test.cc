#include "kernels/convolution/gram_matrix.h"

#include <gtest/gtest.h>

#include <vector>

#include "support/graph_builder.h"

namespace octet::kernels {
namespace {

TEST(Products, AreTheSumsOfAllPairsOfRows) {
  test::Random random(5);
  for (const size_t count : {1u, 2u, 3u, 4u, 5u, 9u, 14u}) {
    for (const size_t length : {8u, 24u, 256u}) {
      const auto rows = random.integers<int16_t>(static_cast<int64_t>(count * length), -255, 255);
      std::vector<int64_t> products(count * count, 7);
      add_products(rows.data(), count, length, products);
      for (size_t i = 0; i < count; ++i) {
        for (size_t j = 0; j < count; ++j) {
          int64_t expected = 7;
          for (size_t k = 0; j <= i && k < length; ++k)
            expected += int64_t{rows[i * length + k]} * rows[j * length + k];
          EXPECT_EQ(products[i * count + j], expected) << count << ", " << length << ": " << i << ", " << j;
        }
      }
    }
  }
}

TEST(Products, OfTheLongestRowsAndLargestValuesDoNotOverflow) {
  const std::vector<int16_t> rows(2 * kLongestProductRow, -255);
  std::vector<int64_t> products(4);
  add_products(rows.data(), 2, kLongestProductRow, products);
  EXPECT_EQ(products[2], int64_t{kLongestProductRow} * 255 * 255);
}

}  // namespace
}  // namespace octet::kernels
