// Operators that only move data: every output element is one of the input, found by coordinates.
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <limits>
#include <numeric>

#include "support/coordinates.h"
#include "support/graph_builder.h"

namespace octet::test {
namespace {

/// Where an output element comes from: input coordinates, or empty for padding.
using Source = std::function<Coordinates(const Coordinates&)>;

constexpr float kPaddingValue = -1000.0f;

/// Runs the operator on an input that holds its own positions, in three element sizes, and checks each output
/// element.
void expect_moved(OpKind op, const Attributes& attributes, const Shape& input, const Shape& output,
                  const Source& source) {
  SCOPED_TRACE(std::string(to_string(op)) + " of " + to_string(input));
  const size_t elements = static_cast<size_t>(input.elements());
  const auto check = [&]<class T>(T padding, DType dtype, const std::optional<QuantParams>& quantization) {
    GraphBuilder builder;
    const TensorId x = builder.input("x", input, dtype, quantization);
    const TensorId y = builder.node(op, attributes, {x}, {quantization})[0];
    builder.output(y);
    ASSERT_EQ(builder.tensor(y).shape, output);
    ASSERT_EQ(builder.tensor(y).dtype, dtype);
    std::vector<T> values(elements);
    for (size_t i = 0; i < elements; ++i) values[i] = static_cast<T>(i);
    const std::vector<T> actual = run<T>(builder.graph(), {values});
    std::vector<T> expected;
    for_each_coordinates(output, [&](const Coordinates& at) {
      const Coordinates from = source(at);
      expected.push_back(from.empty() && input.rank() > 0 ? padding : values[offset_of(input, from)]);
    });
    EXPECT_EQ(actual, expected) << to_string(dtype);
  };
  check(kPaddingValue, DType::Float32, {});
  check(static_cast<int64_t>(kPaddingValue), DType::Int64, {});
  check(int8_t{-128}, DType::Int8,
        QuantParams::per_tensor(1.0f, 3));  // kPaddingValue is below the range: clamped.
}

TEST(Movement, Transpose) {
  const std::vector<Shape> shapes = {{5},          {3, 4},       {17, 3},         {2, 3, 5},
                                     {1, 7, 5, 3}, {2, 3, 1, 4}, {2, 1, 3, 2, 2}, {2, 3, 2, 1, 3, 2}};
  for (const Shape& shape : shapes) {
    std::vector<int32_t> permutation(static_cast<size_t>(shape.rank()));
    std::iota(permutation.begin(), permutation.end(), 0);
    do {
      std::vector<int32_t> dims;
      for (const int32_t axis : permutation) dims.push_back(shape[axis]);
      expect_moved(OpKind::Transpose, Transpose{permutation}, shape, Shape(dims), [&](const Coordinates& at) {
        Coordinates from(at.size());
        for (size_t i = 0; i < at.size(); ++i) from[static_cast<size_t>(permutation[i])] = at[i];
        return from;
      });
    } while (shape.rank() < 6 && std::next_permutation(permutation.begin(), permutation.end()));
  }
}

TEST(Movement, TransposeOfLargeImage) {
  expect_moved(OpKind::Transpose, Transpose{{0, 3, 1, 2}}, {1, 61, 47, 3}, {1, 3, 61, 47},
               [](const Coordinates& at) {
                 return Coordinates{at[0], at[2], at[3], at[1]};
               });
}

TEST(Movement, Slice) {
  struct Case {
    Shape input;
    Slice slice;
  };
  const std::vector<Case> cases = {
      {{7}, {{2}, {3}}},
      {{4, 5}, {{0, 0}, {4, 5}}},
      {{4, 5}, {{3, 1}, {1, 2}}},
      {{2, 5, 7, 3}, {{0, 1, 2, 0}, {2, 3, 4, 3}}},
      {{2, 5, 7, 3}, {{1, 0, 6, 2}, {1, 5, 1, 1}}},
      {{1, 2, 3, 4, 5}, {{0, 1, 0, 2, 1}, {1, 1, 3, 2, 3}}},
  };
  for (const auto& [input, slice] : cases) {
    expect_moved(OpKind::Slice, slice, input, Shape(slice.size), [&](const Coordinates& at) {
      Coordinates from = at;
      for (size_t i = 0; i < at.size(); ++i) from[i] += slice.begin[i];
      return from;
    });
  }
}

TEST(Movement, StridedSlice) {
  struct Case {
    Shape input;
    StridedSlice slice;
    Shape output;
  };
  const std::vector<Case> cases = {
      {{9}, {{1}, {4}, {2}, {}}, {4}},
      {{9}, {{8}, {9}, {-1}, {}}, {9}},
      {{5, 6}, {{4, 5}, {2, 3}, {-3, -2}, {}}, {2, 3}},
      {{5, 6}, {{3, 0}, {1, 6}, {1, 1}, {0}}, {6}},
      {{1, 8, 9, 3}, {{0, 1, 0, 0}, {1, 3, 5, 3}, {1, 2, 2, 1}, {}}, {1, 3, 5, 3}},
      {{2, 4, 3, 5}, {{1, 3, 0, 4}, {1, 2, 3, 1}, {1, -2, 1, -1}, {0, 3}}, {2, 3}},
      {{3, 4}, {{2, 1}, {1, 1}, {1, 1}, {0, 1}}, {}},
  };
  for (const auto& [input, slice, output] : cases) {
    expect_moved(OpKind::StridedSlice, slice, input, output, [&](const Coordinates& at) {
      Coordinates from;
      size_t next = 0;
      for (size_t i = 0; i < slice.begin.size(); ++i) {
        const bool shrunk = std::count(slice.shrunk_axes.begin(), slice.shrunk_axes.end(), i) > 0;
        from.push_back(slice.begin[i] + (shrunk ? 0 : at[next++]) * slice.stride[i]);
      }
      return from;
    });
  }
}

TEST(Movement, Pad) {
  struct Case {
    Shape input;
    std::vector<std::array<int32_t, 2>> paddings;
    Shape output;
  };
  const std::vector<Case> cases = {
      {{3}, {{2, 1}}, {6}},
      {{2, 3}, {{0, 0}, {0, 0}}, {2, 3}},
      {{1, 4, 5, 3}, {{0, 0}, {1, 2}, {0, 1}, {0, 0}}, {1, 7, 6, 3}},
      {{1, 4, 5, 3}, {{0, 0}, {0, 0}, {0, 0}, {0, 5}}, {1, 4, 5, 8}},
      {{2, 1, 3, 2, 2}, {{1, 0}, {0, 1}, {2, 2}, {0, 0}, {1, 1}}, {3, 2, 7, 2, 4}},
      {{1, 40, 41, 2}, {{0, 0}, {3, 3}, {3, 3}, {0, 0}}, {1, 46, 47, 2}},
  };
  for (const auto& [input, paddings, output] : cases) {
    expect_moved(OpKind::Pad, Pad{paddings, kPaddingValue}, input, output, [&](const Coordinates& at) {
      Coordinates from = at;
      for (size_t i = 0; i < at.size(); ++i) {
        from[i] -= paddings[i][0];
        if (from[i] < 0 || from[i] >= input[static_cast<int>(i)]) return Coordinates{};
      }
      return from;
    });
  }
}

TEST(Movement, PadOfIntegersUsesTheirParameters) {
  struct Case {
    float value;
    int8_t expected;
  };
  for (const auto& [value, expected] :
       {Case{0.0f, -7}, {1.0f, -5}, {0.74f, -6}, {-0.25f, -8}, {1e30f, 127}, {-1e30f, -128}}) {
    const QuantParams quantization = QuantParams::per_tensor(0.5f, -7);
    GraphBuilder builder;
    const TensorId x = builder.input("x", {1}, DType::Int8, quantization);
    builder.output(builder.node(OpKind::Pad, Pad{{{1, 0}}, value}, {x}, {quantization})[0]);
    EXPECT_EQ(run<int8_t>(builder.graph(), {{42}}), (std::vector<int8_t>{expected, 42})) << value;
  }
}

TEST(Movement, MirrorPad) {
  const Shape input = {1, 4, 3, 2};
  const std::vector<std::array<int32_t, 2>> paddings = {{0, 0}, {3, 1}, {2, 2}, {1, 0}};
  // Positions of each axis written out by hand, from the definition of the two modes.
  const std::vector<Coordinates> reflected = {
      {0}, {3, 2, 1, 0, 1, 2, 3, 2}, {2, 1, 0, 1, 2, 1, 0}, {1, 0, 1}};
  const std::vector<Coordinates> symmetric = {
      {0}, {2, 1, 0, 0, 1, 2, 3, 3}, {1, 0, 0, 1, 2, 2, 1}, {0, 0, 1}};
  for (const bool reflect : {true, false}) {
    const std::vector<Coordinates>& positions = reflect ? reflected : symmetric;
    expect_moved(OpKind::MirrorPad, MirrorPad{paddings, reflect}, input, {1, 8, 7, 3},
                 [&](const Coordinates& at) {
                   Coordinates from(at.size());
                   for (size_t i = 0; i < at.size(); ++i) from[i] = positions[i][static_cast<size_t>(at[i])];
                   return from;
                 });
  }
}

TEST(Movement, DepthToSpaceAndBack) {
  struct Case {
    Shape deep;
    int32_t block;
    Shape wide;
  };
  const std::vector<Case> cases = {
      {{1, 2, 3, 4}, 2, {1, 4, 6, 1}},
      {{2, 3, 1, 12}, 2, {2, 6, 2, 3}},
      {{1, 5, 4, 18}, 3, {1, 15, 12, 2}},
      {{1, 2, 2, 7}, 1, {1, 2, 2, 7}},
  };
  for (const auto& [deep, block, wide] : cases) {
    const int32_t depth = wide.channels();
    expect_moved(OpKind::DepthToSpace, BlockSize{block}, deep, wide, [&](const Coordinates& at) {
      return Coordinates{at[0], at[1] / block, at[2] / block,
                         (at[1] % block * block + at[2] % block) * depth + at[3]};
    });
    expect_moved(OpKind::SpaceToDepth, BlockSize{block}, wide, deep, [&](const Coordinates& at) {
      const int32_t cell = at[3] / depth;
      return Coordinates{at[0], at[1] * block + cell / block, at[2] * block + cell % block, at[3] % depth};
    });
  }
}

TEST(Movement, SpaceToBatchAndBack) {
  struct Case {
    Shape spread;
    BatchBlocks blocks;
    Shape batched;
  };
  const std::vector<Case> cases = {
      {{1, 4, 6, 3}, {{2, 2}, {{0, 0}, {0, 0}}}, {4, 2, 3, 3}},
      {{2, 5, 7, 2}, {{2, 3}, {{1, 2}, {2, 0}}}, {12, 4, 3, 2}},
      {{1, 1, 2, 3}, {{3, 4}, {{4, 1}, {5, 1}}}, {12, 2, 2, 3}},
      {{2, 5, 3}, {{3}, {{1, 3}}}, {6, 3, 3}},
      {{1, 3, 2, 4, 2}, {{1, 2, 2}, {{0, 0}, {1, 1}, {0, 2}}}, {4, 3, 2, 3, 2}},
  };
  for (const auto& [spread, blocks, batched] : cases) {
    // Where a batched element lies in the spread tensor; coordinates may be outside, in the margins.
    const auto in_spread = [&](const Coordinates& at) {
      Coordinates from = at;
      int32_t place = at[0] / spread[0];
      from[0] = at[0] % spread[0];
      for (size_t d = blocks.block.size(); d-- > 0;) {
        from[d + 1] = at[d + 1] * blocks.block[d] + place % blocks.block[d] - blocks.margins[d][0];
        place /= blocks.block[d];
      }
      return from;
    };
    const auto inside = [&](const Coordinates& at) {
      for (size_t i = 0; i < at.size(); ++i) {
        if (at[i] < 0 || at[i] >= spread[static_cast<int>(i)]) return false;
      }
      return true;
    };
    std::vector<Coordinates> in_batched(static_cast<size_t>(spread.elements()));
    for_each_coordinates(batched, [&](const Coordinates& at) {
      if (inside(in_spread(at))) in_batched[offset_of(spread, in_spread(at))] = at;
    });
    expect_moved(OpKind::BatchToSpaceNd, blocks, batched, spread,
                 [&](const Coordinates& at) { return in_batched[offset_of(spread, at)]; });

    GraphBuilder builder;
    builder.output(builder.node(OpKind::SpaceToBatchNd, blocks, {builder.input("x", spread)})[0]);
    std::vector<float> values(static_cast<size_t>(spread.elements()));
    std::iota(values.begin(), values.end(), 1.0f);
    std::vector<float> expected;
    for_each_coordinates(batched, [&](const Coordinates& at) {
      expected.push_back(inside(in_spread(at)) ? values[offset_of(spread, in_spread(at))] : 0.0f);
    });
    EXPECT_EQ(run<float>(builder.graph(), {values}), expected) << to_string(spread);
  }
}

TEST(Movement, TileAndBroadcast) {
  struct Case {
    Shape input;
    std::vector<int32_t> multiples;
    Shape output;
  };
  for (const auto& [input, multiples, output] : {Case{{5}, {3}, {15}},
                                                 {{2, 3}, {2, 2}, {4, 6}},
                                                 {{1, 2, 3, 5}, {1, 3, 2, 1}, {1, 6, 6, 5}},
                                                 {{1, 1, 1, 7}, {1, 4, 5, 1}, {1, 4, 5, 7}},
                                                 {{2, 1, 3, 1}, {1, 4, 1, 5}, {2, 4, 3, 5}}}) {
    const Source source = [&](const Coordinates& at) {
      Coordinates from = at;
      for (size_t i = 0; i < at.size(); ++i) from[i] %= input[static_cast<int>(i)];
      return from;
    };
    expect_moved(OpKind::Tile, Tile{multiples}, input, output, source);
    bool broadcasts = true;
    for (int axis = 0; axis < input.rank(); ++axis) {
      broadcasts = broadcasts && (input[axis] == 1 || input[axis] == output[axis]);
    }
    if (!broadcasts) continue;
    const Reshape target{{output.dims().begin(), output.dims().end()}};
    expect_moved(OpKind::BroadcastTo, target, input, output, source);
  }
  expect_moved(OpKind::BroadcastTo, Reshape{{2, 4, 3, 5}}, {3, 1}, {2, 4, 3, 5}, [](const Coordinates& at) {
    return Coordinates{at[2], 0};
  });
}

TEST(Movement, SplitVAndUnpack) {
  const Shape input = {2, 6, 3};
  Random random(9);
  const std::vector<float> values = random.floats(input.elements(), -1, 1);
  GraphBuilder builder;
  const TensorId x = builder.input("x", input);
  const std::vector<int32_t> sizes = {1, 3, 2};
  for (const TensorId part : builder.node(OpKind::SplitV, SplitV{1, sizes}, {x}, {{}, {}, {}})) {
    builder.output(part);
  }
  for (const TensorId slice : builder.node(OpKind::Unpack, Axis{2}, {x}, {{}, {}, {}})) builder.output(slice);
  int32_t begin = 0;
  for (size_t i = 0; i < sizes.size(); ++i) {
    std::vector<float> part;
    std::vector<float> slice;
    for_each_coordinates(input, [&](const Coordinates& at) {
      if (at[1] >= begin && at[1] < begin + sizes[i]) part.push_back(values[offset_of(input, at)]);
      if (at[2] == static_cast<int32_t>(i)) slice.push_back(values[offset_of(input, at)]);
    });
    begin += sizes[i];
    EXPECT_EQ(run<float>(builder.graph(), {values}, i), part) << i;
    EXPECT_EQ(run<float>(builder.graph(), {values}, 3 + i), slice) << i;
  }
  EXPECT_EQ(builder.tensor(builder.graph().outputs[3]).shape, (Shape{2, 6}));
}

TEST(Movement, ReshapeAndSqueeze) {
  const Shape input = {1, 3, 1, 4};
  const auto same_position = [](const Shape& from, const Shape& to) {
    return [from, to](const Coordinates& at) {
      size_t offset = offset_of(to, at);
      Coordinates found(static_cast<size_t>(from.rank()));
      for (int axis = from.rank() - 1; axis >= 0; --axis) {
        found[static_cast<size_t>(axis)] = static_cast<int32_t>(offset % static_cast<size_t>(from[axis]));
        offset /= static_cast<size_t>(from[axis]);
      }
      return found;
    };
  };
  expect_moved(OpKind::Reshape, Reshape{{2, 6}}, input, {2, 6}, same_position(input, {2, 6}));
  expect_moved(OpKind::Squeeze, Reshape{{3, 4}}, input, {3, 4}, same_position(input, {3, 4}));
}

/// A kernel that may share memory must leave shared memory as it is.
TEST(Movement, ReshapeInPlace) {
  GraphBuilder builder;
  const TensorId x = builder.input("x", {2, 3});
  builder.node(OpKind::Reshape, Reshape{{6}}, {x});
  const Graph& graph = builder.graph();
  const auto kernel = ops::operator_of(OpKind::Reshape).kernels.f32(NodeView(graph, graph.nodes[0]));
  std::vector<float> memory = {1, 2, 3, 4, 5, 6};
  const std::vector<float> before = memory;
  const std::byte* in = reinterpret_cast<const std::byte*>(memory.data());
  std::byte* out = reinterpret_cast<std::byte*>(memory.data());
  kernel->run({.inputs = std::span(&in, 1), .outputs = std::span(&out, 1)});
  EXPECT_EQ(memory, before);
}

TEST(Movement, ConcatenationSplitAndPack) {
  struct Case {
    Shape part;
    int32_t axis;
  };
  for (const auto& [part, axis] :
       {Case{{3}, 0}, {{2, 3}, 1}, {{2, 3}, 0}, {{1, 4, 5, 3}, 3}, {{1, 4, 5, 3}, 1}, {{2, 1, 3, 2, 5}, 2}}) {
    SCOPED_TRACE(to_string(part) + " along " + std::to_string(axis));
    constexpr int32_t kParts = 3;
    std::vector<int32_t> joined_dims(part.dims().begin(), part.dims().end());
    joined_dims[static_cast<size_t>(axis)] *= kParts;
    const Shape joined(joined_dims);
    Random random(7);
    const std::vector<float> values = random.floats(joined.elements(), -1, 1);
    std::vector<std::vector<float>> parts(kParts, std::vector<float>(static_cast<size_t>(part.elements())));
    std::vector<float> packed(values.size());
    std::vector<int32_t> packed_dims(part.dims().begin(), part.dims().end());
    packed_dims.insert(packed_dims.begin() + axis, kParts);
    for_each_coordinates(joined, [&](const Coordinates& at) {
      Coordinates in_part = at;
      const int32_t extent = part[axis];
      const int32_t which = at[static_cast<size_t>(axis)] / extent;
      in_part[static_cast<size_t>(axis)] %= extent;
      parts[static_cast<size_t>(which)][offset_of(part, in_part)] = values[offset_of(joined, at)];
      Coordinates in_pack = in_part;
      in_pack.insert(in_pack.begin() + axis, which);
      packed[offset_of(Shape(packed_dims), in_pack)] = values[offset_of(joined, at)];
    });

    for (const OpKind op : {OpKind::Concatenation, OpKind::Pack}) {
      GraphBuilder builder;
      std::vector<TensorId> inputs;
      for (int32_t i = 0; i < kParts; ++i) inputs.push_back(builder.input("x" + std::to_string(i), part));
      builder.output(builder.node(op, Axis{axis}, inputs)[0]);
      EXPECT_EQ(run<float>(builder.graph(), parts), op == OpKind::Pack ? packed : values) << to_string(op);
    }
    GraphBuilder builder;
    const TensorId x = builder.input("x", joined);
    for (const TensorId y : builder.node(OpKind::Split, Axis{axis}, {x}, {{}, {}, {}})) builder.output(y);
    for (size_t i = 0; i < kParts; ++i) EXPECT_EQ(run<float>(builder.graph(), {values}, i), parts[i]) << i;
  }
}

TEST(Movement, ConcatenationOfUnequalParts) {
  GraphBuilder builder;
  const TensorId a = builder.input("a", {2, 1, 3});
  const TensorId b = builder.input("b", {2, 2, 3});
  builder.output(builder.node(OpKind::Concatenation, Axis{1}, {a, b})[0]);
  EXPECT_EQ(run<float>(builder.graph(), {{1, 2, 3, 10, 20, 30}, {4, 5, 6, 7, 8, 9, 40, 50, 60, 70, 80, 90}}),
            (std::vector<float>{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 20, 30, 40, 50, 60, 70, 80, 90}));
}

TEST(Movement, ArgMaxTakesTheFirstOfEquals) {
  const std::vector<float> values = {1, 5, 5, 2, /**/ 7, 7, 0, 7, /**/ -1, -2, -3, -1};
  GraphBuilder builder;
  const TensorId x = builder.input("x", {3, 4});
  builder.output(builder.node(OpKind::ArgMax, ArgMax{1, DType::Int64}, {x})[0]);
  builder.output(builder.node(OpKind::ArgMax, ArgMax{0, DType::Int32}, {x})[0]);
  EXPECT_EQ((run<int64_t, float>(builder.graph(), {values}, 0)), (std::vector<int64_t>{1, 0, 0}));
  EXPECT_EQ((run<int32_t, float>(builder.graph(), {values}, 1)), (std::vector<int32_t>{1, 1, 0, 1}));
}

/// The message of the error that making this node throws, or "" when it throws none.
std::string failure(OpKind op, Attributes attributes, const std::vector<Shape>& inputs, size_t outputs = 1) {
  GraphBuilder builder;
  std::vector<TensorId> ids;
  for (const Shape& shape : inputs) ids.push_back(builder.input("x" + std::to_string(ids.size()), shape));
  try {
    builder.node(op, std::move(attributes), ids, std::vector<std::optional<QuantParams>>(outputs));
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::InvalidShape);
    EXPECT_EQ(error.where().node, "node_0");
    return error.message();
  }
  return "";
}

TEST(Movement, ErrorsNameTheDimension) {
  EXPECT_EQ(failure(OpKind::Transpose, Transpose{{0, 0}}, {{2, 3}}),
            "TRANSPOSE 'node_0': its permutation names axis 0 twice.");
  EXPECT_EQ(failure(OpKind::Transpose, Transpose{{0, 2}}, {{2, 3}}),
            "TRANSPOSE 'node_0': axis 2 does not exist in a tensor of 2 dimensions.");
  EXPECT_EQ(failure(OpKind::Reshape, Reshape{{4, 2}}, {{2, 3}}),
            "RESHAPE 'node_0': it cannot make 4x2 of input 'x0' of shape 2x3.");
  EXPECT_EQ(failure(OpKind::Reshape, Reshape{{-1, 3}}, {{2, 3}}),
            "RESHAPE 'node_0': dimension 0 of its output would be -1.");
  EXPECT_EQ(failure(OpKind::Concatenation, Axis{0}, {{2, 3}, {2, 4}}),
            "CONCATENATION 'node_0': dimension 1 of input 'x1' is 4; the first input has 3.");
  EXPECT_EQ(failure(OpKind::Split, Axis{1}, {{2, 7}}, 2),
            "SPLIT 'node_0': dimension 1 of its input is 7, which 2 outputs cannot share equally.");
  EXPECT_EQ(failure(OpKind::SplitV, SplitV{1, {3, 5}}, {{2, 7}}, 2),
            "SPLIT_V 'node_0': its parts take 8 elements of dimension 1, which has 7.");
  EXPECT_EQ(failure(OpKind::SplitV, SplitV{1, {-1, 8}}, {{2, 7}}, 2),
            "SPLIT_V 'node_0': dimension 1 of its output would be -1.");
  EXPECT_EQ(failure(OpKind::Unpack, Axis{0}, {{3, 7}}, 2),
            "UNPACK 'node_0': dimension 0 of its input is 3, but it has 2 outputs.");
  EXPECT_EQ(failure(OpKind::Tile, Tile{{2, 0}}, {{3, 7}}),
            "TILE 'node_0': dimension 1 of its output would be 0.");
  EXPECT_EQ(failure(OpKind::BroadcastTo, Reshape{{4, 7}}, {{3, 7}}),
            "BROADCAST_TO 'node_0': input 'x0' of shape 3x7 does not broadcast to 4x7.");
  EXPECT_EQ(failure(OpKind::SpaceToBatchNd, BatchBlocks{{2, 2}, {{0, 0}, {0, 1}}}, {{1, 4, 4, 3}}),
            "SPACE_TO_BATCH_ND 'node_0': dimension 2 of its padded input is 5, which is no multiple of its "
            "block's 2.");
  EXPECT_EQ(
      failure(OpKind::BatchToSpaceNd, BatchBlocks{{2, 2}, {{0, 0}, {0, 0}}}, {{6, 4, 4, 3}}),
      "BATCH_TO_SPACE_ND 'node_0': the batch of its input is 6, which is no multiple of the 4 places of "
      "its block.");
  EXPECT_EQ(failure(OpKind::BatchToSpaceNd, BatchBlocks{{100, 100}, {{0, 0}, {0, 0}}}, {{6, 4, 4, 3}}),
            "BATCH_TO_SPACE_ND 'node_0': its block has more than 4096 places.");
  EXPECT_EQ(failure(OpKind::Slice, Slice{{0, 2}, {2, 2}}, {{2, 3}}),
            "SLICE 'node_0': it takes 2 elements from index 2 of dimension 1, which has 3.");
  EXPECT_EQ(
      failure(OpKind::StridedSlice, StridedSlice{{0}, {3}, {-1}, {}}, {{5}}),
      "STRIDED_SLICE 'node_0': it takes 3 elements from index 0 by steps of -1 of dimension 0, which has 5.");
  EXPECT_EQ(failure(OpKind::Pad, Pad{{{0, -1}}, 0}, {{5}}),
            "PAD 'node_0': it has a negative padding in dimension 0.");
  EXPECT_EQ(failure(OpKind::Pad, Pad{{{0, 1}}, std::numeric_limits<float>::quiet_NaN()}, {{5}}),
            "PAD 'node_0': it pads with NaN.");
  EXPECT_EQ(failure(OpKind::Pad, Pad{{}, 0}, {{5}}), "PAD 'node_0': it has 0 paddings for 1 dimensions.");
  EXPECT_EQ(failure(OpKind::MirrorPad, MirrorPad{{{3, 0}}, true}, {{3}}),
            "MIRROR_PAD 'node_0': it pads dimension 0 by 3 and 0; from 0 to 2 is possible.");
  EXPECT_EQ(failure(OpKind::DepthToSpace, BlockSize{2}, {{1, 2, 2, 6}}),
            "DEPTH_TO_SPACE 'node_0': its 6 channels do not divide into blocks of 2 by 2.");
  EXPECT_EQ(failure(OpKind::SpaceToDepth, BlockSize{2}, {{1, 2, 3, 6}}),
            "SPACE_TO_DEPTH 'node_0': its height 2 and width 3 do not divide into blocks of 2.");
  EXPECT_EQ(failure(OpKind::ArgMax, ArgMax{0, DType::Int8}, {{4}}),
            "ARG_MAX 'node_0': its output type int8 is neither int32 nor int64.");
  EXPECT_EQ(failure(OpKind::Pad, Pad{{{0x7fffffff, 0x7fffffff}}, 0}, {{5}}),
            "PAD 'node_0': dimension 0 of its output would be 4294967299.");
}

}  // namespace
}  // namespace octet::test
