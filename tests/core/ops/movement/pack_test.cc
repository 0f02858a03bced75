// TESSELLATE, PACK_BYTES and their inverses: layouts by hand, and that nothing is lost.
#include <gtest/gtest.h>

#include <numeric>

#include "support/graph_builder.h"
#include "support/refusal.h"

namespace octet::test {
namespace {

std::vector<uint8_t> tessellated(Shape shape, Tessellate tiles) {
  GraphBuilder builder;
  const TensorId x = builder.input("x", shape, DType::UInt8);
  builder.output(builder.node(OpKind::Tessellate, tiles, {x}, {{}}, DType::UInt8)[0]);
  std::vector<uint8_t> values(static_cast<size_t>(shape.elements()));
  std::iota(values.begin(), values.end(), uint8_t{1});
  return run<uint8_t>(builder.graph(), {values});
}

TEST(Packing, CutsSlices) {
  // Rows of 3 pixels of 2 channels: 1 2 | 3 4 | 5 6 and 7 8 | 9 10 | 11 12.
  EXPECT_EQ(tessellated({1, 2, 3, 2}, {{2, 2, 2}, false, false}),
            (std::vector<uint8_t>{1, 2, 3, 4, 7, 8, 9, 10, 5, 6, 11, 12}));
  EXPECT_EQ(tessellated({1, 2, 3, 2}, {{1, 3, 1}, false, false}),
            (std::vector<uint8_t>{1, 3, 5, 2, 4, 6, 7, 9, 11, 8, 10, 12}));
}

TEST(Packing, FillsChannelsUpAndPutsBlocksFirst) {
  std::vector<uint8_t> expected(2 * 16, 0);
  expected[0] = 1;
  expected[1] = 2;
  expected[16] = 3;
  expected[17] = 4;
  EXPECT_EQ(tessellated({1, 1, 2, 2}, {{1, 2, 2}, true, false}), expected);

  // Two pixels of 18 channels: 16 of each, then the two that are left, with zeros behind or not.
  const std::vector<uint8_t> blocks = tessellated({1, 1, 2, 18}, {{1, 2, 18}, false, true});
  ASSERT_EQ(blocks.size(), 36u);
  EXPECT_EQ(blocks[15], 16);
  EXPECT_EQ(blocks[16], 19);
  EXPECT_EQ(blocks[32], 17);
  EXPECT_EQ(blocks[34], 35);
  const std::vector<uint8_t> filled = tessellated({1, 1, 2, 18}, {{1, 2, 18}, true, true});
  ASSERT_EQ(filled.size(), 64u);
  EXPECT_EQ(filled[33], 18);
  EXPECT_EQ(filled[34], 0);
  EXPECT_EQ(filled[48], 35);
}

TEST(Packing, TessellatesThereAndBackInEveryType) {
  const Shape shape = {1, 5, 7, 19};
  for (const DType dtype : {DType::Int8, DType::UInt8, DType::Int16, DType::BFloat16, DType::Float32}) {
    for (const std::array<int32_t, 3> slice :
         {std::array{1, 1, 1}, std::array{2, 3, 8}, std::array{5, 7, 19}, std::array{4, 2, 17}}) {
      for (const int flags : {0, 1, 2, 3}) {
        const Tessellate tiles{slice, (flags & 1) != 0, (flags & 2) != 0};
        std::optional<QuantParams> params;
        if (dtype == DType::Int8 || dtype == DType::Int16) params = QuantParams::per_tensor(0.5f, 0);
        GraphBuilder builder;
        const TensorId x = builder.input("x", shape, dtype, params);
        const TensorId cut = builder.node(OpKind::Tessellate, tiles, {x}, {params}, dtype)[0];
        const Detessellate back{tiles, {dtype, {1, 5, 7, 19}}};
        builder.output(builder.node(OpKind::Detessellate, back, {cut}, {params}, dtype)[0]);
        const std::vector<uint8_t> bytes =
            Random(5).integers<uint8_t>(shape.elements() * static_cast<int64_t>(size_of(dtype)), 0, 255);
        EXPECT_EQ(run<uint8_t>(builder.graph(), {bytes}), bytes) << to_string(dtype) << " " << flags;
      }
    }
  }
}

TEST(Packing, RefusesSlicesThatDoNotFit) {
  EXPECT_EQ(refusal([](GraphBuilder& builder) {
              builder.node(OpKind::Tessellate, Tessellate{{3, 1, 0}, false, false},
                           {builder.input("x", {1, 4, 4, 2})});
            }),
            "TESSELLATE 'node_0': the channels of its slice is 0; it can be from 1 to the frame's 2.");
  EXPECT_EQ(refusal([](GraphBuilder& builder) {
              const Detessellate back{{{1, 1, 2}, true, false}, {DType::Float32, {1, 1, 1, 2}}};
              builder.node(OpKind::Detessellate, back, {builder.input("x", {1, 2})});
            }),
            "DETESSELLATE 'node_0': input 'x' has 2 elements; the slices of its frame have 16.");
}

TEST(Packing, PacksTensorsOfDifferentTypes) {
  GraphBuilder builder;
  const QuantParams params = QuantParams::per_tensor(0.5f, 1);
  const TensorId a = builder.input("a", {1, 3}, DType::Int8, params);
  const TensorId b = builder.input("b", {2, 3}, DType::BFloat16);
  const TensorId packed = builder.node(OpKind::PackBytes, NoAttributes{}, {a, b}, {{}}, DType::UInt8)[0];
  EXPECT_EQ(builder.tensor(packed).shape, (Shape{1, 32}));
  const UnpackBytes unpack{{{DType::Int8, {1, 3}}, {DType::BFloat16, {2, 3}}}};
  const std::vector<TensorId> back = builder.node(OpKind::UnpackBytes, unpack, {packed}, {params, {}});
  builder.output(packed).output(back[0]).output(back[1]);
  const std::vector<uint8_t> bytes_a = {1, 2, 255};
  const std::vector<uint8_t> bytes_b = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
  std::vector<uint8_t> expected(32, 0);
  std::copy(bytes_a.begin(), bytes_a.end(), expected.begin());
  std::copy(bytes_b.begin(), bytes_b.end(), expected.begin() + 16);
  EXPECT_EQ(run<uint8_t>(builder.graph(), {bytes_a, bytes_b}, 0), expected);
  EXPECT_EQ(run<uint8_t>(builder.graph(), {bytes_a, bytes_b}, 1), bytes_a);
  EXPECT_EQ(run<uint8_t>(builder.graph(), {bytes_a, bytes_b}, 2), bytes_b);
}

TEST(Packing, RefusesABufferOfAnotherSize) {
  EXPECT_EQ(refusal([](GraphBuilder& builder) {
              const UnpackBytes unpack{{{DType::Float32, {5}}}};
              builder.node(OpKind::UnpackBytes, unpack, {builder.input("x", {16}, DType::UInt8)});
            }),
            "UNPACK_BYTES 'node_0': input 'x' is uint8 16; its 1 tensors take 32 bytes, uint8, each at a "
            "multiple of 16.");
  EXPECT_EQ(refusal([](GraphBuilder& builder) {
              const UnpackBytes unpack{{{DType::Float32, {-1}}}};
              builder.node(OpKind::UnpackBytes, unpack, {builder.input("x", {16}, DType::UInt8)});
            }),
            "UNPACK_BYTES 'node_0': dimension 0 of its output would be -1.");
}

}  // namespace
}  // namespace octet::test
