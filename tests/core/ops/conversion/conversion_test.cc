// QUANTIZE and DEQUANTIZE.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "support/graph_builder.h"

namespace octet::ops {
namespace {

using test::GraphBuilder;

const QuantParams kFine = QuantParams::per_tensor(0.013f, 40);
const QuantParams kCoarse = QuantParams::per_tensor(0.031f, -9);

std::vector<int8_t> all_int8() {
  std::vector<int8_t> values;
  for (int q = -128; q <= 127; ++q) values.push_back(static_cast<int8_t>(q));
  return values;
}

TEST(Quantize, GivesDefinedIntegersForEveryFloat) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  GraphBuilder builder;
  const TensorId input = builder.input("x", {7});
  builder.output(builder.node(OpKind::Quantize, NoAttributes{}, {input}, {kFine}, DType::Int8)[0]);
  const std::vector<int8_t> expected = {40, 127, -128, 40, 41, 127, -128};
  EXPECT_EQ((test::run<int8_t, float>(builder.graph(),
                                      {{std::nanf(""), kInfinity, -kInfinity, 0.0f, 0.013f, 3e38f, -3e38f}})),
            expected);
}

TEST(Quantize, RequantizesByTheContract) {
  GraphBuilder builder;
  const TensorId input = builder.input("x", {256}, DType::Int8, kFine);
  builder.output(builder.node(OpKind::Quantize, NoAttributes{}, {input}, {kCoarse}, DType::Int8,
                              RequantizationMode::Sima)[0]);
  // 0.013 / 0.031 = 0.419...: 27482 * 2^-16 with fifteen bits.
  const std::vector<int8_t> values = all_int8();
  const std::vector<int8_t> actual = test::run<int8_t>(builder.graph(), {values});
  const int64_t constant = int64_t{-9} * 65536 - 27482 * 40;
  for (size_t i = 0; i < values.size(); ++i)
    EXPECT_EQ(actual[i], (27482 * values[i] + constant + 32768) >> 16);
}

TEST(Quantize, EqualParametersMoveInEitherMode) {
  for (const RequantizationMode mode : {RequantizationMode::Tflite, RequantizationMode::Sima}) {
    GraphBuilder builder;
    const TensorId input = builder.input("x", {256}, DType::Int8, kFine);
    builder.output(builder.node(OpKind::Quantize, NoAttributes{}, {input}, {kFine}, DType::Int8, mode)[0]);
    EXPECT_EQ(test::run<int8_t>(builder.graph(), {all_int8()}), all_int8());
  }
}

TEST(Quantize, RefusesOneScaleAChannel) {
  GraphBuilder builder;
  const TensorId input = builder.input("x", {2});
  builder.output(builder.node(OpKind::Quantize, NoAttributes{}, {input},
                              {QuantParams{{0.1f, 0.2f}, {0, 0}, 0}}, DType::Int8)[0]);
  EXPECT_THROW((test::run<int8_t, float>(builder.graph(), {{1, 2}})), Error);
}

TEST(Quantize, RefusesZeroPointsBeyondInt8) {
  GraphBuilder builder;
  const TensorId input = builder.input("x", {2}, DType::Int8, QuantParams::per_tensor(0.1f, -2147483647));
  builder.output(builder.node(OpKind::Quantize, NoAttributes{}, {input}, {kFine}, DType::Int8)[0]);
  EXPECT_THROW(test::run<int8_t>(builder.graph(), {{1, 2}}), Error);
}

TEST(Quantize, ExtremeScalesSaturate) {
  GraphBuilder builder;
  const TensorId input = builder.input("x", {3}, DType::Int8, QuantParams::per_tensor(3e38f, 0));
  builder.output(builder.node(OpKind::Quantize, NoAttributes{}, {input}, {QuantParams::per_tensor(1e-45f, 0)},
                              DType::Int8, RequantizationMode::Sima)[0]);
  EXPECT_EQ(test::run<int8_t>(builder.graph(), {{-5, 0, 5}}), (std::vector<int8_t>{-128, 0, 127}));
}

TEST(Dequantize, GivesScaledDifferences) {
  GraphBuilder builder;
  const TensorId input = builder.input("x", {256}, DType::Int8, kFine);
  builder.output(builder.node(OpKind::Dequantize, NoAttributes{}, {input})[0]);
  const std::vector<float> actual = test::run<float, int8_t>(builder.graph(), {all_int8()});
  for (int q = -128; q <= 127; ++q) {
    EXPECT_EQ(actual[static_cast<size_t>(q + 128)], 0.013f * static_cast<float>(q - 40));
  }
}

TEST(Dequantize, WidensHalves) {
  GraphBuilder builder;
  const TensorId input = builder.input("x", {3}, DType::Float16);
  builder.output(builder.node(OpKind::Dequantize, NoAttributes{}, {input})[0]);
  const std::vector<float> expected = {1.0f, -2.5f, 0x1p-24f};
  EXPECT_EQ((test::run<float, uint16_t>(builder.graph(), {{0x3c00, 0xc100, 0x0001}})), expected);
}

}  // namespace
}  // namespace octet::ops
