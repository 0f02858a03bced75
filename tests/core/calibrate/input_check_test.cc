#include "calibrate/input_check.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "support/graph_builder.h"

namespace octet::calibrate {
namespace {

Graph with_input(const Shape& shape, DType dtype = DType::Float32,
                 std::optional<QuantParams> quantization = {}) {
  test::GraphBuilder builder;
  builder.input("image", shape, dtype, std::move(quantization));
  return builder.graph();
}

struct Given {
  std::vector<float> values;
  ImageOrigin origin = {};
};

std::vector<std::string> warnings(const Shape& shape, const std::vector<Given>& samples,
                                  const std::vector<std::optional<Range>>& calibrated = {}) {
  InputCheck check(with_input(shape));
  for (const Given& sample : samples) {
    const std::span<const std::byte> bytes = std::as_bytes(std::span(sample.values));
    check.fold(check.observe({&bytes, 1}, {&sample.origin, 1}));
  }
  return check.warnings(calibrated);
}

const Shape kColors = {1, 1, 2, 3};
const Shape kGray = {1, 2, 2, 1};
const Given kFine = {{0, 1, 2, 3, 4, 250}};

TEST(InputCheck, IsSilentAboutUsualSamples) {
  EXPECT_EQ(warnings(kColors, {kFine, {{0, 0, 0, 9, 9, 9}}}), std::vector<std::string>{});
  EXPECT_EQ(warnings(kColors, {kFine}, {Range{-5, 240}}), std::vector<std::string>{});
  EXPECT_EQ(warnings(kColors, {}), std::vector<std::string>{});
  // A number by itself is no image.
  EXPECT_EQ(warnings({1, 1}, {{{0}}}), std::vector<std::string>{});
}

TEST(InputCheck, FindsConstantImages) {
  EXPECT_EQ(warnings(kColors, {kFine, {{7, 7, 7, 7, 7, 7}}, kFine}),
            std::vector<std::string>{"1 of 3 samples of input 'image' hold one value throughout; look at the "
                                     "files and the preprocessing."});
}

TEST(InputCheck, FindsPixelsThatWereScaledTwice) {
  const std::vector<std::string> found = warnings(kGray, {{{0, 0.001f, 0.002f, 1.0f / 255}}});
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(
      found[0],
      "All values of input 'image' are from 0 to 0.003922: if pixels were divided by 255 twice, correct "
      "mean and std.");
  EXPECT_TRUE(warnings(kGray, {{{0, 0.001f, 0.002f, 0.003f}}, {{0, 0, 0, 0.005f}}}).empty());
}

TEST(InputCheck, FindsThreeIdenticalChannelsInAllSamples) {
  const Given gray = {{1, 1, 1, 200, 200, 200}};
  const std::vector<std::string> found = warnings(kColors, {gray, gray});
  ASSERT_EQ(found.size(), 1u);
  EXPECT_NE(found[0].find("three identical channels"), std::string::npos);
  EXPECT_TRUE(warnings(kColors, {gray, kFine}).empty());
}

TEST(InputCheck, FindsImagesThatDoNotFit) {
  const Given lost = {{0, 1, 2, 255}, {.stretch = 1, .lost_color = true}};
  const Given stretched = {{0, 1, 2, 255}, {.stretch = 1.75f}};
  const Given nearly = {{0, 1, 2, 255}, {.stretch = 1.25f}};
  EXPECT_EQ(warnings(kGray, {lost, stretched, nearly}),
            (std::vector<std::string>{
                "Input 'image' has one channel, and 1 of 3 images are in colour, of which it gets the luma: "
                "check that the model is the right one for them.",
                "1 of 3 images were stretched to fit input 'image', by up to 1.75: turn on keepAspect unless "
                "the model was trained so."}));
}

TEST(InputCheck, FindsRangesFarFromThoseOfCalibration) {
  const auto differs = [](Range calibrated) { return !warnings(kColors, {kFine}, {calibrated}).empty(); };
  EXPECT_TRUE(differs({-1, 1}));
  EXPECT_TRUE(differs({-3000, 3000}));
  EXPECT_TRUE(differs({251, 400}));
  EXPECT_FALSE(differs({-127, 128}));
  EXPECT_EQ(
      warnings(kColors, {kFine}, {Range{-1, 1}}),
      std::vector<std::string>{"Input 'image' is from 0 to 250, and was from -1 to 1 in calibration: use "
                               "the same preprocessing for both."});
}

TEST(InputCheck, DoesNotDependOnTheOrderOfSamples) {
  std::vector<Given> samples = {kFine, {{7, 7, 7, 7, 7, 7}}, {{0, 1, 2, -900, 4, 5}, {.stretch = 3}}};
  const std::vector<std::string> found = warnings(kColors, samples, {Range{0, 1}});
  EXPECT_EQ(found.size(), 3u);
  std::reverse(samples.begin(), samples.end());
  EXPECT_EQ(warnings(kColors, samples, {Range{0, 1}}), found);
}

TEST(InputCheck, LooksAtTheRealsOfIntegers) {
  InputCheck check(with_input(kGray, DType::Int8, QuantParams::per_tensor(0.5f, -128)));
  const std::vector<int8_t> values = {-128, 0, 127, 1};
  const std::span<const std::byte> bytes = std::as_bytes(std::span(values));
  const ImageOrigin origin;
  const std::vector<InputFacts> facts = check.observe({&bytes, 1}, {&origin, 1});
  EXPECT_EQ(facts[0].low, 0.0f);
  EXPECT_EQ(facts[0].high, 127.5f);
}

}  // namespace
}  // namespace octet::calibrate
