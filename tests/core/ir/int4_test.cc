#include "ir/int4.h"

#include <gtest/gtest.h>

namespace octet {
namespace {

TEST(Int4, PacksTheFirstOfTwoIntoTheLowerHalf) {
  const std::vector<int8_t> values = {1, -8, 7, -1, -3};
  const Bytes packed = pack_int4(values);
  EXPECT_EQ(packed, (Bytes{std::byte{0x81}, std::byte{0xf7}, std::byte{0x0d}}));
  EXPECT_EQ(unpack_int4(packed, 5), values);
  EXPECT_TRUE(pack_int4({}).empty());
}

TEST(Int4, TensorsOfFourBitsAreStoredInHalfTheBytes) {
  Tensor tensor = {.name = "w", .dtype = DType::Int8, .shape = {3, 3}};
  EXPECT_EQ(stored_bytes(tensor), 9u);
  tensor.quantization = QuantParams{.scale = {1}, .zero_point = {0}, .bits = 4};
  EXPECT_EQ(stored_bytes(tensor), 5u);
}

}  // namespace
}  // namespace octet
