#include "ops/constraint.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "ops/operator.h"
#include "partition/partition.h"
#include "support/graph_builder.h"

namespace octet::ops {
namespace {

using test::GraphBuilder;

/// A node for which a constraint does not hold, and what users then read.
struct Example {
  std::string sentence;
  std::string found;
  std::function<TensorId(GraphBuilder&)> node;
  std::string target = "gen1";
};

TensorId node(GraphBuilder& builder, OpKind op, Attributes attributes, std::vector<TensorId> inputs) {
  return builder.node(op, std::move(attributes), std::move(inputs))[0];
}

/// A node of one computed operand.
std::function<TensorId(GraphBuilder&)> of_input(OpKind op, Attributes attributes, Shape shape) {
  return [=](GraphBuilder& builder) { return node(builder, op, attributes, {builder.input("x", shape)}); };
}

TensorId ones(GraphBuilder& builder, Shape shape) {
  return builder.constant<float>(shape, std::vector<float>(static_cast<size_t>(shape.elements()), 1.0f));
}

std::function<TensorId(GraphBuilder&)> convolution(OpKind op, Attributes attributes, Shape input) {
  return [=](GraphBuilder& builder) {
    return node(builder, op, attributes, {builder.input("x", input), ones(builder, {1, 2, 2, input[-1]})});
  };
}

std::function<TensorId(GraphBuilder&)> gathered(int32_t axis, bool constant, Shape indices) {
  return [=](GraphBuilder& builder) {
    const std::vector<int32_t> places(static_cast<size_t>(indices.elements()), 0);
    const TensorId where = constant ? builder.constant<int32_t>(indices, places)
                                    : builder.input("indices", indices, DType::Int32);
    return node(builder, OpKind::Gather, Gather{.axis = axis}, {builder.input("x", {2, 4, 4, 3}), where});
  };
}

/// No exponents: it is computed.
std::function<TensorId(GraphBuilder&)> power(std::vector<float> exponents) {
  return [=](GraphBuilder& builder) {
    const TensorId exponent =
        exponents.empty() ? builder.input("y", {1, 4, 4, 2})
                          : builder.constant<float>(Shape{static_cast<int32_t>(exponents.size())}, exponents);
    return node(builder, OpKind::Pow, NoAttributes{}, {builder.input("x", {1, 4, 4, 2}), exponent});
  };
}

std::function<TensorId(GraphBuilder&)> prelu(bool constant, Shape slopes) {
  return [=](GraphBuilder& builder) {
    const TensorId x = builder.input("x", {1, 4, 4, 2});
    const TensorId operand = constant ? ones(builder, slopes) : builder.input("slopes", slopes);
    return node(builder, OpKind::Prelu, NoAttributes{}, {x, operand});
  };
}

std::function<TensorId(GraphBuilder&)> twice(OpKind op, Attributes attributes, Shape shape) {
  return [=](GraphBuilder& builder) {
    const TensorId x = builder.input("x", shape);
    return node(builder, op, attributes, {x, x});
  };
}

std::function<TensorId(GraphBuilder&)> broadcast(Shape a, Shape b) {
  return [=](GraphBuilder& builder) {
    return node(builder, OpKind::Maximum, NoAttributes{}, {builder.input("x", a), builder.input("y", b)});
  };
}

const Shape kImage = {2, 4, 4, 3};
const Shape kSix = {1, 2, 1, 2, 1, 2};

const std::vector<Example>& examples() {
  static const std::vector<Example> list = {
      {"its input and output have four dimensions", "they have 2 and 2",
       of_input(OpKind::Slice, Slice{.begin = {0, 0}, .size = {1, 2}}, {2, 3})},
      {"its input and output have four or five dimensions", "they have 3 and 1",
       of_input(OpKind::Reshape, Reshape{{8}}, {2, 2, 2})},
      {"its output and its computed operands have four dimensions", "they have 3, 3 and 3",
       twice(OpKind::Add, Elementwise{}, {2, 2, 2})},
      {"its operands have the same shape, or at most four dimensions", "they are 1x2x2x2x2 and 2",
       broadcast({1, 2, 2, 2, 2}, {2}), "tflite"},
      {"its input has four dimensions", "it has 3",
       of_input(OpKind::Mean, Reduce{.axes = {1}, .keep_dims = true}, {2, 3, 4})},
      {"its input has at most five dimensions", "it has 6",
       of_input(OpKind::Pad, Pad{.paddings = {{0, 0}, {0, 0}, {0, 0}, {0, 1}, {0, 0}, {0, 0}}}, kSix),
       "tflite"},
      {"its input has at most six dimensions", "it has 7",
       of_input(OpKind::Transpose, Transpose{{0, 2, 1, 3, 4, 5, 6}}, {1, 2, 1, 2, 1, 2, 1}), "tflite"},
      {"its output has at most five dimensions", "it has 6",
       [](GraphBuilder& builder) {
         const TensorId x = builder.input("x", kSix);
         const TensorId condition = builder.input("condition", {1}, DType::Bool);
         return node(builder, OpKind::SelectV2, NoAttributes{}, {condition, x, builder.input("y", {2})});
       },
       "tflite"},
      {"its strides are from 1 to 31", "they are 40 by 2",
       convolution(OpKind::Conv2d, Conv2d{.stride = {40, 2}}, {1, 50, 8, 3})},
      {"its dilations are from 1 to 63", "they are 1 by 64",
       convolution(OpKind::Conv2d, Conv2d{.dilation = {1, 64}}, {1, 4, 80, 3})},
      {"its strides are 1, 2, 4, 8 or 16", "they are 3 by 2",
       convolution(OpKind::TransposeConv, TransposeConv{.stride = {3, 2}, .output = {12, 8}}, {1, 4, 4, 3})},
      {"its padding is what SAME or VALID gives", "it is 1 at the top and 0 at the left",
       convolution(OpKind::TransposeConv,
                   TransposeConv{.stride = {2, 2}, .padding = {.top = 1}, .output = {7, 8}}, {1, 4, 4, 3}),
       "tflite"},
      {"its indices are constant, and at most one-dimensional", "they are computed",
       gathered(1, false, Shape{2})},
      {"its indices are constant, and at most one-dimensional", "they have 2 dimensions",
       gathered(1, true, {2, 2})},
      {"it does not gather along the batch axis", "its axis is 0", gathered(0, true, Shape{1})},
      {"it does not stack along the batch axis", "its axis is 0", twice(OpKind::Pack, Axis{0}, kImage)},
      {"it does not join along the batch axis", "its axis is 0",
       twice(OpKind::Concatenation, Axis{0}, kImage)},
      {"it does not cut along the batch axis", "its axis is 0",
       of_input(OpKind::Unpack, Axis{0}, {1, 4, 4, 3, 2})},
      {"it does not repeat the batch", "it repeats it 3 times",
       of_input(OpKind::Tile, Tile{{3, 1, 1, 1}}, kImage)},
      {"it does not repeat the batch", "it turns 1x4x4x3 into 2x4x4x3",
       of_input(OpKind::BroadcastTo, Reshape{{2, 4, 4, 3}}, {1, 4, 4, 3})},
      {"it keeps the batch dimension", "it turns 2x4x4x3 into 1x8x4x3",
       of_input(OpKind::Reshape, Reshape{{1, 8, 4, 3}}, kImage)},
      {"its input has three or four dimensions and its block one less than these without the batch",
       "they have 5 and 3",
       of_input(OpKind::SpaceToBatchNd, BatchBlocks{.block = {1, 2, 2}, .margins = {{0, 0}, {0, 0}, {0, 0}}},
                {1, 2, 4, 4, 3}),
       "tflite"},
      {"it pads with 0", "it pads with -1.5",
       of_input(OpKind::Pad, Pad{.paddings = {{0, 0}, {1, 1}, {0, 0}, {0, 0}}, .value = -1.5f}, kImage)},
      {"it pads neither the batch nor the channels, and at most two dimensions", "it pads axes 0, 1 and 3",
       of_input(OpKind::Pad, Pad{.paddings = {{1, 0}, {1, 1}, {0, 0}, {0, 1}}}, kImage)},
      {"it pads neither the batch nor the channels, and at most two dimensions", "it pads axis 3",
       of_input(OpKind::Pad, Pad{.paddings = {{0, 0}, {0, 0}, {0, 0}, {0, 1}}}, kImage)},
      {"it leaves the batch axis in place", "it puts axis 2 there",
       of_input(OpKind::Transpose, Transpose{{2, 1, 0, 3}}, kImage)},
      {"its strides are positive", "they are 1, 1, -1 and 1",
       of_input(OpKind::StridedSlice,
                StridedSlice{.begin = {0, 0, 3, 0}, .size = {2, 4, 4, 3}, .stride = {1, 1, -1, 1}}, kImage)},
      {"its last dimension is at most 33025, so that the sum of squares fits 31 bits", "it is 33026",
       of_input(OpKind::L2Normalization, NoAttributes{}, {1, 33026}), "tflite"},
      {"it places pixels by their centers (half_pixel_centers)", "it aligns those at the corners",
       of_input(OpKind::ResizeBilinear, Resize{.output = {8, 8}, .align_corners = true}, kImage)},
      {"it places pixels by their centers (half_pixel_centers)", "it places them by their corners",
       of_input(OpKind::ResizeBilinear, Resize{.output = {8, 8}}, kImage)},
      {"it enlarges each side by a power of two, or both by the same even factor with half-pixel centers",
       "it makes 12 by 8 of 4 by 4 with half-pixel centers",
       of_input(OpKind::ResizeNearestNeighbor, Resize{.output = {12, 8}, .half_pixel_centers = true},
                kImage)},
      {"its window is smaller than 128, or covers the whole input", "it is 130 by 2 in an input of 140 by 4",
       of_input(OpKind::MaxPool2d, Pool2d{.window = {130, 2}}, {1, 140, 4, 3})},
      {"it has no padding, which the hardware would count into the mean",
       "it has 1 at the top, 0 at the bottom, 0 at the left and 1 at the right",
       of_input(OpKind::AveragePool2d, Pool2d{.window = {2, 2}, .padding = {.top = 1, .right = 1}}, kImage)},
      {"it searches the channels", "it searches axis 1", of_input(OpKind::ArgMax, ArgMax{.axis = 1}, kImage)},
      {"it keeps the reduced dimensions", "it drops them",
       of_input(OpKind::Mean, Reduce{.axes = {1}, .keep_dims = false}, kImage)},
      {"it reduces neither the batch nor the channels", "it reduces axes 0 and 3",
       of_input(OpKind::Mean, Reduce{.axes = {0, 3}, .keep_dims = true}, kImage)},
      {"each dimension it reduces is smaller than 128, or it reduces height and width both", "it reduces 200",
       of_input(OpKind::Mean, Reduce{.axes = {1}, .keep_dims = true}, {1, 200, 4, 3})},
      {"its exponent is the constant 0.5, -0.5, 2 or 3", "it is 1.7", power({1.7f})},
      {"its exponent is the constant 0.5, -0.5, 2 or 3", "it is from 1 to 2", power({1, 2})},
      {"its exponent is the constant 0.5, -0.5, 2 or 3", "it is computed", power({})},
      {"its slopes are constant and one a channel", "they are 4x4x2 for 1x4x4x2", prelu(true, {4, 4, 2})},
      {"its slopes are constant and one a channel", "they are computed", prelu(false, Shape{2})},
      {"it is exact, not approximated by tanh", "it is approximated",
       of_input(OpKind::Gelu, Gelu{.approximate = true}, kImage)},
  };
  return list;
}

TEST(Constraint, TellsWhatWasFound) {
  for (const auto& [sentence, found, node, key] : examples()) {
    GraphBuilder builder;
    builder.output(node(builder));
    partition::partition(builder.graph(), partition::target_by_key(key));
    const std::vector<std::string>& reasons = builder.graph().nodes[0].placement.reasons;
    const std::string expected = " only if " + sentence + ", and " + found + ".";
    EXPECT_TRUE(std::any_of(reasons.begin(), reasons.end(),
                            [&](const std::string& reason) { return reason.ends_with(expected); }))
        << expected << "\n"
        << (reasons.empty() ? "It runs." : reasons[0]);
  }
}

TEST(Constraint, OfEveryOperatorHasAnExample) {
  std::set<std::string> known;
  for (const Example& example : examples()) known.insert(example.sentence);
  for (const Operator* op : all_operators()) {
    for (const Support* support : {&op->mla, &op->tflite}) {
      for (const Constraint& constraint : support->constraints)
        EXPECT_EQ(known.count(std::string(constraint.sentence)), 1u)
            << to_string(op->kind) << ": " << constraint.sentence;
    }
  }
}

TEST(Filled, TakesNumbersShapesListsAndAxes) {
  const std::vector<int32_t> list = {0, 1, 3};
  EXPECT_EQ(filled("as it is"), "as it is");
  EXPECT_EQ(filled("# by #, and #", {1, -2, 1234567890}), "1 by -2, and 1234567890");
  EXPECT_EQ(filled("from # to #", 0.1f, 1e20f), "from 0.1 to 1e+20");
  EXPECT_EQ(filled("# of #", Shape{1, 28, 28, 1}, Shape{2}), "1x28x28x1 of 2");
  EXPECT_EQ(filled("#.", list), "0, 1 and 3.");
  EXPECT_EQ(filled_with_axes("#.", list), "axes 0, 1 and 3.");
  EXPECT_EQ(filled_with_axes("#.", std::span(list).first(1)), "axis 0.");
  EXPECT_EQ(filled_with_axes("#.", {}), "no axis.");
}

}  // namespace
}  // namespace octet::ops
