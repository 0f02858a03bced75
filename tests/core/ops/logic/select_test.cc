// GATHER, GATHER_ND, CUMSUM and CAST against plain loops.
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>
#include <numeric>

#include "support/coordinates.h"
#include "support/graph_builder.h"

namespace octet::test {
namespace {

/// Runs `op` on an input that holds its own positions with computed and with constant indices, in three types
/// of elements; `source` gives the position that an output element holds.
template <class Index>
void expect_gathered(OpKind op, const Attributes& attributes, const Shape& input, const Shape& indices_shape,
                     const std::vector<Index>& indices, const Shape& output,
                     const std::function<Coordinates(const Coordinates&)>& source) {
  SCOPED_TRACE(std::string(to_string(op)) + " of " + to_string(input));
  const auto check = [&]<class T>(T, const std::optional<QuantParams>& params, bool constant) {
    std::vector<T> values(static_cast<size_t>(input.elements()));
    std::iota(values.begin(), values.end(), T{0});
    GraphBuilder builder;
    const TensorId x = builder.input("x", input, DTypeOf<T>::value, params);
    const TensorId i = constant ? builder.constant<Index>(indices_shape, indices)
                                : builder.input("i", indices_shape, DTypeOf<Index>::value);
    builder.output(builder.node(op, attributes, {x, i}, {params})[0]);
    ASSERT_EQ(builder.tensor(builder.graph().outputs[0]).shape, output);
    emulate::Executor executor(std::make_shared<const Graph>(builder.graph()));
    executor.set_input(0, std::as_bytes(std::span<const T>(values)));
    if (!constant) executor.set_input(1, std::as_bytes(std::span<const Index>(indices)));
    executor.run();
    std::vector<T> expected;
    for_each_coordinates(
        output, [&](const Coordinates& at) { expected.push_back(values[offset_of(input, source(at))]); });
    const std::span<const T> actual = as<T>(executor.output(0));
    EXPECT_EQ(std::vector<T>(actual.begin(), actual.end()), expected);
  };
  for (const bool constant : {false, true}) {
    check(float{}, {}, constant);
    check(int64_t{}, {}, constant);
    check(int8_t{}, QuantParams::per_tensor(1.0f, 3), constant);
  }
}

TEST(Gather, SlicesAlongAnAxis) {
  const std::vector<int32_t> three = {2, 0, 2};
  expect_gathered<int32_t>(OpKind::Gather, Gather{1, 0}, {2, 3, 4}, {3}, three, {2, 3, 4},
                           [&](const Coordinates& at) {
                             return Coordinates{at[0], three[static_cast<size_t>(at[1])], at[2]};
                           });
  const std::vector<int64_t> one = {3};
  expect_gathered<int64_t>(OpKind::Gather, Gather{2, 0}, {2, 3, 4}, {}, one, {2, 3},
                           [](const Coordinates& at) {
                             return Coordinates{at[0], at[1], 3};
                           });
  // Of each of two batches its own rows, by a matrix of indices.
  const std::vector<int32_t> batched = {0, 4, 1, 1, 2, 3};
  expect_gathered<int32_t>(OpKind::Gather, Gather{2, 1}, {2, 3, 5, 2}, {2, 3}, batched, {2, 3, 3, 2},
                           [&](const Coordinates& at) {
                             const size_t i = static_cast<size_t>(at[0] * 3 + at[2]);
                             return Coordinates{at[0], at[1], batched[i], at[3]};
                           });
}

TEST(Gather, RowsOfIndices) {
  const std::vector<int32_t> pairs = {0, 3, 2, 1};
  expect_gathered<int32_t>(OpKind::GatherNd, NoAttributes{}, {3, 4, 2}, {2, 2}, pairs, {2, 2},
                           [&](const Coordinates& at) {
                             const size_t i = static_cast<size_t>(2 * at[0]);
                             return Coordinates{pairs[i], pairs[i + 1], at[1]};
                           });
}

TEST(Gather, AComputedIndexOutsideTakesTheNearest) {
  GraphBuilder builder;
  const TensorId x = builder.constant<float>({3}, {10, 20, 30});
  const TensorId i = builder.input("i", {4}, DType::Int64);
  builder.output(builder.node(OpKind::Gather, Gather{0, 0}, {x, i})[0]);
  const std::vector<int64_t> indices = {-1, 3, std::numeric_limits<int64_t>::max(), 1};
  EXPECT_EQ((run<float, int64_t>(builder.graph(), {indices})), (std::vector<float>{10, 30, 30, 20}));
}

std::string failure(OpKind op, const Attributes& attributes, const Shape& input,
                    const std::vector<int32_t>& indices) {
  GraphBuilder builder;
  try {
    const Shape shape = {static_cast<int32_t>(indices.size())};
    builder.node(op, attributes, {builder.input("x", input), builder.constant<int32_t>(shape, indices)});
  } catch (const Error& error) {
    return error.message();
  }
  return "";
}

TEST(Gather, ErrorsNameTheIndex) {
  EXPECT_EQ(failure(OpKind::Gather, Gather{1, 0}, {2, 3}, {0, 3}),
            "GATHER 'node_0': its index 3 is outside dimension 1, which has 3 elements.");
  EXPECT_EQ(failure(OpKind::Gather, Gather{1, 1}, {2, 3}, {0, 1, 2}),
            "GATHER 'node_0': batch dimension 0 is 2 in its input and 3 in its indices.");
  EXPECT_EQ(
      failure(OpKind::Gather, Gather{0, 1}, {2, 3}, {0}),
      "GATHER 'node_0': it has 1 batch dimensions; at most its axis 0 and the dimensions of its indices "
      "are possible.");
  EXPECT_EQ(failure(OpKind::GatherNd, NoAttributes{}, {2, 3}, {1, -1}),
            "GATHER_ND 'node_0': its index -1 is outside dimension 1, which has 3 elements.");
  EXPECT_EQ(
      failure(OpKind::GatherNd, NoAttributes{}, {2, 3}, {1, 1, 1}),
      "GATHER_ND 'node_0': its indices 3 do not end in one entry for some dimensions of its input 2x3.");
}

template <class T>
void expect_running_sums(const Shape& shape, const CumSum& attributes) {
  SCOPED_TRACE(to_string(shape));
  const auto values = Random(3).integers<T>(shape.elements(), -9, 9);
  GraphBuilder builder;
  const TensorId x = builder.input("x", shape, DTypeOf<T>::value);
  builder.output(builder.node(OpKind::CumSum, attributes, {x}, {{}}, DTypeOf<T>::value)[0]);
  std::vector<T> expected;
  for_each_coordinates(shape, [&](const Coordinates& at) {
    T sum = 0;
    const size_t axis = static_cast<size_t>(attributes.axis);
    for (int32_t k = 0; k < shape[attributes.axis]; ++k) {
      const bool before = attributes.reverse ? k > at[axis] : k < at[axis];
      if (!before && (attributes.exclusive || k != at[axis])) continue;
      Coordinates from = at;
      from[axis] = k;
      sum = static_cast<T>(sum + values[offset_of(shape, from)]);
    }
    expected.push_back(sum);
  });
  EXPECT_EQ(run<T>(builder.graph(), {values}), expected);
}

TEST(CumSum, RunsFromEitherEnd) {
  for (const auto& [shape, axis] :
       {std::pair<Shape, int32_t>{{7}, 0}, {{3, 5}, 1}, {{3, 5}, 0}, {{2, 4, 3, 2}, 2}}) {
    for (const bool exclusive : {false, true}) {
      for (const bool reverse : {false, true}) {
        expect_running_sums<float>(shape, {axis, exclusive, reverse});
        expect_running_sums<int32_t>(shape, {axis, exclusive, reverse});
        expect_running_sums<int64_t>(shape, {axis, exclusive, reverse});
      }
    }
  }
}

template <class To, class From>
std::vector<To> cast(DType from, DType to, const std::vector<From>& values) {
  GraphBuilder builder;
  const TensorId x = builder.input("x", {static_cast<int32_t>(values.size())}, from);
  builder.output(builder.node(OpKind::Cast, Cast{to}, {x}, {{}}, to)[0]);
  return run<To, From>(builder.graph(), {values});
}

TEST(Cast, BetweenAllTypes) {
  const std::vector<float> reals = {1.9f, -1.9f, 0.0f, -0.4f, 3e9f, -1e20f, NAN, 7.0f};
  EXPECT_EQ((cast<int32_t>(DType::Float32, DType::Int32, reals)),
            (std::vector<int32_t>{1, -1, 0, 0, std::numeric_limits<int32_t>::max(),
                                  std::numeric_limits<int32_t>::min(), 0, 7}));
  EXPECT_EQ((cast<int64_t>(DType::Float32, DType::Int64, reals)),
            (std::vector<int64_t>{1, -1, 0, 0, 3000000000, std::numeric_limits<int64_t>::min(), 0, 7}));
  EXPECT_EQ((cast<uint8_t>(DType::Float32, DType::Bool, reals)),
            (std::vector<uint8_t>{1, 1, 0, 1, 1, 1, 1, 1}));
  const std::vector<int64_t> wide = {5, -3, int64_t{1} << 32, 0};
  EXPECT_EQ((cast<int32_t>(DType::Int64, DType::Int32, wide)), (std::vector<int32_t>{5, -3, 0, 0}));
  EXPECT_EQ((cast<float>(DType::Int64, DType::Float32, wide)), (std::vector<float>{5, -3, 4294967296.0f, 0}));
  EXPECT_EQ((cast<uint8_t>(DType::Int64, DType::Bool, wide)), (std::vector<uint8_t>{1, 1, 1, 0}));
  EXPECT_EQ((cast<int64_t>(DType::Int32, DType::Int64, std::vector<int32_t>{-7, 9})),
            (std::vector<int64_t>{-7, 9}));
  EXPECT_EQ((cast<float>(DType::Bool, DType::Float32, std::vector<uint8_t>{0, 1, 7})),
            (std::vector<float>{0, 1, 1}));
}

}  // namespace
}  // namespace octet::test
