// DETECTION_POST_PROCESS on boxes worked out by hand. TFLite's own is the judge in tests/interop.
#include <gtest/gtest.h>

#include <cmath>

#include "support/graph_builder.h"
#include "transforms/anchors.h"

namespace octet::test {
namespace {

struct Found {
  std::vector<float> boxes, classes, scores, count, keypoints;
};

Found detect(const DetectionPostProcess& attributes, Shape boxes_shape, const std::vector<float>& boxes,
             Shape scores_shape, const std::vector<float>& scores, const std::vector<float>& anchors) {
  GraphBuilder builder;
  const TensorId raw = builder.input("boxes", boxes_shape);
  const TensorId logits = builder.input("scores", scores_shape);
  const TensorId priors = builder.constant<float>({static_cast<int32_t>(anchors.size() / 4), 4}, anchors);
  const size_t outputs = attributes.keypoints > 0 ? 5 : 4;
  const std::vector<TensorId> ids =
      builder.node(OpKind::DetectionPostProcess, attributes, {raw, logits, priors},
                   std::vector<std::optional<QuantParams>>(outputs));
  for (const TensorId id : ids) builder.output(id);
  const auto output = [&](size_t i) {
    return i < outputs ? run<float>(builder.graph(), {boxes, scores}, i) : std::vector<float>{};
  };
  return {output(0), output(1), output(2), output(3), output(4)};
}

/// Three anchors that are the boxes themselves: the first two overlap by 0.6, the third lies apart.
const std::vector<float> kAnchors = {0.5f, 0.5f, 0.4f, 0.4f, 0.5f, 0.6f, 0.4f, 0.4f, 0.1f, 0.1f, 0.2f, 0.2f};
const std::vector<float> kNoOffsets(12, 0.0f);
const Shape kBoxes = {1, 3, 4};

void expect_near(const std::vector<float>& actual, const std::vector<float>& expected) {
  ASSERT_EQ(actual.size(), expected.size());
  for (size_t i = 0; i < actual.size(); ++i) EXPECT_NEAR(actual[i], expected[i], 1e-6) << i;
}

TEST(Detection, DropsWhatABetterBoxOverlaps) {
  DetectionPostProcess attributes{.max_detections = 3, .score_threshold = 0.3f, .overlap_threshold = 0.5f};
  Found found = detect(attributes, kBoxes, kNoOffsets, {1, 3, 1}, {0.8f, 0.9f, 0.4f}, kAnchors);
  expect_near(found.boxes, {0.3f, 0.4f, 0.7f, 0.8f, 0, 0, 0.2f, 0.2f, 0, 0, 0, 0});
  expect_near(found.scores, {0.9f, 0.4f, 0});
  EXPECT_EQ(found.count, std::vector<float>{2});
  attributes.overlap_threshold = 0.7f;
  EXPECT_EQ(detect(attributes, kBoxes, kNoOffsets, {1, 3, 1}, {0.8f, 0.9f, 0.4f}, kAnchors).count,
            std::vector<float>{3});
  attributes.score_threshold = 0.95f;
  EXPECT_EQ(detect(attributes, kBoxes, kNoOffsets, {1, 3, 1}, {0.8f, 0.9f, 0.4f}, kAnchors).count,
            std::vector<float>{0});
}

TEST(Detection, CompetesByBestClassOrPerClass) {
  // A background in front of two classes.
  const std::vector<float> scores = {0.1f, 0.8f, 0.3f, 0.1f, 0.2f, 0.9f, 0.9f, 0.05f, 0.4f};
  DetectionPostProcess attributes{.classes = 2,
                                  .max_detections = 2,
                                  .classes_per_detection = 2,
                                  .score_threshold = 0.3f,
                                  .overlap_threshold = 0.5f};
  Found found = detect(attributes, kBoxes, kNoOffsets, {1, 3, 3}, scores, kAnchors);
  expect_near(found.classes, {1, 0, 1, 0});
  expect_near(found.scores, {0.9f, 0.2f, 0.4f, 0.05f});
  EXPECT_EQ(found.count, std::vector<float>{2});
  attributes.classes_per_detection = 1;
  attributes.per_class = true;
  found = detect(attributes, kBoxes, kNoOffsets, {1, 3, 3}, scores, kAnchors);
  expect_near(found.classes, {1, 0});
  expect_near(found.scores, {0.9f, 0.8f});
  expect_near(found.boxes, {0.3f, 0.4f, 0.7f, 0.8f, 0.3f, 0.3f, 0.7f, 0.7f});
}

TEST(Detection, DecodesBothCodings) {
  const std::vector<float> anchor = {0.5f, 0.25f, 0.2f, 0.4f};
  DetectionPostProcess attributes{.y_scale = 10, .x_scale = 10, .h_scale = 5, .w_scale = 5};
  const auto box = [&](std::vector<float> raw) {
    return detect(attributes, {1, 1, 4}, raw, {1, 1, 1}, {1}, anchor).boxes;
  };
  const float grown = 0.1f * std::exp(0.2f);
  const float shrunk = 0.2f * std::exp(-0.4f);
  expect_near(box({1, 2, 1, -2}), {0.52f - grown, 0.33f - shrunk, 0.52f + grown, 0.33f + shrunk});
  attributes.coding = BoxCoding::Linear;
  expect_near(box({2, 1, 2, 1}), {0.5f, 0.25f, 0.54f, 0.41f});
  // A negative height is no box.
  EXPECT_EQ(box({2, 1, 2, -1}), std::vector<float>(4, 0.0f));
}

TEST(Detection, ReadsLogitsAndKeypointsAndAverages) {
  const std::vector<float> anchors =
      transforms::grid_anchors({4, 4}, std::vector<transforms::AnchorGrid>{{4, 2}});
  DetectionPostProcess attributes{.coding = BoxCoding::Linear,
                                  .max_detections = 2,
                                  .keypoints = 1,
                                  .score_threshold = 0.5f,
                                  .overlap_threshold = 0.3f,
                                  .y_scale = 4,
                                  .x_scale = 4,
                                  .h_scale = 4,
                                  .w_scale = 4,
                                  .logits = true};
  const std::vector<float> raw = {0, 0, 2, 2, 1, -1, 0.4f, 0, 2, 2, 0, 0};
  Found found = detect(attributes, {1, 2, 6}, raw, {1, 2, 1}, {200, 0}, anchors);
  expect_near(found.boxes, {0.25f, 0.25f, 0.75f, 0.75f, 0, 0, 0, 0});
  expect_near(found.keypoints, {0.75f, 0.25f, 0, 0});
  expect_near(found.scores, {1, 0});
  attributes.weighted = true;
  found = detect(attributes, {1, 2, 6}, raw, {1, 2, 1}, {200, 0}, anchors);
  const float shift = 0.1f / 3;  // Scores 1 and 0.5.
  expect_near(found.boxes, {0.25f, 0.25f + shift, 0.75f, 0.75f + shift, 0, 0, 0, 0});
  expect_near(found.keypoints, {2.0f / 3, 1.0f / 3, 0, 0});
}

TEST(Detection, RefusesWhatDoesNotFit) {
  const auto failure = [](DetectionPostProcess attributes, Shape boxes, Shape scores) -> std::string {
    try {
      detect(attributes, boxes, {}, scores, {}, kAnchors);
    } catch (const Error& error) {
      return error.message();
    }
    return "";
  };
  const std::string prefix = "DETECTION_POST_PROCESS 'node_0': ";
  EXPECT_EQ(failure({.max_detections = 0}, kBoxes, {1, 3, 1}),
            prefix + "its number of detections is 0; at least 1 is expected.");
  EXPECT_EQ(failure({.overlap_threshold = 0}, kBoxes, {1, 3, 1}),
            prefix + "its overlap threshold is not above 0 and at most 1.");
  EXPECT_EQ(failure({.y_scale = 0}, kBoxes, {1, 3, 1}), prefix + "it has a scale that is 0 or not finite.");
  EXPECT_EQ(failure({}, kBoxes, {1, 4, 1}),
            prefix + "it has 3 boxes, scores of shape 1x4x1 and anchors of shape 3x4, which do not fit.");
  EXPECT_EQ(failure({.keypoints = 1}, kBoxes, {1, 3, 1}),
            prefix + "its boxes have 4 numbers each; 6 are expected, 4 and 2 a keypoint.");
  EXPECT_EQ(failure({}, kBoxes, {1, 3, 3}),
            prefix + "it has 3 scores a box for 1 classes; one more, of the background, is the most.");
  EXPECT_EQ(failure({.max_detections = 1 << 30, .classes_per_detection = 1 << 30}, kBoxes, {1, 3, 1}),
            prefix + "it has more than 16777216 boxes and detections.");
}

}  // namespace
}  // namespace octet::test
