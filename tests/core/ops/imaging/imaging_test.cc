// The operators on pictures against plain loops in double.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "support/graph_builder.h"
#include "support/refusal.h"

namespace octet::test {
namespace {

double cubic(double distance) {
  constexpr double kA = -0.75;
  const double d = std::abs(distance);
  if (d <= 1) return ((kA + 2) * d - (kA + 3)) * d * d + 1;
  return d < 2 ? ((kA * d - 5 * kA) * d + 8 * kA) * d - 4 * kA : 0;
}

/// The share of source position `s` in target position `t`, by definition.
double share(int s, int t, int source, int target, ResizeMethod method, bool grows) {
  const double scale = static_cast<double>(source) / target;
  const double center = (t + 0.5) * scale - 0.5;
  const auto clamped = [&](auto weight) {  // What lies beyond the edge repeats it.
    double sum = 0;
    for (int p = -3; p < source + 3; ++p) {
      if (std::clamp(p, 0, source - 1) == s) sum += weight(p);
    }
    return sum;
  };
  if (method == ResizeMethod::Nearest) return s == static_cast<int64_t>(t) * source / target ? 1 : 0;
  if (method == ResizeMethod::Cubic) return clamped([&](int p) { return cubic(center - p); });
  if (method == ResizeMethod::Area) {
    const double covered = std::min(s + 1.0, (t + 1) * scale) - std::max<double>(s, t * scale);
    if (!grows) return std::max(covered, 0.0) / scale;
    // The pixel under the start, and of the next what the target pixel covers of it.
    const int first = static_cast<int>(static_cast<int64_t>(t) * source / target);
    double second = (t + 1) - (first + 1) / scale;
    second = second <= 0 ? 0 : second - std::floor(second);
    return (s == first ? 1 - second : 0) + (s == std::min(first + 1, source - 1) ? second : 0);
  }
  return clamped([&](int p) { return std::max(0.0, 1 - std::abs(center - p)); });
}

struct ResizeCase {
  Shape input;
  Spatial output;
};

const std::vector<ResizeCase> kResizeCases = {
    {{1, 2, 2, 1}, {4, 4}},  {{1, 3, 4, 3}, {7, 5}},    {{1, 5, 7, 11}, {3, 3}}, {{1, 8, 8, 4}, {16, 16}},
    {{1, 1, 1, 9}, {4, 3}},  {{1, 6, 5, 17}, {1, 1}},   {{1, 3, 3, 8}, {13, 9}}, {{1, 13, 9, 2}, {6, 9}},
    {{1, 9, 17, 3}, {3, 5}}, {{1, 12, 12, 3}, {4, 24}}, {{1, 5, 5, 3}, {5, 5}},  {{1, 40, 31, 3}, {7, 6}},
};

/// The value at (y, x, c) of the resized picture.
template <class T>
double resized(const Shape& input, const std::vector<T>& values, Spatial target, ResizeMethod method, int y,
               int x, int c) {
  const bool grows = target.height > input.height() || target.width > input.width();
  double sum = 0;
  for (int row = 0; row < input.height(); ++row) {
    const double down = share(row, y, input.height(), target.height, method, grows);
    if (down == 0) continue;
    for (int column = 0; column < input.width(); ++column) {
      const double across = share(column, x, input.width(), target.width, method, grows);
      const int index = (row * input.width() + column) * input.channels() + c;
      sum += down * across * static_cast<double>(values[static_cast<size_t>(index)]);
    }
  }
  return sum;
}

constexpr std::array kMethods = {ResizeMethod::Linear, ResizeMethod::Nearest, ResizeMethod::Area,
                                 ResizeMethod::Cubic};

template <class T, class Check>
void for_each_resized(DType dtype, const std::vector<T>& pool, Check check) {
  for (const auto& [input, output] : kResizeCases) {
    for (const ResizeMethod method : kMethods) {
      SCOPED_TRACE(to_string(input) + " to " + std::to_string(output.height) + "x" +
                   std::to_string(output.width) + " by " +
                   std::string(kResizeMethodNames[static_cast<size_t>(method)]));
      GraphBuilder builder;
      const ImageResize resize{.output = output, .method = method};
      builder.output(
          builder.node(OpKind::ImageResize, resize, {builder.input("x", input, dtype)}, {{}}, dtype)[0]);
      const std::vector<T> values(pool.begin(), pool.begin() + input.elements());
      const std::vector<T> actual = run<T>(builder.graph(), {values});
      size_t i = 0;
      for (int y = 0; y < output.height; ++y) {
        for (int x = 0; x < output.width; ++x) {
          for (int c = 0; c < input.channels(); ++c)
            check(actual[i++], resized(input, values, output, method, y, x, c));
        }
      }
      EXPECT_EQ(i, actual.size());
    }
  }
}

TEST(Pictures, ResizesFloats) {
  for_each_resized(DType::Float32, Random(1).floats(4000, -1, 1),
                   [](float actual, double expected) { ASSERT_NEAR(actual, expected, 2e-5); });
}

TEST(Pictures, ResizesBytesRoundedAndLimited) {
  // Half, and what float sums add to it.
  for_each_resized(
      DType::UInt8, Random(2).integers<uint8_t>(4000, 0, 255),
      [](uint8_t actual, double expected) { ASSERT_NEAR(actual, std::clamp(expected, 0.0, 255.0), 0.5001); });
}

TEST(Pictures, KeepsTheAspectWhereAsked) {
  struct Case {
    Deposit deposit;
    std::vector<uint8_t> expected;
  };
  const Case cases[] = {{Deposit::TopLeft, {7, 9, 7, 9, 0, 0, 0, 0, 0, 0}},
                        {Deposit::Center, {0, 0, 7, 9, 7, 9, 0, 0, 0, 0}},
                        {Deposit::BottomRight, {0, 0, 0, 0, 0, 0, 7, 9, 7, 9}}};
  for (const auto& [deposit, expected] : cases) {
    GraphBuilder builder;
    const TensorId x = builder.input("x", {1, 2, 2, 1}, DType::UInt8);
    const ImageResize resize{.output = {5, 2}, .keep_aspect = true, .deposit = deposit};
    builder.output(builder.node(OpKind::ImageResize, resize, {x}, {{}}, DType::UInt8)[0]);
    EXPECT_EQ(run<uint8_t>(builder.graph(), {{7, 9, 7, 9}}), expected);
  }
}

TEST(Pictures, RefusesToResizeWhatIsNoPicture) {
  const auto resize = [](Shape shape, DType dtype, Spatial output) {
    return refusal([&](GraphBuilder& builder) {
      const std::optional<QuantParams> params = QuantParams::per_tensor(1, 0);
      builder.node(OpKind::ImageResize, ImageResize{.output = output},
                   {builder.input("x", shape, dtype, params)});
    });
  };
  EXPECT_EQ(resize({1, 2, 2, 1}, DType::UInt8, {0, 3}),
            "IMAGE_RESIZE 'node_0': dimension 1 of its output would be 0.");
  EXPECT_EQ(resize({2, 2, 2, 1}, DType::UInt8, {3, 3}),
            "IMAGE_RESIZE 'node_0': input 'x' has 2 pictures; one is expected.");
  EXPECT_EQ(resize({1, 2, 2, 1}, DType::Int8, {3, 3}),
            "IMAGE_RESIZE 'node_0': input 'x' is int8; uint8 or float32 is expected.");
  EXPECT_NE(resize({1, 2, 2, 1}, DType::UInt8, {1 << 20, 1 << 20}).find("its output is not possible"),
            std::string::npos);
}

std::vector<uint8_t> converted(ColorConversion conversion, const std::vector<uint8_t>& pixels) {
  GraphBuilder builder;
  const TensorId x = builder.input("x", {1, 1, static_cast<int32_t>(pixels.size() / 3), 3}, DType::UInt8);
  builder.output(builder.node(OpKind::ColorConversion, conversion, {x}, {{}}, DType::UInt8)[0]);
  return run<uint8_t>(builder.graph(), {pixels});
}

TEST(Pictures, ConvertsColours) {
  // Studio black, white and grey, and the primaries of BT.601 (ITU-R BT.601-7, table of 75 % bars apart).
  const std::vector<uint8_t> yuv = {16, 128, 128, 235, 128, 128, 126, 128, 128, 81, 90, 240, 41, 240, 110};
  const std::vector<uint8_t> rgb = converted({ColorChange::YuvToRgb, ColorStandard::Bt601}, yuv);
  EXPECT_EQ(rgb, (std::vector<uint8_t>{0, 0, 0, 255, 255, 255, 128, 128, 128, 254, 0, 0, 0, 0, 255}));
  EXPECT_EQ(converted({ColorChange::BgrToRgb, {}}, {1, 2, 3, 4, 5, 6}),
            (std::vector<uint8_t>{3, 2, 1, 6, 5, 4}));
  EXPECT_EQ(converted({ColorChange::RgbToBgr, {}}, {1, 2, 3}), (std::vector<uint8_t>{3, 2, 1}));
}

TEST(Pictures, RefusesAttributesOfAnotherOperator) {
  EXPECT_EQ(refusal([](GraphBuilder& builder) {
              builder.node(OpKind::ColorConversion, NmsMaxPool{3}, {builder.input("x", {1, 1, 1, 3})});
            }),
            "A node has attributes of another operator.");
}

TEST(Pictures, ConvertsColoursThereAndBack) {
  for (size_t standard = 0; standard < kColorStandardNames.size(); ++standard) {
    GraphBuilder builder;
    const auto as = [&](ColorChange change) {
      return ColorConversion{change, static_cast<ColorStandard>(standard)};
    };
    const TensorId x = builder.input("x", {1, 1, 33, 3});
    const TensorId yuv = builder.node(OpKind::ColorConversion, as(ColorChange::RgbToYuv), {x})[0];
    builder.output(builder.node(OpKind::ColorConversion, as(ColorChange::YuvToRgb), {yuv})[0]).output(yuv);
    const std::vector<float> values = Random(3).floats(99, 0, 255);
    const std::vector<float> back = run<float>(builder.graph(), {values});
    for (size_t i = 0; i < values.size(); ++i) ASSERT_NEAR(back[i], values[i], 1e-3) << i;
    for (const float value : run<float>(builder.graph(), {values}, 1)) {
      EXPECT_GE(value, 16);
      EXPECT_LE(value, 240);
    }
  }
}

TEST(Pictures, UpsamplesChroma) {
  struct Case {
    ChromaSampling sampling;
    std::vector<uint8_t> frame;
    std::vector<uint8_t> expected;
  };
  // 3 x 3: the last row and column have chroma of their own.
  const Case cases[] = {
      {ChromaSampling::Nv12,
       {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 20, 11, 21, 12, 22, 13, 23},
       {1, 10, 20, 2, 10, 20, 3, 11, 21, 4, 10, 20, 5, 10, 20, 6, 11, 21, 7, 12, 22, 8, 12, 22, 9, 13, 23}},
      {ChromaSampling::Yuv420,
       {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 20, 21, 22, 23},
       {1, 10, 20, 2, 10, 20, 3, 11, 21, 4, 10, 20, 5, 10, 20, 6, 11, 21, 7, 12, 22, 8, 12, 22, 9, 13, 23}},
      {ChromaSampling::Yuv422,
       {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 20, 21, 22, 23, 24, 25},
       {1, 10, 20, 2, 10, 20, 3, 11, 21, 4, 12, 22, 5, 12, 22, 6, 13, 23, 7, 14, 24, 8, 14, 24, 9, 15, 25}},
  };
  for (const auto& [sampling, frame, expected] : cases) {
    GraphBuilder builder;
    const TensorId x = builder.input("x", {1, static_cast<int32_t>(frame.size())}, DType::UInt8);
    const ChromaUpsample upsample{{3, 3}, sampling};
    builder.output(builder.node(OpKind::ChromaUpsample, upsample, {x}, {{}}, DType::UInt8)[0]);
    EXPECT_EQ(run<uint8_t>(builder.graph(), {frame}), expected);
  }
  EXPECT_EQ(refusal([](GraphBuilder& builder) {
              const TensorId x = builder.input("x", {16}, DType::UInt8);
              builder.node(OpKind::ChromaUpsample, ChromaUpsample{{3, 3}, ChromaSampling::Nv12}, {x});
            }),
            "CHROMA_UPSAMPLE 'node_0': input 'x' has 16 elements; a frame of 3 x 3 in nv12 has 17.");
}

TEST(Pictures, NormalizesBytesAndFloats) {
  for (const int32_t channels : {1, 3, 5, 8}) {
    for (const bool per_channel : {false, true}) {
      Random random(static_cast<uint64_t>(channels));
      const auto entries = [&](float low, float high) {
        return random.floats(per_channel ? channels : 1, low, high);
      };
      const Normalize normalize{entries(1, 255), entries(-1, 1), entries(0.1f, 2)};
      const Shape shape = {1, 7, 13, channels};
      const std::vector<uint8_t> bytes = random.integers<uint8_t>(shape.elements(), 0, 255);
      const std::vector<float> floats(bytes.begin(), bytes.end());
      const auto graph_of = [&](DType dtype) {
        GraphBuilder builder;
        builder.output(builder.node(OpKind::Normalize, normalize, {builder.input("x", shape, dtype)})[0]);
        return builder.graph();
      };
      const std::vector<float> actual = run<float, uint8_t>(graph_of(DType::UInt8), {bytes});
      EXPECT_EQ(actual, run<float>(graph_of(DType::Float32), {floats}));
      for (size_t i = 0; i < floats.size(); ++i) {
        const size_t c = per_channel ? i % static_cast<size_t>(channels) : 0;
        const float expected = (floats[i] / normalize.divisor[c] - normalize.mean[c]) / normalize.std[c];
        ASSERT_EQ(actual[i], expected) << i;
      }
    }
  }
}

TEST(Pictures, RefusesToNormalizeByZeroOrForOtherChannels) {
  const auto normalize = [](Normalize attributes) {
    return refusal([&](GraphBuilder& builder) {
      builder.node(OpKind::Normalize, attributes, {builder.input("x", {1, 2, 2, 3})});
    });
  };
  EXPECT_EQ(normalize({{1, 2}, {0}, {1}}),
            "NORMALIZE 'node_0': its divisor has 2 entries; one is expected, or 3, one a channel.");
  EXPECT_EQ(normalize({{1}, {}, {1}}),
            "NORMALIZE 'node_0': its mean has 0 entries; one is expected, or 3, one a channel.");
  EXPECT_EQ(normalize({{1}, {0}, {1, 0, 1}}),
            "NORMALIZE 'node_0': its std has an entry that is not finite or 0.");
}

TEST(Pictures, NmsMaxPoolKeepsPeaks) {
  for (const int32_t kernel : {1, 2, 3, 4, 5, 100}) {
    for (const Shape& shape : {Shape{1, 6, 7, 3}, Shape{2, 5, 4, 1}, Shape{1, 1, 9, 2}}) {
      GraphBuilder builder;
      builder.output(builder.node(OpKind::NmsMaxPool, NmsMaxPool{kernel}, {builder.input("x", shape)})[0]);
      std::vector<float> values = Random(4).floats(shape.elements(), -1, 1);
      values[1] = values[0];  // Peaks of one height.
      const std::vector<float> actual = run<float>(builder.graph(), {values});
      const auto index = [&](int b, int y, int x, int c) {
        return static_cast<size_t>(((b * shape.height() + y) * shape.width() + x) * shape.channels() + c);
      };
      for (size_t i = 0; i < values.size(); ++i) {
        const int c = static_cast<int>(i) % shape.channels();
        const int x = static_cast<int>(i) / shape.channels() % shape.width();
        const int y = static_cast<int>(i) / shape.channels() / shape.width() % shape.height();
        const int b = static_cast<int>(i) / shape.channels() / shape.width() / shape.height();
        bool peak = true;
        for (int v = std::max(0, y - (kernel - 1) / 2); v <= std::min(shape.height() - 1, y + kernel / 2);
             ++v) {
          for (int u = std::max(0, x - (kernel - 1) / 2); u <= std::min(shape.width() - 1, x + kernel / 2);
               ++u)
            peak = peak && values[index(b, v, u, c)] <= values[i];
        }
        ASSERT_EQ(actual[i], peak ? values[i] : 0.0f) << i << " kernel " << kernel;
      }
    }
  }
  EXPECT_EQ(refusal([](GraphBuilder& builder) {
              builder.node(OpKind::NmsMaxPool, NmsMaxPool{0}, {builder.input("x", {1, 2, 2, 1})});
            }),
            "NMS_MAX_POOL 'node_0': its kernel is 0; at least 1 is expected.");
}

}  // namespace
}  // namespace octet::test
