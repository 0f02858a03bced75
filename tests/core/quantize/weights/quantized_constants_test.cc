#include "quantize/weights/quantized_constants.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "support/graph_builder.h"

namespace octet::quantize {
namespace {

Tensor constant(const std::string& name, Shape shape, const std::vector<float>& values) {
  return {.name = name,
          .dtype = DType::Float32,
          .shape = shape,
          .constant = make_constant(std::span<const float>(values)),
          .quantization = {}};
}

constexpr WeightContext kTflite = {0.05, 0.1, RequantizationMode::Tflite, true};
constexpr WeightContext kSima = {0.05, 0.1, RequantizationMode::Sima, true};

TEST(QuantizeWeights, EveryWeightIsWithinHalfAStep) {
  test::Random random(3);
  const Tensor weights = constant("w", {5, 3, 3, 7}, random.floats(5 * 3 * 3 * 7, -0.8f, 0.6f));
  for (const WeightContext& context : {kTflite, kSima}) {
    const QuantizedWeights result = *quantize_weights(weights, 0, nullptr, context);
    const auto real = weights.values<float>();
    const auto quantized = result.weights.values<int8_t>();
    for (size_t i = 0; i < real.size(); ++i) {
      const double scale = static_cast<double>(result.weights.quantization->scale[i / 63]);
      EXPECT_LE(std::fabs(static_cast<double>(real[i]) - quantized[i] * scale), scale * 0.5000001);
    }
  }
}

TEST(QuantizeWeights, SimaRescalesByThePowerOfTwoThatCoversTheChannelTightly) {
  const Tensor weights = constant("w", {3, 2}, {0.5f, -1.0f, 0.01f, 0.002f, 3.0f, 1.0f});
  const QuantizedWeights result = *quantize_weights(weights, 0, nullptr, kSima);
  const double largest[] = {1.0, 0.01, 3.0};
  for (size_t c = 0; c < 3; ++c) {
    const double scale = static_cast<double>(result.weights.quantization->scale[c]);
    const double shift = -std::log2(kSima.input_scale * scale / kSima.output_scale);
    EXPECT_NEAR(shift, std::round(shift), 1e-5);
    EXPECT_GE(scale * 1.000001, largest[c] / 127);
    EXPECT_LT(scale / 2, largest[c] / 127);
  }
}

TEST(QuantizeWeights, SimaAsksForACoarserOutputWhenNoShiftIsLeft) {
  const Tensor weights = constant("w", {1, 1}, {200.0f});
  EXPECT_FALSE(quantize_weights(weights, 0, nullptr, kSima).has_value());
  EXPECT_TRUE(
      quantize_weights(weights, 0, nullptr, {0.05, 12.8, RequantizationMode::Sima, true}).has_value());
}

TEST(QuantizeWeights, RefusesSumsOfMoreProductsThan32BitsHold) {
  const int32_t terms = 17'000'000;
  const Tensor weights = constant("w", {1, terms}, std::vector<float>(terms, 0.01f));
  try {
    quantize_weights(weights, 0, nullptr, kTflite);
    FAIL() << "Nothing was refused.";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::InvalidConfig);
    EXPECT_EQ(error.where().tensor, "w");
    EXPECT_NE(error.message().find("17000000"), std::string::npos) << error.message();
  }
  WeightContext wide = kTflite;
  wide.precision = Precision::Int16;
  EXPECT_TRUE(quantize_weights(weights, 0, nullptr, wide).has_value());
}

TEST(QuantizeWeights, AChannelOfZerosKeepsItsBias) {
  const Tensor weights = constant("w", {2, 2}, {0, 0, 1, 1});
  const Tensor bias = constant("b", {2}, {0.37f, 0.5f});
  for (const WeightContext& context : {kTflite, kSima}) {
    const QuantizedWeights result = *quantize_weights(weights, 0, &bias, context);
    const double scale = static_cast<double>(result.bias->quantization->scale[0]);
    EXPECT_NEAR(result.bias->values<int32_t>()[0] * scale, 0.37, context.output_scale / 256);
  }
}

TEST(QuantizeWeights, RaisesAScaleTooFineForItsBiasAndSaysSo) {
  const Tensor weights = constant("w", {2, 1}, {1e-7f, 1.0f});
  const Tensor bias = constant("b", {2}, {10.0f, 10.0f});
  const QuantizedWeights result = *quantize_weights(weights, 0, &bias, kTflite);
  EXPECT_EQ(result.raised_channels, std::vector<int>{0});
  const double scale = static_cast<double>(result.bias->quantization->scale[0]);
  EXPECT_NEAR(result.bias->values<int32_t>()[0] * scale, 10.0, 1e-6);
}

TEST(QuantizeWeights, PerTensorUsesOneScale) {
  const Tensor weights = constant("w", {2, 2}, {1, 2, 3, 254});
  const Tensor bias = constant("b", {2}, {1, 2});
  const QuantizedWeights result =
      *quantize_weights(weights, 0, &bias, {0.05, 0.1, RequantizationMode::Tflite, false});
  EXPECT_EQ(result.weights.quantization->scale, std::vector<float>{2.0f});
  EXPECT_EQ(result.bias->quantization->scale.size(), 1u);
  EXPECT_EQ(result.weights.values<int8_t>()[3], 127);
}

TEST(QuantizeWeights, ChannelAxisMayBeTheLast) {
  const Tensor weights = constant("w", {1, 1, 2, 2}, {1.27f, 12.7f, -0.5f, 5.0f});
  const QuantizedWeights result = *quantize_weights(weights, 3, nullptr, kTflite);
  EXPECT_FLOAT_EQ(result.weights.quantization->scale[0], 0.01f);
  EXPECT_FLOAT_EQ(result.weights.quantization->scale[1], 0.1f);
  EXPECT_EQ(result.weights.values<int8_t>()[1], 127);
  EXPECT_EQ(result.weights.values<int8_t>()[3], 50);
}

TEST(QuantizeWeights, FourBitsClipWhereThatLowersTheError) {
  // One large weight among many small ones: all of 15 steps would serve the one.
  test::Random random(11);
  std::vector<float> values = random.floats(2 * 64, -0.1f, 0.1f);
  values[3] = 0.55f;
  const Tensor weights = constant("w", {2, 1, 1, 64}, values);
  for (WeightContext context : {kTflite, kSima}) {
    context.bits = 4;
    const QuantizedWeights result = *quantize_weights(weights, 0, nullptr, context);
    EXPECT_EQ(result.weights.quantization->bits, 4);
    const auto integers = result.weights.values<int8_t>();
    EXPECT_TRUE(std::all_of(integers.begin(), integers.end(), [](int8_t q) { return q >= -7 && q <= 7; }));
    EXPECT_EQ(integers[3], 7);
    EXPECT_LT(result.weights.quantization->scale[0], 0.55f / 7);
    context.per_channel = false;
    EXPECT_EQ(quantize_weights(weights, 0, nullptr, context)->weights.quantization->scale.size(), 1u);
  }
}

TEST(QuantizeWeights, FourBitsCoverEvenlySpreadWeights) {
  const Tensor weights = constant("w", {1, 1, 1, 3}, {-0.7f, 0.1f, 0.6f});
  WeightContext context = kTflite;
  context.bits = 4;
  const QuantizedWeights result = *quantize_weights(weights, 0, nullptr, context);
  EXPECT_FLOAT_EQ(result.weights.quantization->scale[0], 0.1f);
}

TEST(QuantizeWeights, RefusesNaN) {
  const Tensor weights = constant("w", {1, 1}, {std::numeric_limits<float>::quiet_NaN()});
  try {
    quantize_weights(weights, 0, nullptr, kTflite);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::InvalidFile);
    EXPECT_EQ(error.where().tensor, "w");
  }
}

}  // namespace
}  // namespace octet::quantize
