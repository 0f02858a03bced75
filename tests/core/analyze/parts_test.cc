#include "analyze/parts.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <memory>
#include <string>

#include "analyze/wording.h"
#include "support/graph_builder.h"

namespace octet::analyze {
namespace {

using test::GraphBuilder;
using test::Random;

/// Both graphs of a model under test, with nodes of the same names.
struct Models {
  GraphBuilder exact;
  GraphBuilder quantized;

  void name_last(const std::string& name) {
    exact.graph().nodes.back().name = name;
    quantized.graph().nodes.back().name = name;
  }
};

QuantParams scale(float step) { return QuantParams::per_tensor(step, 0); }

TensorId convert(GraphBuilder& builder, TensorId from, OpKind op, std::optional<QuantParams> params,
                 DType type) {
  const TensorId id = builder.node(op, NoAttributes{}, {from}, {std::move(params)}, type)[0];
  builder.graph().nodes.back().name = "convert_" + std::to_string(builder.graph().nodes.size());
  return id;
}

TensorId to_int8(GraphBuilder& builder, TensorId from, float step) {
  return convert(builder, from, OpKind::Quantize, scale(step), DType::Int8);
}

TensorId to_float(GraphBuilder& builder, TensorId from) {
  return convert(builder, from, OpKind::Dequantize, {}, DType::Float32);
}

/// "join" puts boxes and scores beside each other along the last axis or the one before it.
struct Detector {
  static constexpr int32_t kPlaces = 32;
  static constexpr int32_t kBoxes = 4;
  static constexpr int32_t kScores = 2;

  explicit Detector(int axis) : axis(axis) {
    for (GraphBuilder* builder : {&models.exact, &models.quantized}) {
      boxes = builder->input("boxes", shape(kBoxes));
      logits = builder->input("logits", shape(kScores));
      scores = builder->node(OpKind::Logistic, NoAttributes{}, {logits})[0];
      builder->graph().nodes.back().name = "scores";
    }
    exact = join(models.exact, boxes, scores, {}, DType::Float32);
    models.exact.output(exact);
  }

  Shape shape(int32_t channels) const {
    return axis == 2 ? Shape{1, kPlaces, channels} : Shape{1, channels, kPlaces};
  }

  TensorId join(GraphBuilder& builder, TensorId a, TensorId b, std::optional<QuantParams> params,
                DType type) const {
    const TensorId id = builder.node(OpKind::Concatenation, Axis{axis}, {a, b}, {std::move(params)}, type)[0];
    builder.graph().nodes.back().name = "join";
    return id;
  }

  /// One step for all.
  void join_in_int8(float step) {
    GraphBuilder& builder = models.quantized;
    const TensorId a = to_int8(builder, boxes, step);
    const TensorId b = to_int8(builder, scores, step);
    builder.output(to_float(builder, join(builder, a, b, scale(step), DType::Int8)));
  }

  /// Each part with a step of its own.
  void join_in_float(float box_step, float score_step) {
    GraphBuilder& builder = models.quantized;
    const TensorId a = to_float(builder, to_int8(builder, boxes, box_step));
    const TensorId b = to_float(builder, to_int8(builder, scores, score_step));
    builder.output(join(builder, a, b, {}, DType::Float32));
  }

  LayerErrorAnalyzer analyzer(Compared compared = Compared::AllNodes) {
    return {std::make_shared<const Graph>(models.exact.graph()),
            std::make_shared<const Graph>(models.quantized.graph()), compared};
  }

  static void add(LayerErrorAnalyzer& analyzer, std::vector<float> boxes, const std::vector<float>& logits) {
    const std::span<const std::byte> inputs[] = {std::as_bytes(std::span(boxes)),
                                                 std::as_bytes(std::span(logits))};
    analyzer.add(inputs);
  }

  static void add_random(LayerErrorAnalyzer& analyzer, float low = -3, float high = 3, float box = 300) {
    Random random(7);
    for (int i = 0; i < 3; ++i) {
      const std::vector<float> boxes = random.floats(kPlaces * kBoxes, 0, box);
      add(analyzer, boxes, random.floats(kPlaces * kScores, low, high));
    }
  }

  int axis;
  Models models;
  TensorId boxes = TensorId::None, logits = TensorId::None, scores = TensorId::None, exact = TensorId::None;
};

const NodeError& last(const LayerErrorAnalyzer& analyzer) { return analyzer.errors().back(); }

Parts parts_of(const LayerErrorAnalyzer& analyzer) {
  ChannelAxes channels(analyzer.quantized_graph());
  return divide(last(analyzer).axes_of(last(analyzer).output), channels);
}

TEST(Parts, NamesChannelsWhoseWholeRangeIsBelowOneStep) {
  for (const int axis : {2, 1}) {
    Detector detector(axis);
    detector.join_in_int8(2.5f);
    LayerErrorAnalyzer analyzer = detector.analyzer();
    Detector::add_random(analyzer);
    EXPECT_GT(last(analyzer).sums.accumulated.sqnr_db(), 40);  // What hides it.
    const Parts parts = parts_of(analyzer);
    EXPECT_EQ(parts.axis, axis);
    ASSERT_EQ(parts.parts.size(), 2u);
    EXPECT_EQ(parts.parts[0].channels, (std::vector<int32_t>{0, 1, 2, 3}));
    EXPECT_TRUE(parts.parts[0].lost.empty());
    EXPECT_FALSE(parts.parts[0].is_weak(parts.whole));
    EXPECT_EQ(parts.parts[1].channels, (std::vector<int32_t>{4, 5}));
    EXPECT_EQ(parts.parts[1].lost, parts.parts[1].channels);
    EXPECT_EQ(parts.parts[1].step, 2.5);
    EXPECT_EQ(parts.parts[1].sums.sqnr_db(), 0);  // All came out as 0.
    EXPECT_LT(parts.parts[1].sums.high, 1);
    EXPECT_TRUE(parts.parts[1].is_weak(parts.whole));

    ASSERT_EQ(last(analyzer).outputs.size(), 1u);
    const std::vector<std::string> warnings = part_warnings(parts, last(analyzer).outputs[0].name);
    ASSERT_EQ(warnings.size(), 1u);
    EXPECT_NE(warnings[0].find(": channels 4 and 5, from 0.0"), std::string::npos) << warnings[0];
    EXPECT_NE(warnings[0].find(" are lost: their whole range is below one step of the integers, 2.5."),
              std::string::npos)
        << warnings[0];
  }
}

TEST(Parts, OfAJoinInFloatHaveTheirOwnSteps) {
  Detector detector(2);
  detector.join_in_float(2.5f, 1.0f / 128);
  LayerErrorAnalyzer analyzer = detector.analyzer();
  Detector::add_random(analyzer);
  const Parts parts = parts_of(analyzer);
  ASSERT_EQ(parts.parts.size(), 2u);
  EXPECT_EQ(parts.parts[0].step, 2.5);
  EXPECT_EQ(parts.parts[1].step, 1.0 / 128);
  EXPECT_TRUE(parts.parts[1].lost.empty());
  EXPECT_TRUE(part_warnings(parts, "out").empty());
}

TEST(Parts, SayWhereAPartIsFarWorseThanTheWhole) {
  Detector detector(2);
  detector.join_in_int8(0.75f);  // Of which scores have two values.
  LayerErrorAnalyzer analyzer = detector.analyzer();
  Detector::add_random(analyzer, -3, 3, 90);
  const Parts parts = parts_of(analyzer);
  ASSERT_EQ(parts.parts.size(), 2u);
  EXPECT_TRUE(parts.parts[1].lost.empty());
  EXPECT_TRUE(parts.parts[1].is_weak(parts.whole));
  const std::vector<std::string> warnings = part_warnings(parts, "out");
  ASSERT_EQ(warnings.size(), 1u);
  EXPECT_NE(warnings[0].find("Output 'out': channels 4 and 5, "), std::string::npos) << warnings[0];
  EXPECT_NE(warnings[0].find(" of the whole do not show."), std::string::npos) << warnings[0];
}

TEST(Parts, DoNotMistakeSmallProbabilitiesForLostOnes) {
  Detector detector(2);
  detector.join_in_float(2.5f, 1.0f / 256);
  LayerErrorAnalyzer analyzer = detector.analyzer();
  Detector::add_random(analyzer, -9, -7);  // No score reaches one step.
  const Parts parts = parts_of(analyzer);
  ASSERT_EQ(parts.parts.size(), 2u);
  EXPECT_LT(parts.parts[1].sums.high, 1.0 / 256);
  EXPECT_TRUE(parts.parts[1].lost.empty());

  Detector coarse(2);
  coarse.join_in_float(2.5f, 0.25f);
  LayerErrorAnalyzer of_coarse = coarse.analyzer();
  Detector::add_random(of_coarse, -9, -7);
  EXPECT_EQ(parts_of(of_coarse).parts[1].lost, (std::vector<int32_t>{4, 5}));
}

TEST(Parts, LeaveOutChannelsWithoutValuesAndThoseThatAreNoNumbers) {
  Detector detector(2);
  detector.join_in_int8(2.5f);
  LayerErrorAnalyzer analyzer = detector.analyzer();
  std::vector<float> boxes(Detector::kPlaces * Detector::kBoxes);
  for (size_t i = 0; i < boxes.size(); i += 4) {
    boxes[i] = 250;  // The same everywhere, and no less there.
    boxes[i + 1] = 0;
    boxes[i + 2] = i == 8 ? std::numeric_limits<float>::quiet_NaN() : static_cast<float>(i);
    boxes[i + 3] = i == 8 ? std::numeric_limits<float>::infinity() : static_cast<float>(i);
  }
  Detector::add(analyzer, boxes, std::vector<float>(Detector::kPlaces * Detector::kScores, 2));
  const Parts parts = parts_of(analyzer);
  ASSERT_EQ(parts.parts.size(), 2u);
  EXPECT_EQ(parts.parts[0].channels, std::vector<int32_t>{0});
  EXPECT_TRUE(parts.parts[0].lost.empty());
  EXPECT_EQ(parts.parts[1].channels, (std::vector<int32_t>{4, 5}));
  EXPECT_EQ(parts.parts[1].lost, (std::vector<int32_t>{4, 5}));
}

TEST(Parts, OfOutputsAloneAreTheSame) {
  Detector detector(1);
  detector.join_in_int8(2.5f);
  LayerErrorAnalyzer all = detector.analyzer();
  LayerErrorAnalyzer outputs = detector.analyzer(Compared::Outputs);
  Detector::add_random(all);
  Detector::add_random(outputs);
  ASSERT_EQ(outputs.errors().size(), 1u);
  EXPECT_EQ(outputs.errors()[0].node, "join");
  const Parts expected = parts_of(all);
  const Parts actual = parts_of(outputs);
  EXPECT_EQ(actual.axis, expected.axis);
  ASSERT_EQ(actual.parts.size(), expected.parts.size());
  for (size_t i = 0; i < actual.parts.size(); ++i) {
    EXPECT_EQ(actual.parts[i].channels, expected.parts[i].channels);
    EXPECT_EQ(actual.parts[i].sums.accumulated, expected.parts[i].sums.accumulated);
    EXPECT_GT(expected.parts[i].sums.local, 0);
    EXPECT_EQ(actual.parts[i].sums.local, 0);
  }
}

/// A model of one node that changes nothing, and its analysis on `samples`.
Parts of_identity(Shape shape, const std::vector<std::vector<float>>& samples, DType type = DType::Int8) {
  Models models;
  const TensorId x = models.exact.input("x", shape);
  models.exact.output(models.exact.node(OpKind::Relu, NoAttributes{}, {x})[0]);
  const TensorId y = models.quantized.input("x", shape);
  const TensorId from = type == DType::Int8 ? to_int8(models.quantized, y, 1) : y;
  const auto params = type == DType::Int8 ? std::optional(scale(1)) : std::nullopt;
  models.quantized.output(models.quantized.node(OpKind::Relu, NoAttributes{}, {from}, {params}, type)[0]);
  models.name_last("identity");
  LayerErrorAnalyzer analyzer(std::make_shared<const Graph>(models.exact.graph()),
                              std::make_shared<const Graph>(models.quantized.graph()));
  for (const std::vector<float>& sample : samples) {
    const std::span<const std::byte> input = std::as_bytes(std::span(sample));
    analyzer.add({&input, 1});
  }
  return parts_of(analyzer);
}

TEST(Parts, OfOutputsOfFewValuesAreNotToldApart) {
  const std::vector<float> sample = {100, 0.25f};
  EXPECT_TRUE(of_identity({2}, {sample}).parts.empty());
  const Parts parts = of_identity({2}, std::vector<std::vector<float>>(8, sample));
  ASSERT_EQ(parts.parts.size(), 2u);
  EXPECT_EQ(parts.parts[1].lost, std::vector<int32_t>{1});
  EXPECT_EQ(of_identity({1, 2}, std::vector<std::vector<float>>(8, sample)).parts.size(), 2u);
  // Floats have no steps.
  EXPECT_TRUE(
      of_identity({2}, std::vector<std::vector<float>>(8, sample), DType::Float32).parts[1].lost.empty());
  EXPECT_TRUE(of_identity({}, {{1}}).parts.empty());
  EXPECT_EQ(of_identity({1, 8, 1}, {{1, 2, 3, 4, 5, 6, 7, 8}}).parts.size(), 1u);
}

TEST(Parts, AreAtMostFourAndWithinAFactorOfSixteen) {
  std::vector<float> sample;
  for (int i = 0; i < 12; ++i) sample.push_back(std::ldexp(64.0f, -2 * i));
  const Parts parts = of_identity({12}, std::vector<std::vector<float>>(8, sample));
  ASSERT_EQ(parts.parts.size(), 4u);
  EXPECT_EQ(parts.parts[0].channels, (std::vector<int32_t>{0, 1, 2}));
  EXPECT_EQ(parts.parts[1].channels, (std::vector<int32_t>{3, 4, 5}));
  EXPECT_EQ(parts.parts[3].channels, (std::vector<int32_t>{9, 10, 11}));
  EXPECT_EQ(parts.parts[1].lost, (std::vector<int32_t>{4, 5}));
}

/// The axes of channels of what `build` makes of the output of a layer of 1x2x2x6.
template <class Build>
std::vector<int> axes_after_layer(Build&& build) {
  GraphBuilder builder;
  const TensorId image = builder.input("image", {1, 2, 2, 1});
  const TensorId layer = builder.node(OpKind::Conv2d, Conv2d{.activation = Activation::None},
                                      {image, builder.constant<float>({6, 1, 1, 1}, std::vector<float>(6, 1)),
                                       builder.constant<float>({6}, std::vector<float>(6, 0))})[0];
  const TensorId id = build(builder, layer);
  return ChannelAxes(builder.graph()).of(id);
}

TEST(ChannelAxes, FollowChannelsThroughWhatMovesThem) {
  const auto transposed = [](GraphBuilder& builder, TensorId x) {
    return builder.node(OpKind::Transpose, Transpose{{0, 3, 1, 2}}, {x})[0];
  };
  const auto reshaped = [](GraphBuilder& builder, TensorId x, std::vector<int32_t> shape) {
    return builder.node(OpKind::Reshape, Reshape{std::move(shape)}, {x})[0];
  };
  EXPECT_EQ(axes_after_layer([](GraphBuilder&, TensorId x) { return x; }), std::vector<int>{3});
  EXPECT_EQ(axes_after_layer(transposed), std::vector<int>{1});
  EXPECT_EQ(axes_after_layer([&](GraphBuilder& builder, TensorId x) {
              return reshaped(builder, transposed(builder, x), {1, 6, 4});
            }),
            std::vector<int>{1});
  // Three kinds of two channels.
  EXPECT_EQ(axes_after_layer([&](GraphBuilder& builder, TensorId x) {
              return reshaped(builder, x, {1, 12, 2});
            }),
            std::vector<int>{2});
  EXPECT_EQ(axes_after_layer([&](GraphBuilder& builder, TensorId x) {
              const TensorId nchw = transposed(builder, x);
              return builder.node(OpKind::Concatenation, Axis{2}, {nchw, nchw})[0];
            }),
            (std::vector<int>{1, 2}));
}

TEST(Wording, NamesRunsOfChannelsByTheirEnds) {
  EXPECT_EQ(channels_text({3}), "Channel 3");
  EXPECT_EQ(channels_text({3, 4}), "Channels 3 and 4");
  EXPECT_EQ(channels_text({4, 5, 6, 7, 83}), "Channels 4 to 7 and 83");
  EXPECT_EQ(channels_text({1, 3, 5, 7, 9, 11, 13, 15}), "Channels 1, 3, 5, 7, 9, 11 and 2 more");
}

}  // namespace
}  // namespace octet::analyze
