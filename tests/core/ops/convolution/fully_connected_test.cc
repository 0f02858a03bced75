#include <gtest/gtest.h>

#include <vector>

#include "ops/activation.h"
#include "support/convolution_cases.h"
#include "support/dot_kernels.h"
#include "support/fused_kernels.h"

namespace octet {
namespace {

struct Case {
  Shape input;
  int32_t units, depth;
  bool keep_dims = false;
  bool bias = true;
  Activation activation = Activation::None;
};

const Case kCases[] = {
    {{1, 1}, 1, 1},        {{1, 37}, 10, 37, false, true, Activation::Relu},
    {{1, 29}, 37, 29},     {{5, 16}, 24, 16, false, false},
    {{2, 3, 4, 6}, 7, 12}, {{2, 3, 4, 6}, 9, 6, true, true, Activation::Relu6},
    {{700, 130}, 5, 130},
};

void expect_float(const Case& c, const test::FusedScope& scope, uint64_t seed) {
  SCOPED_TRACE(to_string(c.input));
  test::Random random(seed);
  test::GraphBuilder builder;
  const std::vector<float> input = random.floats(c.input.elements(), -1, 1);
  const std::vector<float> filter = random.floats(int64_t{c.units} * c.depth, -1, 1);
  const std::vector<float> bias = random.floats(c.units, -1, 1);
  std::vector<TensorId> operands = {builder.input("x", c.input),
                                    builder.constant({c.units, c.depth}, filter)};
  if (c.bias) operands.push_back(builder.constant({c.units}, bias));
  const FullyConnected attributes = {.keep_dims = c.keep_dims, .activation = c.activation};
  builder.output(builder.node(OpKind::FullyConnected, attributes, operands)[0]);

  const ops::Clamp<float> clamp = ops::clamp_of(c.activation);
  std::vector<float> expected;
  for (size_t row = 0; row < input.size() / static_cast<size_t>(c.depth); ++row) {
    for (size_t unit = 0; unit < static_cast<size_t>(c.units); ++unit) {
      const size_t depth = static_cast<size_t>(c.depth);
      float sum = c.bias ? bias[unit] : 0.0f;
      for (size_t k = 0; k < depth; ++k)
        sum = scope.add(sum, input[row * depth + k], filter[unit * depth + k]);
      expected.push_back(std::clamp(sum, clamp.low, clamp.high));
    }
  }
  EXPECT_EQ(test::run<float>(builder.graph(), {input}), expected);
}

TEST(FullyConnected, FloatEqualsThePlainLoopBitForBit) {
  for (const kernels::FusedKernels& fused : test::fused_kernels()) {
    const test::FusedScope scope(fused);
    uint64_t seed = 1;
    for (const Case& c : kCases) expect_float(c, scope, seed++);
  }
}

std::vector<int8_t> int8_reference(const Case& c, const std::vector<int8_t>& input,
                                   const std::vector<int8_t>& filter, const std::vector<int32_t>& bias,
                                   const std::vector<double>& multipliers, ops::Clamp<int32_t> clamp) {
  std::vector<int8_t> result;
  const size_t depth = static_cast<size_t>(c.depth);
  for (size_t row = 0; row < input.size() / depth; ++row) {
    for (size_t unit = 0; unit < static_cast<size_t>(c.units); ++unit) {
      int32_t sum = c.bias ? bias[unit] : 0;
      for (size_t k = 0; k < depth; ++k) sum += (input[row * depth + k] - 3) * filter[unit * depth + k];
      result.push_back(kernels::clamp_to_int8(kernels::multiply_by_real(sum, multipliers[unit]) - 9,
                                              clamp.low, clamp.high));
    }
  }
  return result;
}

TEST(FullyConnected, Int8EqualsThePlainLoop) {
  for (const kernels::DotKernel kernel : test::kDotKernels) {
    const test::DotScope scope(kernel);
    uint64_t seed = 20;
    for (const Case& c : kCases) {
      for (const bool per_channel : {false, true}) {
        SCOPED_TRACE(to_string(c.input));
        test::Random random(seed++);
        test::GraphBuilder builder;
        const std::vector<int8_t> input = random.integers<int8_t>(c.input.elements(), -128, 127);
        const std::vector<int8_t> filter = random.integers<int8_t>(int64_t{c.units} * c.depth, -127, 127);
        const std::vector<int32_t> bias = random.integers<int32_t>(c.units, -3000, 3000);
        const QuantParams in = QuantParams::per_tensor(0.031f, 3);
        const QuantParams out = QuantParams::per_tensor(0.17f, -9);
        const std::vector<float> scales = random.floats(per_channel ? c.units : 1, 0.003f, 0.05f);
        const QuantParams weights = {
            .scale = scales, .zero_point = std::vector<int32_t>(scales.size()), .axis = 0};
        std::vector<TensorId> operands = {builder.input("x", c.input, DType::Int8, in),
                                          builder.constant({c.units, c.depth}, filter, weights)};
        if (c.bias) operands.push_back(builder.constant({c.units}, bias));
        const FullyConnected attributes = {.keep_dims = c.keep_dims, .activation = c.activation};
        builder.output(builder.node(OpKind::FullyConnected, attributes, operands, {out}, DType::Int8)[0]);

        std::vector<double> multipliers;
        for (size_t unit = 0; unit < static_cast<size_t>(c.units); ++unit) {
          multipliers.push_back(double{in.scale[0]} * double{scales[unit % scales.size()]} /
                                double{out.scale[0]});
        }
        EXPECT_EQ(
            test::run<int8_t>(builder.graph(), {input}),
            int8_reference(c, input, filter, bias, multipliers, ops::clamp_of<int8_t>(c.activation, out)));
      }
    }
  }
}

TEST(FullyConnected, RejectsAnInputThatIsNoWholeNumberOfRows) {
  test::GraphBuilder builder;
  const TensorId x = builder.input("x", {1, 10});
  const TensorId filter = builder.constant({2, 4}, std::vector<float>(8));
  EXPECT_THROW(builder.node(OpKind::FullyConnected, FullyConnected{}, {x, filter}), Error);
}

TEST(FullyConnected, RejectsAComputedFilter) {
  test::GraphBuilder builder;
  const TensorId x = builder.input("x", {1, 4});
  const TensorId filter = builder.input("w", {2, 4});
  try {
    builder.node(OpKind::FullyConnected, FullyConnected{}, {x, filter});
    FAIL() << "A filter that is a graph input was accepted.";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::UnsupportedModel);
    EXPECT_EQ(error.where().tensor, "w");
  }
}

}  // namespace
}  // namespace octet
