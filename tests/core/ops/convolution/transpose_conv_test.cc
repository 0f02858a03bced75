#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "ops/activation.h"
#include "support/convolution_cases.h"
#include "support/dot_kernels.h"

namespace octet {
namespace {

struct Case {
  int32_t batch, height, width, channels, outputs;
  Spatial kernel, stride, output;
  int32_t top = 0, left = 0;
  bool bias = true;
  Activation activation = Activation::None;
};

// SAME and VALID results, filters smaller and larger than the stride, and strides that differ by axis.
const Case kCases[] = {
    {1, 1, 1, 1, 1, {1, 1}, {1, 1}, {1, 1}},
    {1, 4, 5, 8, 8, {2, 2}, {2, 2}, {8, 10}},
    {2, 3, 4, 5, 9, {3, 3}, {2, 2}, {6, 8}, 0, 0, true, Activation::Relu},
    {1, 4, 4, 3, 2, {3, 3}, {2, 2}, {8, 8}, 0, 0, false},
    {1, 4, 4, 3, 2, {4, 4}, {2, 2}, {8, 8}, 1, 1},
    {1, 3, 3, 7, 17, {3, 3}, {1, 1}, {3, 3}, 1, 1},
    {1, 3, 5, 4, 4, {5, 3}, {3, 2}, {11, 11}},
    {1, 3, 3, 4, 4, {1, 1}, {3, 2}, {9, 6}},
    {1, 2, 2, 2, 3, {2, 5}, {4, 3}, {8, 6}, 0, 1},
    {1, 5, 5, 6, 1, {3, 3}, {2, 2}, {10, 10}, 0, 0, true, Activation::Relu6},
    // Phases that run as one: all of a row, and all but some at its ends.
    {2, 5, 7, 16, 1, {2, 2}, {2, 2}, {10, 14}},
    {1, 3, 6, 5, 3, {3, 6}, {3, 3}, {9, 21}, 0, 0, true, Activation::Relu},
    {1, 3, 6, 5, 3, {2, 4}, {2, 4}, {6, 21}, 0, 2, false},
    {1, 2, 5, 3, 9, {4, 5}, {4, 4}, {8, 20}},
};

Shape filter_shape(const Case& c) { return {c.outputs, c.kernel.height, c.kernel.width, c.channels}; }

TensorId add_node(test::GraphBuilder& builder, const Case& c, std::vector<TensorId> operands, DType type,
                  std::optional<QuantParams> quantization) {
  const int32_t full_height = (c.height - 1) * c.stride.height + c.kernel.height;
  const int32_t full_width = (c.width - 1) * c.stride.width + c.kernel.width;
  const TransposeConv attributes = {.stride = c.stride,
                                    .padding = {.top = c.top,
                                                .bottom = full_height - c.output.height - c.top,
                                                .left = c.left,
                                                .right = full_width - c.output.width - c.left},
                                    .output = c.output,
                                    .activation = c.activation};
  const TensorId y =
      builder.node(OpKind::TransposeConv, attributes, std::move(operands), {quantization}, type)[0];
  builder.output(y);
  return y;
}

/// Calls tap(output pixel, input pixel, filter row, filter column) for every pair that lies inside the
/// output: the definition by scattering, each input pixel spreading the whole filter.
template <class Tap>
void scatter(const Case& c, const Tap& tap) {
  for (int32_t b = 0; b < c.batch; ++b) {
    for (int32_t y = 0; y < c.height; ++y) {
      for (int32_t x = 0; x < c.width; ++x) {
        for (int32_t ky = 0; ky < c.kernel.height; ++ky) {
          for (int32_t kx = 0; kx < c.kernel.width; ++kx) {
            const int32_t oy = y * c.stride.height + ky - c.top;
            const int32_t ox = x * c.stride.width + kx - c.left;
            if (oy < 0 || oy >= c.output.height || ox < 0 || ox >= c.output.width) continue;
            tap((b * c.output.height + oy) * c.output.width + ox, (b * c.height + y) * c.width + x, ky, kx);
          }
        }
      }
    }
  }
}

/// sums[pixel, o] += value(input index) * weight(filter index), summed as Sum.
template <class Sum, class Value, class Weight>
void convolve(const Case& c, std::vector<Sum>& sums, const Value& value, const Weight& weight) {
  scatter(c, [&](int32_t to, int32_t from, int32_t ky, int32_t kx) {
    for (int32_t o = 0; o < c.outputs; ++o) {
      for (int32_t i = 0; i < c.channels; ++i) {
        const size_t w =
            static_cast<size_t>(((o * c.kernel.height + ky) * c.kernel.width + kx) * c.channels + i);
        sums[static_cast<size_t>(to * c.outputs + o)] +=
            value(static_cast<size_t>(from * c.channels + i)) * weight(w);
      }
    }
  });
}

TEST(TransposeConv, FloatAgreesWithScattering) {
  uint64_t seed = 1;
  for (const Case& c : kCases) {
    SCOPED_TRACE("case " + std::to_string(seed));
    test::Random random(seed++);
    test::GraphBuilder builder;
    const Shape input_shape = {c.batch, c.height, c.width, c.channels};
    const std::vector<float> input = random.floats(input_shape.elements(), -1, 1);
    const std::vector<float> filter = random.floats(filter_shape(c).elements(), -1, 1);
    const std::vector<float> bias = random.floats(c.outputs, -1, 1);
    std::vector<TensorId> operands = {builder.input("x", input_shape),
                                      builder.constant(filter_shape(c), filter)};
    if (c.bias) operands.push_back(builder.constant({c.outputs}, bias));
    const TensorId y = add_node(builder, c, operands, DType::Float32, std::nullopt);
    ASSERT_EQ(builder.tensor(y).shape, (Shape{c.batch, c.output.height, c.output.width, c.outputs}));

    std::vector<double> sums(static_cast<size_t>(builder.tensor(y).shape.elements()));
    for (size_t i = 0; i < sums.size(); ++i) sums[i] = c.bias ? double{bias[i % bias.size()]} : 0.0;
    convolve(
        c, sums, [&](size_t i) { return double{input[i]}; }, [&](size_t i) { return double{filter[i]}; });
    const ops::Clamp<float> clamp = ops::clamp_of(c.activation);
    const std::vector<float> actual = test::run<float>(builder.graph(), {input});
    for (size_t i = 0; i < sums.size(); ++i) {
      ASSERT_NEAR(actual[i], std::clamp(sums[i], double{clamp.low}, double{clamp.high}), 1e-5) << i;
    }
  }
}

TEST(TransposeConv, Int8EqualsScattering) {
  for (const kernels::DotKernel kernel : test::kDotKernels) {
    const test::DotScope scope(kernel);
    uint64_t seed = 50;
    for (const Case& c : kCases) {
      SCOPED_TRACE("case " + std::to_string(seed - 49));
      test::Random random(seed++);
      test::GraphBuilder builder;
      const Shape input_shape = {c.batch, c.height, c.width, c.channels};
      const std::vector<int8_t> input = random.integers<int8_t>(input_shape.elements(), -128, 127);
      const std::vector<int8_t> filter = random.integers<int8_t>(filter_shape(c).elements(), -127, 127);
      const std::vector<int32_t> bias = random.integers<int32_t>(c.outputs, -3000, 3000);
      const QuantParams in = QuantParams::per_tensor(0.02f, -128);
      const QuantParams out = QuantParams::per_tensor(0.07f, 5);
      const QuantParams weights = {.scale = random.floats(c.outputs, 0.003f, 0.05f),
                                   .zero_point = std::vector<int32_t>(static_cast<size_t>(c.outputs)),
                                   .axis = 0};
      std::vector<TensorId> operands = {builder.input("x", input_shape, DType::Int8, in),
                                        builder.constant(filter_shape(c), filter, weights)};
      if (c.bias) operands.push_back(builder.constant({c.outputs}, bias));
      const TensorId y = add_node(builder, c, operands, DType::Int8, out);

      std::vector<int32_t> sums(static_cast<size_t>(builder.tensor(y).shape.elements()));
      for (size_t i = 0; i < sums.size(); ++i) sums[i] = c.bias ? bias[i % bias.size()] : 0;
      convolve(
          c, sums, [&](size_t i) { return input[i] + 128; }, [&](size_t i) { return int32_t{filter[i]}; });
      const ops::Clamp<int32_t> clamp = ops::clamp_of<int8_t>(c.activation, out);
      std::vector<int8_t> expected;
      for (size_t i = 0; i < sums.size(); ++i) {
        const double ratio =
            double{in.scale[0]} * double{weights.scale[i % weights.scale.size()]} / double{out.scale[0]};
        expected.push_back(
            test::requantized(sums[i], kernels::fixed_point_multiplier(ratio), 5, clamp.low, clamp.high));
      }
      EXPECT_EQ(test::run<int8_t>(builder.graph(), {input}), expected);
    }
  }
}

TEST(TransposeConv, RejectsAStrideWithTooManyPhases) {
  test::GraphBuilder builder;
  const TensorId x = builder.input("x", {1, 2, 2, 1});
  const TensorId filter = builder.constant({1, 1, 1, 1}, std::vector<float>(1));
  const TransposeConv attributes = {.stride = {65, 1}, .padding = {}, .output = {66, 2}};
  EXPECT_THROW(builder.node(OpKind::TransposeConv, attributes, {x, filter}), Error);
}

}  // namespace
}  // namespace octet
