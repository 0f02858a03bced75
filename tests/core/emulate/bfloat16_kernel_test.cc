#include "emulate/bfloat16_kernel.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>

#include "kernels/arithmetic/convert.h"
#include "support/graph_builder.h"

namespace octet::emulate {
namespace {

using test::GraphBuilder;
using test::Random;

/// To nearest even, written from the definition: among the two neighbours the nearer, else the even one.
uint16_t nearest_bfloat16(float value) {
  uint32_t bits;
  std::memcpy(&bits, &value, sizeof(bits));
  const uint32_t below = bits >> 16;
  const uint32_t rest = bits & 0xffff;
  if (rest > 0x8000 || (rest == 0x8000 && below % 2 == 1)) return static_cast<uint16_t>(below + 1);
  return static_cast<uint16_t>(below);
}

float widened(uint16_t bits) {
  const uint32_t wide = static_cast<uint32_t>(bits) << 16;
  float value;
  std::memcpy(&value, &wide, sizeof(value));
  return value;
}

std::vector<uint16_t> random_bfloat16(Random& random, size_t count) {
  std::vector<uint16_t> values;
  for (const float value : random.floats(count, -2, 2)) values.push_back(nearest_bfloat16(value));
  return values;
}

TEST(Bfloat16, RoundsToNearestEven) {
  Random random(1);
  std::vector<float> values = random.floats(1001, -1e3f, 1e3f);
  for (const uint32_t bits : {0x3f808000u, 0x3f818000u, 0x3f808001u, 0x7f7fffffu, 0x00000001u, 0x80008000u}) {
    float value;
    std::memcpy(&value, &bits, sizeof(value));
    values.push_back(value);
  }
  values.push_back(std::numeric_limits<float>::infinity());
  std::vector<uint16_t> rounded(values.size());
  kernels::narrow_to_bfloat16(values.data(), rounded.data(), values.size());
  std::vector<float> wide(values.size());
  kernels::widen_bfloat16(rounded.data(), wide.data(), wide.size());
  for (size_t i = 0; i < values.size(); ++i) {
    EXPECT_EQ(rounded[i], nearest_bfloat16(values[i])) << values[i];
    EXPECT_EQ(wide[i], widened(rounded[i]));
  }
}

TEST(Bfloat16, NotANumberStaysOne) {
  uint32_t bits = 0x7fffffff;
  float values[3];
  for (float& value : values) std::memcpy(&value, &bits, sizeof(value));
  uint16_t rounded[3];
  kernels::narrow_to_bfloat16(values, rounded, 3);
  for (const uint16_t each : rounded) EXPECT_TRUE(std::isnan(widened(each)));
}

struct Case {
  int32_t size, channels, outputs, kernel;
  bool int8_weights;
};

/// A convolution over square images without padding, in BF16.
class Bfloat16Convolution : public testing::TestWithParam<Case> {};

TEST_P(Bfloat16Convolution, AccumulatesInOrderInFloat32) {
  const auto [size, channels, outputs, kernel, int8_weights] = GetParam();
  Random random(static_cast<uint32_t>(size * 31 + outputs));
  const std::vector<uint16_t> image = random_bfloat16(random, static_cast<size_t>(size * size * channels));
  const size_t weight_count = static_cast<size_t>(outputs * kernel * kernel * channels);
  const std::vector<float> bias = random.floats(static_cast<size_t>(outputs), -1, 1);
  std::vector<float> weights;

  Graph graph;
  const int32_t out = size - kernel + 1;
  const auto add = [&](Tensor tensor) { return graph.add_tensor(std::move(tensor)); };
  Tensor filter{.name = "filter", .shape = {outputs, kernel, kernel, channels}};
  if (int8_weights) {
    std::vector<int8_t> integers;
    QuantParams params{.scale = {}, .zero_point = {}, .axis = 0};
    for (int32_t c = 0; c < outputs; ++c) {
      params.scale.push_back(0.013f * static_cast<float>(c + 1));
      params.zero_point.push_back(0);
    }
    for (size_t i = 0; i < weight_count; ++i) {
      integers.push_back(static_cast<int8_t>(static_cast<int>(i * 37 % 255) - 127));
      const size_t channel = i / (weight_count / static_cast<size_t>(outputs));
      weights.push_back(
          widened(nearest_bfloat16(params.scale[channel] * static_cast<float>(integers.back()))));
    }
    filter.dtype = DType::Int8;
    filter.constant = make_constant(std::span<const int8_t>(integers));
    filter.quantization = params;
  } else {
    const std::vector<uint16_t> bits = random_bfloat16(random, weight_count);
    for (const uint16_t each : bits) weights.push_back(widened(each));
    filter.dtype = DType::BFloat16;
    filter.constant = make_constant(std::span<const uint16_t>(bits));
  }
  const TensorId input = add({.name = "in", .dtype = DType::BFloat16, .shape = {1, size, size, channels}});
  const TensorId filter_id = add(filter);
  const TensorId bias_id =
      add({.name = "bias", .shape = Shape{outputs}, .constant = make_constant(std::span<const float>(bias))});
  const TensorId output = add({.name = "out", .dtype = DType::BFloat16, .shape = {1, out, out, outputs}});
  graph.nodes.push_back({.name = "conv",
                         .op = OpKind::Conv2d,
                         .attributes = Conv2d{},
                         .inputs = {input, filter_id, bias_id},
                         .outputs = {output}});
  graph.inputs = {input};
  graph.outputs = {output};

  const std::vector<uint16_t> actual = test::run<uint16_t>(graph, {image});
  size_t at = 0;
  for (int32_t y = 0; y < out; ++y) {
    for (int32_t x = 0; x < out; ++x) {
      for (int32_t c = 0; c < outputs; ++c, ++at) {
        float sum = bias[static_cast<size_t>(c)];
        for (int32_t ky = 0; ky < kernel; ++ky) {
          for (int32_t k = 0; k < kernel * channels; ++k) {
            const size_t pixel = static_cast<size_t>(((y + ky) * size + x) * channels + k);
            const size_t weight = static_cast<size_t>((c * kernel + ky) * kernel * channels + k);
            sum += widened(image[pixel]) * weights[weight];
          }
        }
        ASSERT_EQ(actual[at], nearest_bfloat16(sum)) << "pixel " << y << ", " << x << " channel " << c;
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Shapes, Bfloat16Convolution,
                         testing::Values(Case{1, 64, 5, 1, false}, Case{7, 3, 8, 3, false},
                                         Case{6, 5, 13, 2, false}, Case{7, 3, 9, 3, true},
                                         Case{3, 17, 4, 1, true}));

TEST(Bfloat16, ProductsOfComputedMatricesAccumulateInOrder) {
  constexpr int32_t kRows = 5, kDepth = 37, kColumns = 11;
  Random random(7);
  const std::vector<uint16_t> a = random_bfloat16(random, size_t{kRows} * kDepth);
  const std::vector<uint16_t> b = random_bfloat16(random, size_t{kDepth} * kColumns);
  GraphBuilder builder;
  const TensorId x = builder.input("a", {kRows, kDepth}, DType::BFloat16);
  const TensorId y = builder.input("b", {kDepth, kColumns}, DType::BFloat16);
  builder.output(
      builder.node(OpKind::BatchMatmul, BatchMatmul{}, {x, y}, {std::nullopt}, DType::BFloat16)[0]);
  const std::vector<uint16_t> actual = test::run<uint16_t>(builder.graph(), {a, b});
  for (int32_t row = 0; row < kRows; ++row) {
    for (int32_t column = 0; column < kColumns; ++column) {
      float sum = 0;
      for (int32_t k = 0; k < kDepth; ++k) {
        sum += widened(a[static_cast<size_t>(row * kDepth + k)]) *
               widened(b[static_cast<size_t>(k * kColumns + column)]);
      }
      ASSERT_EQ(actual[static_cast<size_t>(row * kColumns + column)], nearest_bfloat16(sum)) << row;
    }
  }
}

TEST(Bfloat16, IndicesStayIntegers) {
  const std::vector<uint16_t> values = {nearest_bfloat16(1), nearest_bfloat16(2), nearest_bfloat16(3)};
  GraphBuilder builder;
  const TensorId x = builder.input("x", {3}, DType::BFloat16);
  const TensorId indices = builder.constant<int32_t>({2}, {2, 0});
  builder.output(builder.node(OpKind::Gather, Gather{}, {x, indices}, {std::nullopt}, DType::BFloat16)[0]);
  EXPECT_EQ(test::run<uint16_t>(builder.graph(), {values}), (std::vector<uint16_t>{values[2], values[0]}));
}

}  // namespace
}  // namespace octet::emulate
