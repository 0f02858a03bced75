#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "support/convolution_cases.h"
#include "support/dot_kernels.h"
#include "support/fused_kernels.h"

namespace octet {
namespace {

using test::ConvolutionCase;

const ConvolutionCase kCases[] = {
    {1, 1, 1, 1, 1, {1, 1}},
    {1, 5, 7, 3, 5, {3, 3}, {2, 2}, {1, 1}, {0, 1, 1, 1}},
    {1, 9, 6, 8, 16, {1, 1}},
    {2, 4, 5, 17, 9, {1, 1}, {1, 1}, {1, 1}, {}, 1, Activation::Relu},
    {1, 7, 7, 4, 8, {1, 1}, {2, 2}},
    {1, 8, 8, 5, 7, {3, 3}, {1, 1}, {2, 2}, {2, 2, 2, 2}, 1, Activation::Relu6},
    {1, 6, 11, 3, 12, {5, 2}, {1, 3}, {1, 2}, {2, 3, 1, 0}},
    {2, 5, 5, 6, 8, {3, 3}, {1, 1}, {1, 1}, {1, 1, 1, 1}, 2},
    {1, 4, 4, 6, 6, {3, 3}, {1, 1}, {1, 1}, {1, 1, 1, 1}, 6, Activation::ReluN1To1},
    {1, 5, 5, 9, 30, {2, 3}, {1, 1}, {1, 1}, {}, 3},
    {1, 40, 40, 24, 10, {3, 3}, {1, 1}, {1, 1}, {1, 1, 1, 1}, 1, Activation::None, false},
    {3, 40, 33, 40, 11, {1, 1}, {1, 1}, {1, 1}, {}, 1, Activation::None, false},
    {1, 3, 3, 2, 3, {3, 3}, {1, 1}, {1, 1}, {4, 5, 6, 4}},
};

Shape filter_shape(const ConvolutionCase& c) {
  return {c.outputs, c.kernel.height, c.kernel.width, c.channels / c.groups};
}

size_t weight_index(const ConvolutionCase& c, int32_t o, int32_t ky, int32_t kx, int32_t i) {
  return static_cast<size_t>(
      ((int64_t{o} * c.kernel.height + ky) * c.kernel.width + kx) * filter_shape(c).channels() + i);
}

TEST(Conv2d, FloatEqualsThePlainLoopBitForBit) {
  for (const kernels::FusedKernels& fused : test::fused_kernels()) {
    const test::FusedScope scope(fused);
    uint64_t seed = 1;
    for (const ConvolutionCase& c : kCases) {
      test::expect_float_convolution(
          c, OpKind::Conv2d, filter_shape(c), seed++,
          [&](int32_t o, int32_t ky, int32_t kx, int32_t i) { return weight_index(c, o, ky, kx, i); },
          [&](float sum, float a, float b) { return scope.add(sum, a, b); });
    }
  }
}

/// Scales for which the mode has a rescaling: any for Tflite, exact powers of two for Sima.
QuantParams filter_params(test::Random& random, int32_t channels, bool per_channel, RequantizationMode mode) {
  QuantParams params;
  for (int32_t c = 0; c < (per_channel ? channels : 1); ++c) {
    const float power = std::ldexp(1.0f, -6 - static_cast<int>(random.uniform() * 5));
    const float factor =
        mode == RequantizationMode::Sima ? 1.0f : 1.0f + static_cast<float>(random.uniform());
    params.scale.push_back(power * factor);
    params.zero_point.push_back(0);
  }
  return params;
}

void expect_int8(const ConvolutionCase& c, bool per_channel, RequantizationMode mode, uint64_t seed) {
  SCOPED_TRACE(test::describe(c));
  test::Random random(seed);
  test::GraphBuilder builder;
  const Shape input_shape = {c.batch, c.height, c.width, c.channels};
  const std::vector<int8_t> input = random.integers<int8_t>(input_shape.elements(), -128, 127);
  const std::vector<int8_t> filter = random.integers<int8_t>(filter_shape(c).elements(), -127, 127);
  const std::vector<int32_t> bias = random.integers<int32_t>(c.outputs, -3000, 3000);
  const QuantParams in = QuantParams::per_tensor(0.25f, -17);
  const QuantParams out = QuantParams::per_tensor(0.5f, 11);
  const QuantParams weights = filter_params(random, c.outputs, per_channel, mode);
  std::vector<TensorId> operands = {builder.input("x", input_shape, DType::Int8, in),
                                    builder.constant(filter_shape(c), filter, weights)};
  if (c.bias) operands.push_back(builder.constant({c.outputs}, bias));
  const TensorId y =
      builder.node(OpKind::Conv2d, test::attributes_of(c), operands, {out}, DType::Int8, mode)[0];
  builder.output(y);

  const Shape output_shape = builder.tensor(y).shape;
  std::vector<int32_t> sums(static_cast<size_t>(output_shape.elements()));
  for (size_t i = 0; i < sums.size(); ++i) sums[i] = c.bias ? bias[i % bias.size()] : 0;
  test::for_each_product(
      c, output_shape, [&](int64_t to, int32_t o, int64_t from, int32_t ky, int32_t kx, int32_t i) {
        sums[static_cast<size_t>(to)] +=
            (input[static_cast<size_t>(from)] + 17) * filter[weight_index(c, o, ky, kx, i)];
      });
  const ops::Clamp<int32_t> clamp = ops::clamp_of<int8_t>(c.activation, out);
  std::vector<int8_t> expected;
  for (size_t i = 0; i < sums.size(); ++i) {
    const double ratio =
        double{in.scale[0]} * double{weights.scale[i % weights.scale.size()]} / double{out.scale[0]};
    if (mode == RequantizationMode::Tflite) {
      expected.push_back(
          test::requantized(sums[i], kernels::fixed_point_multiplier(ratio), 11, clamp.low, clamp.high));
    } else {
      const int n = static_cast<int>(std::round(-std::log2(ratio)));
      expected.push_back(
          kernels::clamp_to_int8(11 + kernels::rounding_shift_right(sums[i], n), clamp.low, clamp.high));
    }
  }
  EXPECT_EQ(test::run<int8_t>(builder.graph(), {input}), expected);
}

TEST(Conv2d, Int8EqualsThePlainLoop) {
  for (const kernels::DotKernel kernel : test::kDotKernels) {
    const test::DotScope scope(kernel);
    uint64_t seed = 100;
    for (const ConvolutionCase& c : kCases) {
      for (const RequantizationMode mode : {RequantizationMode::Tflite, RequantizationMode::Sima}) {
        expect_int8(c, true, mode, seed++);
        expect_int8(c, false, mode, seed++);
      }
    }
  }
}

}  // namespace
}  // namespace octet
