// Shapes, ranges and fillings that a .tflite file computes from static shapes and constants.
#include <gtest/gtest.h>

#include <functional>

#include "formats/tflite/reader.h"
#include "support/graph_builder.h"
#include "support/read_errors.h"
#include "support/tflite_builder.h"

namespace octet::test {
namespace {

using formats::tflite::read;
using Code = tfl::BuiltinOperator;

/// A tensor of int32 that an operator computes.
int32_t computed(TfliteBuilder& builder, const std::string& name, const std::vector<int32_t>& shape = {}) {
  return builder.tensor({.name = name, .shape = shape, .type = tfl::TensorType::INT32});
}

TEST(TfliteShapes, ComputesShapesFromShapes) {
  TfliteBuilder builder;
  flatbuffers::FlatBufferBuilder& fbb = builder.fbb();
  const int32_t x = builder.tensor({.name = "x", .shape = {-1, 4, 6}, .signature = {-1, 4, 6}});
  // RESHAPE to [SHAPE(x)[0], PROD(SHAPE(x)[1:]) / RANK(x)].
  const int32_t shape = computed(builder, "shape", {3});
  builder.op(Code::SHAPE, {x}, {shape}, tfl::CreateShapeOptions(fbb, tfl::TensorType::INT32));
  const int32_t batch = computed(builder, "batch");
  const auto slice = [&](int32_t from, int32_t to, bool shrink, int32_t output) {
    builder.op(Code::STRIDED_SLICE,
               {shape, builder.integers("", {from}), builder.integers("", {to}), builder.integers("", {1})},
               {output}, tfl::CreateStridedSliceOptions(fbb, 0, 0, 0, 0, shrink ? 1 : 0));
  };
  slice(0, 1, true, batch);
  const int32_t rest = computed(builder, "rest", {2});
  slice(1, 3, false, rest);
  const int32_t product = computed(builder, "product");
  builder.op(Code::REDUCE_PROD, {rest, builder.integers("axes", {0})}, {product},
             tfl::CreateReducerOptions(fbb, false));
  const int32_t rank = computed(builder, "rank");
  builder.op(Code::RANK, {x}, {rank}, tfl::CreateRankOptions(fbb));
  const int32_t quotient = computed(builder, "quotient");
  builder.op(Code::FLOOR_DIV, {product, rank}, {quotient}, tfl::CreateFloorDivOptions(fbb));
  const int32_t open = builder.integers("open", {-1});
  const int32_t minus = computed(builder, "minus");
  builder.op(Code::RESHAPE, {open, builder.integers("none", {0})}, {minus});
  const int32_t packed = computed(builder, "packed", {3});
  builder.op(Code::PACK, {batch, quotient, minus}, {packed}, tfl::CreatePackOptions(fbb, 3, 0));
  const int32_t y = builder.tensor({.name = "y", .shape = {-1, -1, -1}});
  builder.op(Code::RESHAPE, {x, packed}, {y});
  const Graph graph = read(builder.build({x}, {y}));
  ASSERT_EQ(graph.nodes.size(), 1u);
  EXPECT_EQ(graph.tensor(graph.outputs[0]).shape, (Shape{1, 8, 3}));
}

/// What ADD reads beside `x` where one operator with constant operands computes it.
template <class T, class Options>
std::vector<T> constant_of(Code code, tfl::TensorType type, const std::vector<T>& operands,
                           const std::function<flatbuffers::Offset<Options>(TfliteBuilder&)>& options) {
  TfliteBuilder builder;
  const int32_t x = builder.tensor({.name = "x", .shape = {1}, .type = type});
  std::vector<int32_t> inputs;
  for (const T value : operands)
    inputs.push_back(builder.tensor({.name = "", .type = type, .buffer = builder.buffer<T>({value})}));
  const int32_t made = builder.tensor({.name = "made", .shape = {-1}, .type = type});
  builder.op(code, inputs, {made}, options(builder));
  const int32_t y = builder.tensor({.name = "y", .shape = {-1}, .type = type});
  builder.op(Code::ADD, {x, made}, {y}, tfl::CreateAddOptions(builder.fbb()));
  const Graph graph = read(builder.build({x}, {y}));
  EXPECT_EQ(graph.nodes.size(), 1u);
  const std::span<const T> values = graph.tensor(graph.nodes[0].inputs[1]).template values<T>();
  return {values.begin(), values.end()};
}

TEST(TfliteShapes, ComputesRanges) {
  const auto options = [](TfliteBuilder& builder) { return tfl::CreateRangeOptions(builder.fbb()); };
  using Options = std::function<flatbuffers::Offset<tfl::RangeOptions>(TfliteBuilder&)>;
  EXPECT_EQ((constant_of<int32_t>(Code::RANGE, tfl::TensorType::INT32, {2, 9, 3}, Options(options))),
            (std::vector<int32_t>{2, 5, 8}));
  EXPECT_EQ((constant_of<int64_t>(Code::RANGE, tfl::TensorType::INT64, {1, -2, -1}, Options(options))),
            (std::vector<int64_t>{1, 0, -1}));
  EXPECT_EQ((constant_of<float>(Code::RANGE, tfl::TensorType::FLOAT32, {0, 1, 0.25f}, Options(options))),
            (std::vector<float>{0, 0.25f, 0.5f, 0.75f}));
}

TEST(TfliteShapes, FindsWhereAConstantHolds) {
  TfliteBuilder builder;
  const int32_t x = builder.tensor({.name = "x", .shape = {2, 3}});
  const auto condition = [&](const std::string& name, const std::vector<uint8_t>& values) {
    return builder.tensor(
        {.name = name, .shape = {2, 3}, .type = tfl::TensorType::BOOL, .buffer = builder.buffer(values)});
  };
  const int32_t places = builder.tensor({.name = "places", .shape = {-1, 2}, .type = tfl::TensorType::INT64});
  builder.op(Code::WHERE, {condition("holds", {0, 1, 0, 1, 0, 1})}, {places},
             tfl::CreateWhereOptions(builder.fbb()));
  const int32_t y = builder.tensor({.name = "y", .shape = {-1}});
  builder.op(Code::GATHER_ND, {x, places}, {y}, tfl::CreateGatherNdOptions(builder.fbb()));
  const Graph graph = read(builder.build({x}, {y}));
  EXPECT_EQ(graph.tensor(graph.outputs[0]).shape, (Shape{3}));
  EXPECT_EQ(run<float>(graph, {{1, 2, 3, 4, 5, 6}}), (std::vector<float>{2, 4, 6}));
}

TEST(TfliteShapes, NothingIsNoTensor) {
  TfliteBuilder builder;
  const int32_t x = builder.tensor({.name = "x", .shape = {2}});
  const int32_t holds = builder.tensor({.name = "holds",
                                        .shape = {2},
                                        .type = tfl::TensorType::BOOL,
                                        .buffer = builder.buffer<uint8_t>({0, 0})});
  const int32_t places = builder.tensor({.name = "places", .shape = {-1, 1}, .type = tfl::TensorType::INT64});
  builder.op(Code::WHERE, {holds}, {places}, tfl::CreateWhereOptions(builder.fbb()));
  expect_error(builder.build({x}, {places}), ErrorCode::UnsupportedOperator,
               {"WHERE 'places'", "selects nothing"});
}

TEST(TfliteShapes, FillsWithZerosOrAValue) {
  TfliteBuilder builder;
  flatbuffers::FlatBufferBuilder& fbb = builder.fbb();
  const int32_t x = builder.tensor({.name = "x", .shape = {2, 3}});
  const int32_t zeros = builder.tensor({.name = "zeros", .shape = {2, 3}});
  builder.op(Code::ZEROS_LIKE, {x}, {zeros}, tfl::CreateZerosLikeOptions(fbb));
  const int32_t shape = computed(builder, "shape", {2});
  builder.op(Code::SHAPE, {x}, {shape}, tfl::CreateShapeOptions(fbb, tfl::TensorType::INT32));
  const int32_t fives = builder.tensor({.name = "fives", .shape = {-1, -1}});
  builder.op(Code::FILL, {shape, builder.floats("five", {}, {5})}, {fives}, tfl::CreateFillOptions(fbb));
  const int32_t a = builder.tensor({.name = "a", .shape = {2, 3}});
  builder.op(Code::ADD, {x, zeros}, {a}, tfl::CreateAddOptions(fbb));
  const int32_t b = builder.tensor({.name = "b", .shape = {2, 3}});
  builder.op(Code::ADD, {a, fives}, {b}, tfl::CreateAddOptions(fbb));
  const Graph graph = read(builder.build({x}, {b}));
  ASSERT_EQ(graph.nodes.size(), 2u);
  const auto constant = [&](size_t node) {
    const std::span<const float> values = graph.tensor(graph.nodes[node].inputs[1]).values<float>();
    return std::vector<float>(values.begin(), values.end());
  };
  EXPECT_EQ(constant(0), std::vector<float>(6, 0));
  EXPECT_EQ(constant(1), std::vector<float>(6, 5));
}

TEST(TfliteShapes, RangesOfNothingAndOfComputedEndsAreRefused) {
  TfliteBuilder builder;
  const int32_t x = computed(builder, "x");
  const auto end = [&](int32_t value) {
    return builder.tensor(
        {.name = "", .type = tfl::TensorType::INT32, .buffer = builder.buffer<int32_t>({value})});
  };
  const int32_t y = computed(builder, "y", {-1});
  builder.op(Code::RANGE, {end(0), x, end(1)}, {y}, tfl::CreateRangeOptions(builder.fbb()));
  expect_error(builder.build({x}, {y}), ErrorCode::UnsupportedOperator,
               {"RANGE 'y'", "'x' is computed, not constant"});
  TfliteBuilder empty;
  const int32_t z = computed(empty, "z");
  const auto number = [&](int32_t value) {
    return empty.tensor(
        {.name = "", .type = tfl::TensorType::INT32, .buffer = empty.buffer<int32_t>({value})});
  };
  const int32_t none = computed(empty, "none", {-1});
  empty.op(Code::RANGE, {number(3), number(3), number(1)}, {none}, tfl::CreateRangeOptions(empty.fbb()));
  expect_error(empty.build({z}, {none}), ErrorCode::InvalidFile, {"no element"});
}

}  // namespace
}  // namespace octet::test
