#include "kernels/arithmetic/convert.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "support/graph_builder.h"

namespace octet::kernels {
namespace {

/// TFLite's rule, one element at a time.
int8_t naive_quantize(float value, float scale, int32_t zero_point) {
  if (std::isnan(value)) return static_cast<int8_t>(zero_point);
  const float steps = std::round(value / scale);
  return static_cast<int8_t>(std::clamp<double>(static_cast<double>(steps) + zero_point, -128, 127));
}

TEST(Convert, QuantizesByRoundingHalvesAway) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  for (const float scale : {1.0f, 0.5f, 0.0117f, 3.7e-5f, 1.0f / 255}) {
    for (const int32_t zero_point : {-128, -3, 0, 127}) {
      std::vector<float> values = {0.0f, -0.0f, kInfinity, -kInfinity, std::nanf(""), 1e38f, -1e38f, 1e-45f};
      for (int halves = -700; halves <= 700; ++halves) {
        const float value = 0.5f * static_cast<float>(halves) * scale;
        for (const float near :
             {std::nextafter(value, -kInfinity), value, std::nextafter(value, kInfinity)}) {
          values.push_back(near);
        }
      }
      std::vector<int8_t> out(values.size());
      quantize(values.data(), out.data(), values.size(), scale, zero_point);
      for (size_t i = 0; i < values.size(); ++i) {
        EXPECT_EQ(out[i], naive_quantize(values[i], scale, zero_point)) << values[i] << " / " << scale;
      }
    }
  }
}

TEST(Convert, TailsOfEveryLengthStayInBounds) {
  test::Random random(5);
  for (size_t count = 0; count <= 35; ++count) {
    const std::vector<float> values = random.floats(static_cast<int64_t>(count), -2, 2);
    std::vector<int8_t> quantized(count + 1, 99);
    quantize(values.data(), quantized.data(), count, 0.01f, 7);
    for (size_t i = 0; i < count; ++i) EXPECT_EQ(quantized[i], naive_quantize(values[i], 0.01f, 7));
    EXPECT_EQ(quantized[count], 99);
    std::vector<float> back(count + 1, 99);
    dequantize(quantized.data(), back.data(), count, 0.01f, 7);
    for (size_t i = 0; i < count; ++i) EXPECT_EQ(back[i], 0.01f * static_cast<float>(quantized[i] - 7));
    EXPECT_EQ(back[count], 99);
  }
}

TEST(Convert, WidensEveryHalf) {
  for (uint32_t bits = 0; bits < 65536; ++bits) {
    const uint16_t half = static_cast<uint16_t>(bits);
    float widened = 0;
    widen_halves(&half, &widened, 1);
    const int exponent = static_cast<int>(bits >> 10 & 31);
    const double fraction = bits & 1023;
    EXPECT_EQ(std::signbit(widened), (bits >> 15) != 0);
    if (exponent == 31) {
      EXPECT_TRUE(fraction == 0 ? std::isinf(widened) : std::isnan(widened));
    } else {
      const double expected =
          exponent == 0 ? std::ldexp(fraction, -24) : std::ldexp(1024 + fraction, exponent - 25);
      EXPECT_EQ(std::fabs(widened), expected);
    }
  }
}

TEST(Convert, QuantizesOneReal) {
  EXPECT_EQ(quantize(0.25, 0.1f, 3), 5);
  EXPECT_EQ(quantize(1e300, 1e-30f, 3), 127);
  EXPECT_EQ(quantize(-std::numeric_limits<double>::infinity(), 1.0f, 3), -128);
  EXPECT_EQ(quantize(-std::numeric_limits<double>::infinity(), 1.0f, 3, 3), 3);
  EXPECT_EQ(quantize(std::nan(""), 1.0f, 3), 3);
  EXPECT_EQ(quantize(2.5, 1.0f, 0), 3);
  EXPECT_EQ(quantize(-2.5, 1.0f, 0), -3);
}

}  // namespace
}  // namespace octet::kernels
