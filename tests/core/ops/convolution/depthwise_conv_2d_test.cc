#include <gtest/gtest.h>

#include <algorithm>

#include "support/convolution_cases.h"
#include "support/dot_kernels.h"
#include "support/fused_kernels.h"

namespace octet {
namespace {

using test::ConvolutionCase;

// Groups equal channels: outputs / channels is the multiplier.
const ConvolutionCase kCases[] = {
    {1, 4, 4, 1, 1, {1, 1}, {1, 1}, {1, 1}, {}, 1},
    {1, 7, 9, 8, 8, {3, 3}, {1, 1}, {1, 1}, {1, 1, 1, 1}, 8, Activation::Relu6},
    {2, 8, 8, 13, 13, {3, 3}, {2, 2}, {1, 1}, {0, 1, 0, 1}, 13},
    {1, 6, 5, 24, 24, {5, 5}, {1, 1}, {1, 1}, {2, 2, 2, 2}, 24, Activation::Relu},
    {1, 9, 9, 3, 6, {3, 3}, {1, 2}, {2, 1}, {2, 2, 1, 1}, 3},
    {1, 5, 6, 1, 10, {3, 2}, {1, 1}, {1, 1}, {1, 1, 0, 1}, 1},
    {2, 6, 6, 5, 20, {2, 2}, {2, 2}, {1, 1}, {}, 5, Activation::ReluN1To1},
    {1, 56, 60, 20, 20, {3, 3}, {1, 1}, {1, 1}, {1, 1, 1, 1}, 20, Activation::None, false},
    {1, 7, 7, 9, 9, {7, 7}, {1, 1}, {1, 1}, {}, 9},
};

/// The cases above, and every width of a row's last tile with every number of channels in the last panel.
std::vector<ConvolutionCase> cases() {
  std::vector<ConvolutionCase> result(std::begin(kCases), std::end(kCases));
  for (const int32_t kernel : {1, 2, 3, 4, 5}) {
    for (const int32_t stride : {1, 2}) {
      for (int32_t i = 1; i <= 9; ++i) {
        const Padding2d padding = {4, 2, (kernel - 1) / 2, kernel / 2};
        const int32_t channels = (kernel + stride + i) * 5 % 17 + 1;
        result.push_back({1 + i % 2,
                          3 + i % 3,
                          i + kernel / 3,
                          channels,
                          channels,
                          {1 + i % 5, kernel},
                          {1 + i % 3, stride},
                          {1 + i % 2, 1},
                          padding,
                          channels,
                          i % 2 == 0 ? Activation::None : Activation::Relu});
      }
    }
  }
  // Wide ones, with every width of a row's last tile, padding of whole tiles, and rows of padding only.
  for (const int32_t kernel : {3, 5}) {
    for (const int32_t stride : {1, 2}) {
      for (int32_t i = 0; i < 6; ++i) {
        const int32_t channels = i % 2 == 0 ? 16 : 5 + i;
        const Padding2d padding = {i, 3, i == 5 ? 11 : i % 3, kernel / 2};
        result.push_back({1 + i % 2,
                          4,
                          stride * 40 + i,
                          channels,
                          channels,
                          {3, kernel},
                          {1 + i % 2, stride},
                          {1 + i % 3, 1},
                          padding,
                          channels,
                          Activation::None});
      }
    }
  }
  result.push_back({2, 2, 1, 1, 1, {1, 3}, {1, 1}, {1, 1}, {0, 0, 1, 1}, 1});
  result.push_back({1, 3, 2, 3, 3, {3, 3}, {1, 1}, {1, 1}, {1, 1, 1, 1}, 3});
  return result;
}

Shape filter_shape(const ConvolutionCase& c) { return {1, c.kernel.height, c.kernel.width, c.outputs}; }

size_t weight_index(const ConvolutionCase& c, int32_t o, int32_t ky, int32_t kx) {
  return static_cast<size_t>((ky * c.kernel.width + kx) * c.outputs + o);
}

/// Whether the convolution goes by packed rows, where products are fused.
bool goes_by_rows(const ConvolutionCase& c) {
  return c.dilation.width == 1 && c.stride.width <= 2 && c.outputs == c.channels &&
         (c.kernel.width == 3 || c.kernel.width == 5);
}

TEST(DepthwiseConv2d, FloatEqualsThePlainLoopBitForBit) {
  for (const kernels::FusedKernels& fused : test::fused_kernels()) {
    const test::FusedScope scope(fused);
    uint64_t seed = 1;
    for (const ConvolutionCase& c : cases()) {
      test::expect_float_convolution(
          c, OpKind::DepthwiseConv2d, filter_shape(c), seed++,
          [&](int32_t o, int32_t ky, int32_t kx, int32_t) { return weight_index(c, o, ky, kx); },
          [&](float sum, float a, float b) { return goes_by_rows(c) ? scope.add(sum, a, b) : sum + a * b; });
    }
  }
}

void expect_int8(const ConvolutionCase& c, int32_t output_zero_point, uint64_t seed) {
  SCOPED_TRACE(test::describe(c));
  test::Random random(seed);
  test::GraphBuilder builder;
  const Shape input_shape = {c.batch, c.height, c.width, c.channels};
  const std::vector<int8_t> input = random.integers<int8_t>(input_shape.elements(), -128, 127);
  const std::vector<int8_t> filter = random.integers<int8_t>(filter_shape(c).elements(), -127, 127);
  const std::vector<int32_t> bias = random.integers<int32_t>(c.outputs, -3000, 3000);
  const QuantParams in = QuantParams::per_tensor(0.02f, 127);
  const QuantParams out = QuantParams::per_tensor(0.11f, output_zero_point);
  QuantParams weights = {.scale = random.floats(c.outputs, 0.003f, 0.05f),
                         .zero_point = std::vector<int32_t>(static_cast<size_t>(c.outputs)),
                         .axis = 3};
  std::vector<TensorId> operands = {builder.input("x", input_shape, DType::Int8, in),
                                    builder.constant(filter_shape(c), filter, weights)};
  if (c.bias) operands.push_back(builder.constant({c.outputs}, bias));
  const TensorId y =
      builder.node(OpKind::DepthwiseConv2d, test::attributes_of(c), operands, {out}, DType::Int8)[0];
  builder.output(y);

  const Shape output_shape = builder.tensor(y).shape;
  std::vector<int32_t> sums(static_cast<size_t>(output_shape.elements()));
  for (size_t i = 0; i < sums.size(); ++i) sums[i] = c.bias ? bias[i % bias.size()] : 0;
  test::for_each_product(c, output_shape,
                         [&](int64_t to, int32_t o, int64_t from, int32_t ky, int32_t kx, int32_t) {
                           sums[static_cast<size_t>(to)] +=
                               (input[static_cast<size_t>(from)] - 127) * filter[weight_index(c, o, ky, kx)];
                         });
  const ops::Clamp<int32_t> clamp = ops::clamp_of<int8_t>(c.activation, out);
  std::vector<int8_t> expected;
  for (size_t i = 0; i < sums.size(); ++i) {
    const double ratio =
        double{in.scale[0]} * double{weights.scale[i % weights.scale.size()]} / double{out.scale[0]};
    expected.push_back(test::requantized(sums[i], kernels::fixed_point_multiplier(ratio), output_zero_point,
                                         clamp.low, clamp.high));
  }
  EXPECT_EQ(test::run<int8_t>(builder.graph(), {input}), expected);
}

TEST(DepthwiseConv2d, Int8EqualsThePlainLoop) {
  uint64_t seed = 100;
  for (const ConvolutionCase& c : cases()) expect_int8(c, -128, seed++);
}

TEST(DepthwiseConv2d, Int8EqualsThePlainLoopByEveryKernelForFourTaps) {
  for (const kernels::DepthwiseDotKernel kernel : {octet_depthwise_dots, test::signed_depthwise_dots}) {
    const test::DepthwiseDotScope scope(kernel);
    uint64_t seed = 1000;
    for (ConvolutionCase c : cases()) {
      if (c.channels != c.outputs) continue;
      c.channels = c.outputs = c.groups = (c.channels + 7) / 8 * 8;
      expect_int8(c, -128, seed++);
      expect_int8(c, 5, seed++);
    }
    // Blocks of rows, several calls a block, and a last tile of each width.
    for (const int32_t stride : {1, 2}) {
      for (const int32_t width : {57, 58, 59, 60}) {
        expect_int8({1, 70, width, 16, 16, {3, 3}, {stride, stride}, {1, 1}, {1, 1, 1, 1}, 16}, -3, seed++);
      }
    }
  }
}

TEST(DepthwiseConv2d, RejectsAFilterThatIsNoMultipleOfTheChannels) {
  test::GraphBuilder builder;
  const TensorId x = builder.input("x", {1, 4, 4, 3});
  const TensorId filter = builder.constant({1, 3, 3, 4}, std::vector<float>(36));
  EXPECT_THROW(builder.node(OpKind::DepthwiseConv2d, Conv2d{}, {x, filter}), Error);
}

}  // namespace
}  // namespace octet
