#include "quantize/ranges/relevant_values.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <memory>

#include "analyze/error_metrics.h"
#include "formats/tflite/reader.h"
#include "formats/tflite/writer.h"
#include "partition/partition.h"
#include "quantize/quantize.h"
#include "support/graph_builder.h"

namespace octet::quantize {
namespace {

using test::GraphBuilder;
using test::Random;

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr int32_t kRows = 6;
constexpr int32_t kLength = 8;
const Shape kShape = {1, 1, kRows, kLength};

/// True for what a causal mask hides.
bool is_masked(size_t i) { return i % kLength > i / kLength + 1; }

/// 0 where `masked` is, `value` elsewhere; of the shape of the scores.
std::vector<float> mask_of(float masked, float kept = 0) {
  std::vector<float> mask(kRows * kLength);
  for (size_t i = 0; i < mask.size(); ++i) mask[i] = is_masked(i) ? masked : kept;
  return mask;
}

/// Puts a mask on scores, and gives the masked ones.
using Masking = std::function<TensorId(GraphBuilder&, TensorId scores)>;

Masking added(float value) {
  return [=](GraphBuilder& b, TensorId scores) {
    return b.node(OpKind::Add, Elementwise{}, {scores, b.constant<float>(kShape, mask_of(value))})[0];
  };
}

Masking selected(float value, OpKind op = OpKind::SelectV2) {
  return [=](GraphBuilder& b, TensorId scores) {
    std::vector<uint8_t> kept(kRows * kLength);
    for (size_t i = 0; i < kept.size(); ++i) kept[i] = is_masked(i) ? 0 : 1;
    const TensorId condition =
        b.graph().add_tensor({.name = "kept",
                              .dtype = DType::Bool,
                              .shape = kShape,
                              .constant = make_constant(std::span<const uint8_t>(kept)),
                              .quantization = {}});
    const bool one_value = op == OpKind::SelectV2;
    const TensorId masked = one_value ? b.constant<float>({1}, {value})
                                      : b.constant<float>(kShape, std::vector<float>(kept.size(), value));
    return b.node(op, NoAttributes{}, {condition, scores, masked})[0];
  };
}

/// The second input holds 1 where scores are kept, 0 elsewhere: scores + (1 - kept) * value.
Masking computed(float value, OpKind op = OpKind::Add) {
  return [=](GraphBuilder& b, TensorId scores) {
    const TensorId kept = b.input("kept", kShape);
    const TensorId hidden = b.node(OpKind::Sub, Elementwise{}, {b.constant<float>({1}, {1.0f}), kept})[0];
    const TensorId mask = b.node(OpKind::Mul, Elementwise{}, {hidden, b.constant<float>({1}, {value})})[0];
    return b.node(op, Elementwise{}, {scores, mask})[0];
  };
}

/// The second input is the mask itself.
TensorId given(GraphBuilder& b, TensorId scores) {
  return b.node(OpKind::Add, Elementwise{}, {scores, b.input("mask", kShape)})[0];
}

TensorId through_movements(GraphBuilder& b, TensorId scores) {
  const TensorId mask = b.input("mask", kShape);
  const std::vector<TensorId> halves = b.node(OpKind::Split, Axis{3}, {mask}, {{}, {}});
  const TensorId joined = b.node(OpKind::Concatenation, Axis{3}, {halves[0], halves[1]})[0];
  const TensorId flat = b.node(OpKind::Reshape, Reshape{{1, 1, 1, kRows * kLength}}, {joined})[0];
  const TensorId again = b.node(OpKind::Reshape, Reshape{{1, 1, kRows, kLength}}, {flat})[0];
  return b.node(OpKind::Add, Elementwise{}, {again, scores})[0];
}

/// Two masks, of which the sum is scaled.
TensorId scaled_after(GraphBuilder& b, TensorId scores) {
  const TensorId once = added(-1e9f)(b, scores);
  const TensorId twice = given(b, once);
  return b.node(OpKind::Mul, Elementwise{}, {twice, b.constant<float>({1}, {0.5f})})[0];
}

TensorId at_most_the_mask(GraphBuilder& b, TensorId scores) {
  return b.node(OpKind::Minimum, NoAttributes{}, {scores, b.constant<float>(kShape, mask_of(-1e30f, 3))})[0];
}

struct Case {
  const char* name;
  Masking masking;
  std::vector<float> second_input = {};
};

std::vector<Case> cases() {
  return {{"-100 added", added(-100)},
          {"-10^4 added", added(-1e4f)},
          {"the lowest float16 added", added(-65504)},
          {"-10^9 added", added(-1e9f)},
          {"-3.4 10^38 added", added(-3.4e38f)},
          {"the lowest float added", added(std::numeric_limits<float>::lowest())},
          {"-inf added", added(-kInfinity)},
          {"-10^9 selected", selected(-1e9f)},
          {"-inf selected", selected(-kInfinity)},
          {"the lowest float selected", selected(std::numeric_limits<float>::lowest(), OpKind::Select)},
          {"-10^9 times the mask", computed(-1e9f), mask_of(0, 1)},
          {"the lowest float times the mask", computed(std::numeric_limits<float>::lowest()), mask_of(0, 1)},
          {"10^4 times the mask subtracted", computed(1e4f, OpKind::Sub), mask_of(0, 1)},
          {"10^9 times the mask subtracted", computed(1e9f, OpKind::Sub), mask_of(0, 1)},
          {"a mask of -10^9 given", given, mask_of(-1e9f)},
          {"a mask of -inf given", given, mask_of(-kInfinity)},
          {"a mask moved about", through_movements, mask_of(-3.4e38f)},
          {"an infinite mask moved about", through_movements, mask_of(-kInfinity)},
          {"two masks", scaled_after, mask_of(-1e9f)},
          {"a minimum", at_most_the_mask}};
}

struct Setting {
  Precision precision = Precision::Int8;
  OpKind softmax = OpKind::Softmax;
  calibrate::MethodKind method = calibrate::MethodKind::Mse;
  RequantizationMode requantization = RequantizationMode::Tflite;
  bool asymmetric = true;
};

struct Outcome {
  std::vector<std::vector<float>> real;
  std::vector<std::vector<float>> quantized;
  Result result;
  double sqnr = 0;
};

/// `masking` between scores and SOFTMAX. Scores are of either sign, and not near zero in every row.
Outcome outcome_of(const Case& masked, const Setting& setting) {
  GraphBuilder builder;
  const TensorId x = builder.input("x", kShape);
  const TensorId scores =
      builder.node(OpKind::Mul, Elementwise{}, {x, builder.constant<float>({1}, {2.0f})})[0];
  const TensorId logits = masked.masking(builder, scores);
  const bool logarithm = setting.softmax == OpKind::LogSoftmax;
  builder.output(
      builder.node(setting.softmax, logarithm ? Attributes{NoAttributes{}} : Softmax{1.0f}, {logits})[0]);

  Graph graph = builder.graph();
  const char* const target = setting.precision == Precision::BFloat16 ? "gen2" : "tflite";
  partition::partition(graph, partition::target_by_key(target),
                       {.precision = [&](const Node&) { return setting.precision; }});
  const auto shared = std::make_shared<const Graph>(std::move(graph));
  QuantizationParams params;
  params.requantization = setting.requantization;
  params.calibration.kind = setting.method;
  params.activations.asymmetric = setting.asymmetric;
  calibrate::Calibrator calibrator(shared, params.calibration);
  Random random(5);
  std::vector<std::vector<std::vector<float>>> samples;
  for (int i = 0; i < 8; ++i) {
    samples.push_back({random.floats(kRows * kLength, -1, 1.5f)});
    if (!masked.second_input.empty()) samples.back().push_back(masked.second_input);
    std::vector<std::span<const std::byte>> inputs;
    for (const std::vector<float>& input : samples.back())
      inputs.push_back(std::as_bytes(std::span<const float>(input)));
    calibrator.fold(calibrator.observe(inputs));
  }
  Outcome outcome{.result = quantize(*shared, calibrator, RelevantValues(*shared, calibrator), params)};
  analyze::ErrorSums sums;
  for (const std::vector<std::vector<float>>& inputs : samples) {
    outcome.real.push_back(test::run<float>(*shared, inputs));
    outcome.quantized.push_back(test::run<float>(outcome.result.graph, inputs));
    sums.add(outcome.real.back(), outcome.quantized.back());
  }
  outcome.sqnr = sums.sqnr_db();
  return outcome;
}

void expect_masked(const Outcome& outcome, const Setting& setting) {
  // The INT16 kernel takes all that is 10 or more below for 10.
  const float most = setting.precision == Precision::Int16 ? 2.0f / 32768 : 0;
  for (const std::vector<float>& output : outcome.quantized) {
    for (size_t i = 0; i < output.size(); ++i) {
      if (is_masked(i)) {
        EXPECT_LE(output[i], most);
      }
    }
  }
}

TEST(RelevantValues, WhatAMaskHidesIsZeroAndCostsNoPrecision) {
  for (const Case& masked : cases()) {
    for (const Precision precision : {Precision::Int8, Precision::Int16}) {
      SCOPED_TRACE(masked.name + std::string(precision == Precision::Int8 ? ", INT8" : ", INT16"));
      const Setting setting{.precision = precision};
      const Outcome outcome = outcome_of(masked, setting);
      expect_masked(outcome, setting);
      EXPECT_GT(outcome.sqnr, precision == Precision::Int8 ? 34 : 60);
      EXPECT_TRUE(outcome.result.warnings.empty()) << outcome.result.warnings[0];
    }
  }
}

TEST(RelevantValues, ServeEveryCalibrationMethod) {
  for (const Case& masked : cases()) {
    for (const calibrate::MethodKind method :
         {calibrate::MethodKind::MinMax, calibrate::MethodKind::MovingAverage, calibrate::MethodKind::Entropy,
          calibrate::MethodKind::Percentile}) {
      SCOPED_TRACE(masked.name + (", " + std::string(calibrate::to_string(method))));
      const Setting setting{.method = method};
      const Outcome outcome = outcome_of(masked, setting);
      expect_masked(outcome, setting);
      EXPECT_GT(outcome.sqnr, 30);
    }
  }
}

TEST(RelevantValues, ServeShiftsAndSymmetricActivations) {
  for (const Case& masked : cases()) {
    for (const bool asymmetric : {true, false}) {
      SCOPED_TRACE(masked.name + std::string(asymmetric ? ", asymmetric" : ", symmetric"));
      const Setting setting{.requantization = RequantizationMode::Sima, .asymmetric = asymmetric};
      const Outcome outcome = outcome_of(masked, setting);
      expect_masked(outcome, setting);
      EXPECT_GT(outcome.sqnr, 28);
    }
  }
}

TEST(RelevantValues, OfABiasEndWhereItsClassIsMasked) {
  for (const float masked : {-1e9f, std::numeric_limits<float>::lowest(), -kInfinity}) {
    for (const bool per_channel : {true, false}) {
      Random random(3);
      GraphBuilder builder;
      const TensorId x = builder.input("x", {4, 8});
      const TensorId classes = builder.node(OpKind::FullyConnected, FullyConnected{},
                                            {x, builder.constant<float>({3, 8}, random.floats(24, -1, 1)),
                                             builder.constant<float>({3}, {0.5f, masked, -0.5f})})[0];
      builder.output(builder.node(OpKind::Softmax, Softmax{1.0f}, {classes})[0]);
      Graph graph = builder.graph();
      partition::partition(graph, partition::target_by_key("tflite"));
      const auto shared = std::make_shared<const Graph>(std::move(graph));
      QuantizationParams params;
      params.weights.per_channel = per_channel;
      calibrate::Calibrator calibrator(shared, params.calibration);
      const std::vector<float> sample = random.floats(32, -1, 1);
      const std::span<const std::byte> bytes = std::as_bytes(std::span<const float>(sample));
      calibrator.fold(calibrator.observe({&bytes, 1}));
      const std::vector<float> expected = test::run<float>(*shared, {sample});
      const std::vector<float> actual = test::run<float>(
          quantize(*shared, calibrator, RelevantValues(*shared, calibrator), params).graph, {sample});
      for (size_t i = 0; i < expected.size(); ++i) EXPECT_NEAR(actual[i], expected[i], 0.03f);
    }
  }
}

/// Values of more steps than 31 bits would have any sign behind TFLite's QUANTIZE.
TEST(RelevantValues, EndInFrontOfQuantize) {
  for (const Case& masked : cases()) {
    SCOPED_TRACE(masked.name);
    const bool given = std::count(masked.second_input.begin(), masked.second_input.end(), 0.0f) > 0 &&
                       *std::min_element(masked.second_input.begin(), masked.second_input.end()) < 0;
    const Graph graph = outcome_of(masked, {}).result.graph;
    const std::vector<NodeId> producer = producers(graph);
    size_t clipped = 0;
    for (const Node& node : graph.nodes) {
      if (node.op != OpKind::Quantize) continue;
      const NodeId source = producer[index(node.inputs[0])];
      if (source != NodeId::None && graph.node(source).op == OpKind::Maximum) ++clipped;
    }
    EXPECT_EQ(clipped, given ? 1u : 0u);
    // Integers need no such end.
    const Graph integer =
        formats::tflite::read(formats::tflite::write(graph, {.io = formats::tflite::IoType::Int8}));
    for (const Node& node : integer.nodes) EXPECT_NE(node.op, OpKind::Quantize);
    for (const Node& node : integer.nodes) EXPECT_NE(node.op, OpKind::Maximum);
  }
}

/// An infinity times 0 would be NaN.
TEST(RelevantValues, MasksOfBfloat16StayFinite) {
  for (const Case& masked : cases()) {
    SCOPED_TRACE(masked.name);
    const Setting setting{.precision = Precision::BFloat16};
    const Outcome outcome = outcome_of(masked, setting);
    expect_masked(outcome, setting);
    EXPECT_GT(outcome.sqnr, 40);
    EXPECT_LT(outcome.sqnr, 80);  // It was computed in BF16.
  }
}

TEST(RelevantValues, LogarithmsEndWhereTheOutputDoes) {
  for (const Case& masked : cases()) {
    SCOPED_TRACE(masked.name);
    const Outcome outcome = outcome_of(masked, {.softmax = OpKind::LogSoftmax});
    for (size_t s = 0; s < outcome.quantized.size(); ++s) {
      for (size_t i = 0; i < outcome.quantized[s].size(); ++i) {
        const float expected = std::max(outcome.real[s][i], -255.0f / 16);
        EXPECT_NEAR(outcome.quantized[s][i], expected, 0.3f);
      }
    }
  }
}

/// Everything that is known of a graph on one sample.
RelevantValues relevant_of(Graph graph, std::vector<std::vector<float>> sample) {
  partition::partition(graph, partition::target_by_key("tflite"));
  const auto shared = std::make_shared<const Graph>(std::move(graph));
  calibrate::Calibrator calibrator(shared, {});
  std::vector<std::span<const std::byte>> inputs;
  for (const std::vector<float>& input : sample)
    inputs.push_back(std::as_bytes(std::span<const float>(input)));
  calibrator.fold(calibrator.observe(inputs));
  return RelevantValues(*shared, calibrator);
}

TEST(RelevantValues, AreAllWhereNothingIsMasked) {
  GraphBuilder builder;
  const TensorId x = builder.input("x", {2, 4});
  builder.output(builder.node(OpKind::Softmax, Softmax{1.0f}, {x})[0]);
  // Far from each other in different rows, and within a row as far as float tells apart.
  const std::vector<float> logits = {0, -80, 1, 2, -500, -570, -505, -500};
  EXPECT_FALSE(is_bounded(relevant_of(builder.graph(), {logits}).of(x)));
  std::vector<float> masked = logits;
  masked[3] = -600;
  EXPECT_TRUE(is_bounded(relevant_of(builder.graph(), {masked}).of(x)));
}

TEST(RelevantValues, AreAllWhereAnotherReaderTellsThemApart) {
  for (const bool read_elsewhere : {false, true}) {
    GraphBuilder builder;
    const TensorId x = builder.input("x", {2, 4});
    const TensorId mask = builder.input("mask", {2, 4});
    const TensorId sum = builder.node(OpKind::Add, Elementwise{}, {x, mask})[0];
    builder.output(builder.node(OpKind::Softmax, Softmax{1.0f}, {sum})[0]);
    if (read_elsewhere) builder.output(builder.node(OpKind::Tanh, NoAttributes{}, {mask})[0]);
    const RelevantValues relevant =
        relevant_of(builder.graph(), {{0, 1, 2, 3, 4, 3, 2, 1}, {0, 0, -1e9f, -1e9f, 0, 0, 0, -1e9f}});
    EXPECT_EQ(is_bounded(relevant.of(mask)), !read_elsewhere);
    EXPECT_TRUE(is_bounded(relevant.of(sum)));
  }
}

TEST(RelevantValues, EveryRowKeepsWhatIsNearItsLargest) {
  GraphBuilder builder;
  const TensorId x = builder.input("x", {3, 4});
  builder.output(builder.node(OpKind::Softmax, Softmax{2.0f}, {x})[0]);
  // The second row's largest is far below the first's, and the third is masked as a whole.
  const std::vector<float> logits = {30, 29, -1e9f, 10, -20, -21, -1e9f, -22, -1e9f, -1e9f, -1e9f, -1e9f};
  const ops::Interval relevant = relevant_of(builder.graph(), {logits}).of(x);
  EXPECT_LT(relevant.low, -22);
  EXPECT_GT(relevant.low, -31);  // e^-20, by beta.
}

}  // namespace
}  // namespace octet::quantize
