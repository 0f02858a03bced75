#include "transforms/image.h"

#include <gtest/gtest.h>

#include <vector>

#include "ir/error.h"

namespace octet::transforms {
namespace {

std::vector<uint8_t> gray_pixels(const std::vector<int>& values) {
  std::vector<uint8_t> rgba;
  for (const int value : values) {
    for (int c = 0; c < 3; ++c) rgba.push_back(static_cast<uint8_t>(value));
    rgba.push_back(255);
  }
  return rgba;
}

std::vector<float> tensor_of(const Image& image, const Preprocessing& preprocessing, const Shape& shape) {
  std::vector<float> tensor(static_cast<size_t>(shape.elements()), -99.0f);
  image_to_tensor(image, preprocessing, shape, tensor);
  return tensor;
}

TEST(Image, KeepsPixelsWhenSizesAreEqual) {
  const auto rgba = gray_pixels({0, 1, 127, 200, 254, 255});
  EXPECT_EQ(tensor_of({rgba, 3, 2}, {}, {1, 2, 3, 1}), (std::vector<float>{0, 1, 127, 200, 254, 255}));
}

TEST(Image, NormalisesEachChannelInColourOrder) {
  const std::vector<uint8_t> rgba = {10, 20, 30, 255};
  Preprocessing preprocessing{.mean = {0, 10, 20}, .std = {1, 2, 5}};
  EXPECT_EQ(tensor_of({rgba, 1, 1}, preprocessing, {1, 1, 1, 3}), (std::vector<float>{10, 5, 2}));
  preprocessing.color = ColorOrder::Bgr;
  EXPECT_EQ(tensor_of({rgba, 1, 1}, preprocessing, {1, 1, 1, 3}), (std::vector<float>{30, 5, -2}));
  preprocessing = {.color = ColorOrder::Gray};
  const float luma = (299.0f * 10 + 587.0f * 20 + 114.0f * 30) / 1000.0f;
  EXPECT_EQ(tensor_of({rgba, 1, 1}, preprocessing, {1, 1, 1, 3}), (std::vector<float>{luma, luma, luma}));
}

TEST(Image, BilinearUsesHalfPixelCentresAndRepeatsTheEdge) {
  const auto rgba = gray_pixels({0, 100});
  EXPECT_EQ(tensor_of({rgba, 2, 1}, {}, {1, 1, 4, 1}), (std::vector<float>{0, 25, 75, 100}));
  const auto wide = gray_pixels({0, 10, 20, 30});
  EXPECT_EQ(tensor_of({wide, 4, 1}, {}, {1, 1, 2, 1}), (std::vector<float>{5, 25}));
}

TEST(Image, ResizesByTheMethodsOfOpenCv) {
  const auto rgba = gray_pixels({0, 10, 20, 30, 40});
  const auto resized = [&](ResizeMethod method) {
    return tensor_of({rgba, 5, 1}, {.resize = method}, {1, 1, 2, 1});
  };
  EXPECT_EQ(resized(ResizeMethod::Nearest), (std::vector<float>{0, 20}));
  EXPECT_EQ(resized(ResizeMethod::Area), (std::vector<float>{8, 32}));
  const std::vector<float> cubic = resized(ResizeMethod::Cubic);
  EXPECT_NEAR(cubic[0] + cubic[1], 40, 1e-5);
  EXPECT_LT(cubic[0], resized(ResizeMethod::Linear)[0] + 1);
}

TEST(Image, KeepAspectCentresOnBlack) {
  const auto rgba = gray_pixels({200, 200});
  const Preprocessing preprocessing{.keep_aspect = true, .mean = {100}, .std = {100}};
  EXPECT_EQ(tensor_of({rgba, 2, 1}, preprocessing, {1, 4, 2, 1}),
            (std::vector<float>{-1, -1, 1, 1, -1, -1, -1, -1}));
}

TEST(Image, KeepAspectDepositsWhereAsked) {
  const auto rgba = gray_pixels({200, 200});
  Preprocessing preprocessing{.keep_aspect = true, .deposit = Deposit::TopLeft};
  EXPECT_EQ(tensor_of({rgba, 2, 1}, preprocessing, {1, 3, 2, 1}), (std::vector<float>{200, 200, 0, 0, 0, 0}));
  preprocessing.deposit = Deposit::BottomRight;
  EXPECT_EQ(tensor_of({rgba, 2, 1}, preprocessing, {1, 3, 2, 1}), (std::vector<float>{0, 0, 0, 0, 200, 200}));
}

TEST(Image, WritesChannelsApartForNchw) {
  const std::vector<uint8_t> rgba = {1, 2, 3, 255, 4, 5, 6, 255};
  const Preprocessing preprocessing{.layout = Layout::Nchw};
  EXPECT_EQ(tensor_of({rgba, 2, 1}, preprocessing, {1, 3, 1, 2}), (std::vector<float>{1, 4, 2, 5, 3, 6}));
}

TEST(Image, RefusesShapesThatAreNoImage) {
  const auto rgba = gray_pixels({1});
  for (const Shape& shape : {Shape{1, 4}, Shape{2, 1, 1, 3}, Shape{1, 3, 8, 8}}) {
    EXPECT_THROW(tensor_of({rgba, 1, 1}, {}, shape), Error) << to_string(shape);
  }
  EXPECT_THROW(tensor_of({rgba, 2, 1}, {}, {1, 1, 1, 1}), Error);
}

TEST(Image, GreyImagesNeedNoAxisOfChannels) {
  const auto rgba = gray_pixels({0, 1, 127, 200, 254, 255});
  for (const Layout layout : {Layout::Nhwc, Layout::Nchw}) {
    const Preprocessing preprocessing{.mean = {1}, .std = {2}, .layout = layout};
    EXPECT_EQ(tensor_of({rgba, 3, 2}, preprocessing, {1, 2, 3}),
              (std::vector<float>{-0.5f, 0, 63, 99.5f, 126.5f, 127}));
    EXPECT_EQ(tensor_of({rgba, 3, 2}, preprocessing, {1, 4, 5}),
              tensor_of({rgba, 3, 2}, {.mean = {1}, .std = {2}}, {1, 4, 5, 1}));
    EXPECT_THROW(tensor_of({rgba, 3, 2}, preprocessing, {2, 2, 3}), Error);
  }
  std::vector<uint8_t> bytes(6);
  image_to_bytes({rgba, 3, 2}, {}, {1, 2, 3}, bytes);
  EXPECT_EQ(bytes, (std::vector<uint8_t>{0, 1, 127, 200, 254, 255}));
  const std::vector<uint8_t> red = {255, 0, 0, 255};
  EXPECT_TRUE(image_origin({red, 1, 1}, {}, {1, 1, 1}).lost_color);
}

TEST(Image, SaysWhatToDoAboutABatch) {
  const auto rgba = gray_pixels({0});
  try {
    tensor_of({rgba, 1, 1}, {}, {4, 1, 1, 3});
    FAIL() << "A batch of four is not one image.";
  } catch (const Error& error) {
    EXPECT_NE(error.hint().find("4 images at once"), std::string::npos) << error.hint();
  }
}

TEST(Image, ReadsPreprocessingFromJson) {
  const Preprocessing preprocessing = preprocessing_from_json(
      R"({"mean": 127.5, "std": [1, 2, 3], "resize": "nearest", "keepAspect": true, "deposit": "topLeft", "color": "BGR", "layout": "NCHW"})");
  EXPECT_EQ(preprocessing.mean, (std::vector<float>{127.5f}));
  EXPECT_EQ(preprocessing.std, (std::vector<float>{1, 2, 3}));
  EXPECT_EQ(preprocessing.resize, ResizeMethod::Nearest);
  EXPECT_TRUE(preprocessing.keep_aspect);
  EXPECT_EQ(preprocessing.deposit, Deposit::TopLeft);
  EXPECT_EQ(preprocessing.color, ColorOrder::Bgr);
  EXPECT_EQ(preprocessing.layout, Layout::Nchw);
  for (const char* wrong : {"[]", R"({"sdt": 1})", R"({"std": 0})", R"({"mean": "x"})", R"({"color": "YUV"})",
                            R"({"resize": "lanczos"})", R"({"deposit": "left"})"}) {
    EXPECT_THROW(preprocessing_from_json(wrong), Error) << wrong;
  }
}

TEST(Image, GivesBytesWithAlphaOrWithout) {
  const std::vector<uint8_t> rgba = {10, 20, 30, 0, 40, 50, 61, 0};
  const auto bytes_of = [&](const Preprocessing& preprocessing, const Shape& shape) {
    std::vector<uint8_t> bytes(static_cast<size_t>(shape.elements()));
    image_to_bytes({rgba, 2, 1}, preprocessing, shape, bytes);
    return bytes;
  };
  EXPECT_EQ(bytes_of({}, {1, 1, 2, 3}), (std::vector<uint8_t>{10, 20, 30, 40, 50, 61}));
  EXPECT_EQ(bytes_of({}, {1, 1, 2, 4}), (std::vector<uint8_t>{10, 20, 30, 255, 40, 50, 61, 255}));
  EXPECT_EQ(bytes_of({}, {1, 1, 1, 4}), (std::vector<uint8_t>{25, 35, 46, 255}));
  EXPECT_EQ(bytes_of({.mean = {-230}}, {1, 1, 2, 3}), (std::vector<uint8_t>{240, 250, 255, 255, 255, 255}));
  EXPECT_THROW(bytes_of({.layout = Layout::Nchw}, {1, 4, 1, 2}), Error);
  EXPECT_EQ(image_origin({rgba, 2, 1}, {}, {1, 2, 2, 4}).stretch, 2.0f);
  EXPECT_TRUE(image_origin({rgba, 2, 1}, {}, {1, 1, 2, 1}).lost_color);
}

}  // namespace
}  // namespace octet::transforms
