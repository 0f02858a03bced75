#include "transforms/preprocessing_transform.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "ir/error.h"
#include "support/graph_builder.h"
#include "transforms/auxiliary.h"

namespace octet::transforms {
namespace {

Tensor float_input(const Shape& shape) {
  Tensor input;
  input.name = "input";
  input.shape = shape;
  return input;
}

/// What the transform makes of the pixels of `image`, which have `channels` bytes each.
std::vector<float> transformed(const Image& image, const Preprocessing& preprocessing, const Tensor& input,
                               int32_t channels) {
  Tensor pixels;
  pixels.name = "pixels";
  pixels.dtype = DType::UInt8;
  pixels.shape = {1, image.height, image.width, channels};
  const std::string transform = preprocessing_transform(preprocessing, pixels.shape, input);
  const Graph graph =
      auxiliary_graph("pre", "[" + transform + "]", {pixels}, partition::target_of(ops::TargetId::Gen1));
  EXPECT_EQ(graph.tensor(graph.outputs[0]).shape, input.shape);
  std::vector<uint8_t> bytes;
  for (size_t i = 0; i < image.rgba.size(); ++i) {
    if (i % 4 < static_cast<size_t>(channels)) bytes.push_back(image.rgba[i]);
  }
  return test::run<float, uint8_t>(graph, {bytes});
}

TEST(Preprocessing, MakesTheBitsThatCalibrationSees) {
  constexpr int kHeight = 13;
  constexpr int kWidth = 22;
  test::Random random(7);
  const std::vector<uint8_t> rgba = random.integers<uint8_t>(kHeight * kWidth * 4, 0, 255);
  const Image image = {.rgba = rgba, .width = kWidth, .height = kHeight};
  const std::vector<Preprocessing> ways = {
      {},
      {.mean = {123.675f, 116.28f, 103.53f}, .std = {58.395f, 57.12f, 57.375f}},
      {.keep_aspect = true, .mean = {127.5f}, .std = {127.5f}},
      {.keep_aspect = true, .deposit = Deposit::BottomRight, .color = ColorOrder::Bgr, .std = {3}},
      {.resize = ResizeMethod::Nearest, .color = ColorOrder::Bgr},
      {.resize = ResizeMethod::Area, .std = {255}},
      {.resize = ResizeMethod::Cubic, .color = ColorOrder::Gray, .mean = {7}, .std = {255}},
      {.color = ColorOrder::Gray, .layout = Layout::Nchw},
      {.mean = {1, 2, 3}, .layout = Layout::Nchw},
  };
  const std::vector<std::array<int32_t, 2>> sizes = {{kHeight, kWidth}, {8, 8}, {30, 17}};
  for (size_t way = 0; way < ways.size(); ++way) {
    for (const auto [height, width] : sizes) {
      for (const int32_t channels : {1, 3}) {
        if (channels == 1 && ways[way].mean.size() > 1) continue;
        const bool nchw = ways[way].layout == Layout::Nchw;
        const Tensor input =
            float_input(nchw ? Shape{1, channels, height, width} : Shape{1, height, width, channels});
        std::vector<float> expected(static_cast<size_t>(input.shape.elements()));
        image_to_tensor(image, ways[way], input.shape, expected);
        EXPECT_EQ(transformed(image, ways[way], input, 4), expected) << way << " " << to_string(input.shape);
        EXPECT_EQ(transformed(image, ways[way], input, 3), expected) << way << " " << to_string(input.shape);
      }
    }
  }
}

TEST(Preprocessing, GreyImagesNeedNoAxisOfChannels) {
  test::Random random(8);
  const std::vector<uint8_t> rgba = random.integers<uint8_t>(5 * 6 * 4, 0, 255);
  const Image image = {.rgba = rgba, .width = 6, .height = 5};
  for (const Layout layout : {Layout::Nhwc, Layout::Nchw}) {
    const Preprocessing preprocessing{.mean = {7}, .std = {9}, .layout = layout};
    for (const Shape& shape : {Shape{1, 5, 6}, Shape{1, 4, 8}}) {
      std::vector<float> expected(static_cast<size_t>(shape.elements()));
      image_to_tensor(image, preprocessing, shape, expected);
      EXPECT_EQ(transformed(image, preprocessing, float_input(shape), 4), expected) << to_string(shape);
    }
  }
}

TEST(Preprocessing, QuantizesForIntegerInputs) {
  Tensor input = float_input({1, 2, 2, 3});
  input.dtype = DType::Int8;
  input.quantization = QuantParams::per_tensor(0.5f, -128);
  EXPECT_NE(preprocessing_transform({}, {1, 4, 4, 3}, input)
                .find(R"({"transform":"quantization","channelParams":[[0.5,-128]]})"),
            std::string::npos);
}

TEST(Preprocessing, RefusesWhatIsNoImage) {
  EXPECT_THROW(preprocessing_transform({}, {4, 4, 3}, float_input({1, 2, 2, 3})), Error);
  EXPECT_THROW(preprocessing_transform({}, {1, 4, 4, 2}, float_input({1, 2, 2, 3})), Error);
  EXPECT_THROW(preprocessing_transform({}, {1, 4, 4, 3}, float_input({1, 2, 2, 5})), Error);
  EXPECT_THROW(preprocessing_transform({}, {1, 4, 4, 3}, float_input({1, 12})), Error);
  Tensor integers = float_input({1, 2, 2, 3});
  integers.dtype = DType::Int32;
  EXPECT_THROW(preprocessing_transform({}, {1, 4, 4, 3}, integers), Error);
}

}  // namespace
}  // namespace octet::transforms
