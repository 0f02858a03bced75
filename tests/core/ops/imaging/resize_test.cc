// RESIZE_BILINEAR and RESIZE_NEAREST_NEIGHBOR against plain loops.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "support/graph_builder.h"

namespace octet::test {
namespace {

struct Case {
  Shape input;
  Spatial output;
};

const std::vector<Case> kCases = {
    {{1, 2, 2, 1}, {4, 4}},   {{2, 3, 4, 3}, {7, 5}},    {{1, 5, 7, 11}, {3, 3}},
    {{1, 8, 8, 4}, {16, 16}}, {{1, 1, 1, 9}, {4, 3}},    {{1, 6, 5, 17}, {1, 1}},
    {{1, 3, 3, 8}, {130, 9}}, {{1, 13, 9, 2}, {26, 27}}, {{1, 4, 6, 5}, {4, 6}},
};

struct Mode {
  bool align_corners;
  bool half_pixel_centers;
};
constexpr Mode kModes[] = {{false, false}, {true, false}, {false, true}};

template <class Visit>
void for_each_case(Visit visit) {
  for (const auto& [input, output] : kCases) {
    for (const auto& [align_corners, half_pixel_centers] : kModes) {
      SCOPED_TRACE(to_string(input) + " to " + std::to_string(output.height) + "x" +
                   std::to_string(output.width) + (align_corners ? " corners" : "") +
                   (half_pixel_centers ? " centers" : ""));
      visit(input, Resize{output, align_corners, half_pixel_centers});
    }
  }
}

/// Calls visit(y, x, c, batch offset) for each output element, in order.
template <class Visit>
void for_each_element(const Shape& input, const Resize& resize, Visit visit) {
  for (int b = 0; b < input.batch(); ++b) {
    for (int y = 0; y < resize.output.height; ++y) {
      for (int x = 0; x < resize.output.width; ++x) {
        for (int c = 0; c < input.channels(); ++c) visit(b, y, x, c);
      }
    }
  }
}

template <class T>
T at(const Shape& shape, const std::vector<T>& values, int b, int64_t y, int64_t x, int c) {
  const int64_t row = int64_t{b} * shape.height() + std::clamp<int64_t>(y, 0, shape.height() - 1);
  const int64_t pixel = row * shape.width() + std::clamp<int64_t>(x, 0, shape.width() - 1);
  return values[static_cast<size_t>(pixel * shape.channels() + c)];
}

double real_position(int i, int32_t input, int32_t output, const Resize& resize) {
  if (resize.align_corners && output > 1) return static_cast<double>(i) * (input - 1) / (output - 1);
  const double scale = static_cast<double>(input) / output;
  const double position = resize.half_pixel_centers ? (i + 0.5) * scale - 0.5 : i * scale;
  return std::clamp(position, 0.0, static_cast<double>(input - 1));
}

TEST(Resizing, BilinearFloat) {
  Random random(5);
  for_each_case([&](const Shape& input, const Resize& resize) {
    GraphBuilder builder;
    builder.output(builder.node(OpKind::ResizeBilinear, resize, {builder.input("x", input)})[0]);
    const std::vector<float> values = random.floats(input.elements(), -1, 1);
    const std::vector<float> actual = run<float>(builder.graph(), {values});
    size_t i = 0;
    for_each_element(input, resize, [&](int b, int y, int x, int c) {
      const double down = real_position(y, input.height(), resize.output.height, resize);
      const double right = real_position(x, input.width(), resize.output.width, resize);
      const int64_t y0 = static_cast<int64_t>(down);
      const int64_t x0 = static_cast<int64_t>(right);
      const double dy = down - static_cast<double>(y0);
      const double dx = right - static_cast<double>(x0);
      const auto value = [&](int64_t row, int64_t column) -> double {
        return at(input, values, b, row, column, c);
      };
      const double expected = (value(y0, x0) * (1 - dx) + value(y0, x0 + 1) * dx) * (1 - dy) +
                              (value(y0 + 1, x0) * (1 - dx) + value(y0 + 1, x0 + 1) * dx) * dy;
      ASSERT_NEAR(actual[i], expected, 1e-4) << i;
      ++i;
    });
    EXPECT_EQ(i, actual.size());
  });
}

/// Position in 1/1024 of a pixel, as TFLite's reference kernel finds it.
int64_t fixed_position(int64_t i, int64_t input, int64_t output, const Resize& resize) {
  const bool corners = resize.align_corners && output > 1;
  const int64_t in = corners ? input - 1 : input;
  const int64_t out = corners ? output - 1 : output;
  const int64_t scale = (1024 * in + out / 2) / out;
  return resize.half_pixel_centers ? i * scale + scale / 2 - 512 : i * scale;
}

TEST(Resizing, BilinearInt8) {
  const QuantParams quantization = QuantParams::per_tensor(0.1f, 4);
  Random random(6);
  for_each_case([&](const Shape& input, const Resize& resize) {
    GraphBuilder builder;
    const TensorId x = builder.input("x", input, DType::Int8, quantization);
    builder.output(builder.node(OpKind::ResizeBilinear, resize, {x}, {quantization})[0]);
    const std::vector<int8_t> values = random.integers<int8_t>(input.elements(), -128, 127);
    const std::vector<int8_t> actual = run<int8_t>(builder.graph(), {values});
    size_t i = 0;
    for_each_element(input, resize, [&](int b, int row, int column, int c) {
      const int64_t down = fixed_position(row, input.height(), resize.output.height, resize);
      const int64_t right = fixed_position(column, input.width(), resize.output.width, resize);
      const int64_t y0 = std::max<int64_t>(down / 1024, 0);
      const int64_t x0 = std::max<int64_t>(right / 1024, 0);
      const int64_t y1 = (down + 1023) / 1024;
      const int64_t x1 = (right + 1023) / 1024;
      const int64_t dy = down - 1024 * y0;
      const int64_t dx = right - 1024 * x0;
      const auto value = [&](int64_t y, int64_t x_) -> int64_t { return at(input, values, b, y, x_, c); };
      const int64_t sum = value(y0, x0) * (1024 - dy) * (1024 - dx) + value(y1, x0) * dy * (1024 - dx) +
                          value(y0, x1) * (1024 - dy) * dx + value(y1, x1) * dy * dx;
      const int64_t expected = (sum + (sum > 0 ? 1 << 19 : -(1 << 19))) / (1 << 20);
      ASSERT_EQ(actual[i], expected) << i;
      ++i;
    });
    EXPECT_EQ(i, actual.size());
  });
}

TEST(Resizing, NearestNeighbor) {
  Random random(7);
  for_each_case([&](const Shape& input, const Resize& resize) {
    GraphBuilder builder;
    builder.output(builder.node(OpKind::ResizeNearestNeighbor, resize, {builder.input("x", input)})[0]);
    const std::vector<float> values = random.floats(input.elements(), -1, 1);
    const std::vector<float> actual = run<float>(builder.graph(), {values});
    // In single precision, which decides where a position falls on a border between pixels.
    const auto position = [&](int i, int32_t in, int32_t out) {
      const bool corners = resize.align_corners && out > 1;
      const float scale = corners ? static_cast<float>(in - 1) / static_cast<float>(out - 1)
                                  : static_cast<float>(in) / static_cast<float>(out);
      const float center = (static_cast<float>(i) + (resize.half_pixel_centers ? 0.5f : 0.0f)) * scale;
      return static_cast<int64_t>(resize.align_corners ? std::round(center) : std::floor(center));
    };
    size_t i = 0;
    for_each_element(input, resize, [&](int b, int y, int x, int c) {
      const int64_t row = position(y, input.height(), resize.output.height);
      const int64_t column = position(x, input.width(), resize.output.width);
      ASSERT_EQ(actual[i], at(input, values, b, row, column, c)) << i;
      ++i;
    });
    EXPECT_EQ(i, actual.size());
  });
}

TEST(Resizing, Errors) {
  const auto failure = [](const Resize& resize) -> std::string {
    GraphBuilder builder;
    try {
      builder.node(OpKind::ResizeBilinear, resize, {builder.input("x", {1, 2, 2, 1})});
    } catch (const Error& error) {
      return error.message();
    }
    return "";
  };
  EXPECT_EQ(failure({{0, 4}, false, false}),
            "RESIZE_BILINEAR 'node_0': dimension 1 of its output would be 0.");
  EXPECT_EQ(failure({{4, 4}, true, true}),
            "RESIZE_BILINEAR 'node_0': it has both aligned corners and half-pixel centers, which exclude "
            "each other.");
}

}  // namespace
}  // namespace octet::test
