// How single operators of .tflite files are read: paddings, operands in another order, masks, open
// dimensions.
#include <gtest/gtest.h>

#include "formats/tflite/reader.h"
#include "support/graph_builder.h"
#include "support/read_errors.h"
#include "support/tflite_builder.h"

namespace octet::test {
namespace {

using formats::tflite::read;
using Code = tfl::BuiltinOperator;

TEST(TfliteRows, ResolvesSamePadding) {
  struct Case {
    int32_t input, filter, stride, dilation;
    int32_t before, after, output;
  };
  const Case cases[] = {
      {5, 3, 1, 1, 1, 1, 5}, {5, 3, 2, 1, 1, 1, 3}, {6, 3, 2, 1, 0, 1, 3},
      {5, 2, 1, 1, 0, 1, 5}, {7, 3, 1, 2, 2, 2, 7}, {4, 1, 3, 1, 0, 0, 2},
  };
  for (const Case& c : cases) {
    TfliteBuilder builder;
    const int32_t x = builder.tensor({.name = "x", .shape = {1, c.input, 9, 1}});
    const int32_t w =
        builder.floats("w", {1, c.filter, 1, 1}, std::vector<float>(static_cast<size_t>(c.filter)));
    const int32_t y = builder.tensor({.name = "y", .shape = {}});
    builder.op(Code::CONV_2D, {x, w}, {y},
               tfl::CreateConv2DOptions(builder.fbb(), tfl::Padding::SAME, 1, c.stride,
                                        tfl::ActivationFunctionType::RELU6, 1, c.dilation));
    const Graph graph = read(builder.build({x}, {y}));
    const Conv2d& conv = std::get<Conv2d>(graph.nodes[0].attributes);
    EXPECT_EQ(conv.padding, (Padding2d{c.before, c.after, 0, 0}))
        << c.input << " " << c.filter << " " << c.stride;
    EXPECT_EQ(conv.activation, Activation::Relu6);
    EXPECT_EQ(graph.tensor(graph.outputs[0]).shape, (Shape{1, c.output, 9, 1}));
  }
}

TEST(TfliteRows, ReordersTransposeConvOperands) {
  TfliteBuilder builder;
  const int32_t shape = builder.integers("shape", {1, 7, 6, 2});
  const int32_t w = builder.floats("w", {2, 3, 2, 1}, std::vector<float>(12));
  const int32_t x = builder.tensor({.name = "x", .shape = {1, 4, 3, 1}});
  const int32_t y = builder.tensor({.name = "y", .shape = {1, 7, 6, 2}});
  builder.op(Code::TRANSPOSE_CONV, {shape, w, x}, {y},
             tfl::CreateTransposeConvOptions(builder.fbb(), tfl::Padding::SAME, 2, 2));
  const Graph graph = read(builder.build({x}, {y}));
  const Node& node = graph.nodes[0];
  EXPECT_EQ(graph.tensor(node.inputs[0]).name, "x");
  EXPECT_EQ(graph.tensor(node.inputs[1]).name, "w");
  EXPECT_EQ(node.inputs.size(), 2u);
  // The whole result is 9x6; SAME crops it to 7x6, one at either end.
  EXPECT_EQ(std::get<TransposeConv>(node.attributes),
            (TransposeConv{{2, 2}, {1, 1, 0, 0}, {7, 6}, Activation::None}));
}

TEST(TfliteRows, ReadsMediaPipesTransposedConvolution) {
  const auto build = [](const std::vector<int32_t>& options) {
    TfliteBuilder builder;
    const int32_t x = builder.tensor({.name = "x", .shape = {1, 4, 5, 1}});
    const int32_t w = builder.floats("w", {2, 3, 2, 1}, std::vector<float>(12));
    const int32_t b = builder.floats("b", {2}, {1, 2});
    const int32_t y = builder.tensor({.name = "y", .shape = {}});
    const auto* bytes = reinterpret_cast<const uint8_t*>(options.data());
    builder.custom_op("Convolution2DTransposeBias", {x, w, b}, {y}, {bytes, bytes + options.size() * 4});
    return builder.build({x}, {y});
  };
  // SAME: height 2 * 3 + 3 less 3 - (3 mod 2) - 1 = 1; width 2 * 4 + 2 less 2 - (4 mod 2) - 1 = 1, cropped at
  // the end.
  const Graph same = read(build({1, 2, 2}));
  EXPECT_EQ(std::get<TransposeConv>(same.nodes[0].attributes),
            (TransposeConv{{2, 2}, {0, 1, 0, 1}, {8, 9}, Activation::None}));
  EXPECT_EQ(same.nodes[0].inputs.size(), 3u);
  const Graph valid = read(build({2, 2, 1}));
  EXPECT_EQ(std::get<TransposeConv>(valid.nodes[0].attributes),
            (TransposeConv{{1, 2}, {0, 0, 0, 0}, {6, 10}, Activation::None}));
  expect_error(build({1, 2}), ErrorCode::InvalidFile, {"cut short"});
  expect_error(build({1, 0, 2}), ErrorCode::InvalidFile, {"stride"});
}

TEST(TfliteRows, ResolvesOneOpenDimensionOfAReshape) {
  const auto build = [](const std::vector<int32_t>& shape) {
    TfliteBuilder builder;
    const int32_t x = builder.tensor({.name = "x", .shape = {2, 6}});
    const int32_t s = builder.integers("s", shape);
    const int32_t y = builder.tensor({.name = "y", .shape = {}});
    builder.op(Code::RESHAPE, {x, s}, {y});
    return builder.build({x}, {y});
  };
  EXPECT_EQ(read(build({-1, 3})).tensors[1].shape, (Shape{4, 3}));
  expect_error(build({-1, -1}), ErrorCode::InvalidFile, {"RESHAPE 'y'", "two dimensions open"});
  EXPECT_TRUE(error_of(build({5, -1})));
  EXPECT_TRUE(error_of(build({0, 12})));
}

TEST(TfliteRows, ResolvesStridedSliceMasks) {
  struct Case {
    std::vector<int32_t> begin, end, stride;
    int32_t begin_mask, end_mask, ellipsis_mask, shrink_mask;
    StridedSlice expected;
  };
  // Over an input of 4x5x6.
  const Case cases[] = {
      {{1, 0, 2}, {3, 5, 6}, {1, 2, 3}, 0, 0, 0, 0, {{1, 0, 2}, {2, 3, 2}, {1, 2, 3}, {}}},
      {{-2, 9, 0}, {99, 9, -1}, {1, 1, 1}, 2, 2, 0, 0, {{2, 0, 0}, {2, 5, 5}, {1, 1, 1}, {}}},
      {{-1, 4, 0}, {0, 0, 6}, {-1, -2, 1}, 0, 2, 0, 0, {{3, 4, 0}, {3, 3, 6}, {-1, -2, 1}, {}}},
      {{0, -1}, {0, 0}, {1, 1}, 0, 0, 1, 2, {{0, 0, 5}, {4, 5, 1}, {1, 1, 1}, {2}}},
      {{2}, {3}, {1}, 0, 0, 0, 1, {{2, 0, 0}, {1, 5, 6}, {1, 1, 1}, {0}}},
  };
  for (const Case& c : cases) {
    TfliteBuilder builder;
    const int32_t x = builder.tensor({.name = "x", .shape = {4, 5, 6}});
    const int32_t b = builder.integers("b", c.begin);
    const int32_t e = builder.integers("e", c.end);
    const int32_t s = builder.integers("s", c.stride);
    const int32_t y = builder.tensor({.name = "y", .shape = {}});
    builder.op(Code::STRIDED_SLICE, {x, b, e, s}, {y},
               tfl::CreateStridedSliceOptions(builder.fbb(), c.begin_mask, c.end_mask, c.ellipsis_mask, 0,
                                              c.shrink_mask));
    const Graph graph = read(builder.build({x}, {y}));
    EXPECT_EQ(std::get<StridedSlice>(graph.nodes[0].attributes), c.expected) << &c - cases;
  }
}

}  // namespace
}  // namespace octet::test
