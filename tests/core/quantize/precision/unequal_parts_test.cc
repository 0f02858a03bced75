// Boxes beside scores: what one scale cannot hold together keeps its own precision.
#include "quantize/precision/unequal_parts.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <limits>
#include <memory>
#include <string>

#include "analyze/error_metrics.h"
#include "quantize/precision/placement.h"
#include "quantize/quantize.h"
#include "support/graph_builder.h"

namespace octet::quantize {
namespace {

using test::GraphBuilder;
using test::Random;

constexpr int32_t kInputs = 8;
constexpr int32_t kBoxes = 4;
constexpr int32_t kScores = 2;
constexpr double kLeastSqnr = 20;

/// A net whose last nodes join boxes of 0 to 640 with scores.
class Head {
 public:
  /// The scores are below `most`.
  explicit Head(float most = 0.1f) {
    const TensorId image = builder.input("image", {1, 6, 6, kInputs});
    boxes = scaled(builder.node(OpKind::Logistic, NoAttributes{}, {convolved(image, kBoxes)})[0], 640);
    scores = scaled(builder.node(OpKind::Logistic, NoAttributes{}, {convolved(image, kScores)})[0], most);
  }

  TensorId convolved(TensorId input, int32_t channels) {
    const int32_t depth = builder.tensor(input).shape.channels();
    return builder.node(
        OpKind::Conv2d, Conv2d{},
        {input,
         builder.constant<float>({channels, 1, 1, depth}, random.floats(int64_t{channels} * depth, -1, 1)),
         builder.constant<float>({channels}, random.floats(channels, -1, 1))})[0];
  }

  TensorId scaled(TensorId input, float factor) {
    return builder.node(OpKind::Mul, Elementwise{}, {input, builder.constant<float>({1}, {factor})})[0];
  }

  TensorId joined(std::vector<TensorId> parts, int32_t axis = 3) {
    return builder.node(OpKind::Concatenation, Axis{axis}, std::move(parts))[0];
  }

  TensorId moved(OpKind op, Attributes attributes, TensorId input) {
    return builder.node(op, std::move(attributes), {input})[0];
  }

  Random random{5};
  GraphBuilder builder;
  TensorId boxes;
  TensorId scores;
};

std::vector<std::vector<float>> samples() {
  Random random(11);
  std::vector<std::vector<float>> samples;
  for (int i = 0; i < 6; ++i) samples.push_back(random.floats(36 * kInputs, -1, 1));
  return samples;
}

struct Quantized {
  std::shared_ptr<const Graph> source;
  partition::Report report;
  Graph placed;
  Graph graph;
};

Quantized quantized(const Graph& graph, std::string_view target = "tflite", QuantizationParams params = {}) {
  Quantized made = {
      .source = std::make_shared<const Graph>(graph), .report = {}, .placed = graph, .graph = {}};
  const partition::Target& of = partition::target_by_key(target);
  params.requantization = of.default_requantization;
  calibrate::Calibrator calibrator(made.source, params.calibration);
  for (const std::vector<float>& sample : samples()) {
    const std::span<const std::byte> bytes = std::as_bytes(std::span(sample));
    calibrator.fold(calibrator.observe({&bytes, 1}));
  }
  made.report = place(made.placed, of, params, calibrator, RelevantValues(made.placed, calibrator));
  made.graph = quantize(made.placed, calibrator, RelevantValues(made.placed, calibrator), params).graph;
  return made;
}

/// Of what lies in the same place of an output in every sample: elements by `part`, which says the number of
/// an element's part.
double worst_sqnr(const Quantized& quantized, const std::function<size_t(size_t)>& part, size_t output = 0) {
  std::vector<analyze::ErrorSums> sums;
  for (const std::vector<float>& sample : samples()) {
    const std::vector<float> expected = test::run<float>(*quantized.source, {sample}, output);
    const std::vector<float> actual = test::run<float>(quantized.graph, {sample}, output);
    std::vector<std::vector<float>> parts[2];
    for (size_t i = 0; i < expected.size(); ++i) {
      const size_t p = part(i);
      for (std::vector<std::vector<float>>& side : parts) side.resize(std::max(side.size(), p + 1));
      parts[0][p].push_back(expected[i]);
      parts[1][p].push_back(actual[i]);
    }
    sums.resize(parts[0].size());
    for (size_t p = 0; p < sums.size(); ++p) sums[p].add(parts[0][p], parts[1][p]);
  }
  double worst = 1000;
  for (const analyze::ErrorSums& sum : sums) worst = std::min(worst, sum.sqnr_db());
  return worst;
}

/// Parts of an output whose last axis is `channels`, boxes before scores.
std::function<size_t(size_t)> by_channel(size_t channels, size_t boxes = kBoxes) {
  return [=](size_t i) { return i % channels < boxes ? size_t{0} : size_t{1}; };
}

const Node& node_of(const Graph& graph, OpKind op) {
  const auto found =
      std::find_if(graph.nodes.begin(), graph.nodes.end(), [&](const Node& node) { return node.op == op; });
  if (found == graph.nodes.end()) throw std::runtime_error("no such node");
  return *found;
}

Precision precision_of(const Quantized& quantized, OpKind op) {
  return node_of(quantized.placed, op).placement.precision;
}

bool says(const std::vector<std::string>& sentences, const std::string& text) {
  return std::any_of(sentences.begin(), sentences.end(),
                     [&](const std::string& sentence) { return sentence.find(text) != std::string::npos; });
}

/// What comes behind the joining of boxes and scores, and where in the result the scores are.
struct Tail {
  const char* name;
  std::function<TensorId(Head&)> build;
  std::function<size_t(size_t)> part;
};

const std::vector<Tail>& tails() {
  static const std::vector<Tail> list = {
      {"Nothing",
       [](Head& h) {
         return h.joined({h.boxes, h.scores});
       },
       by_channel(6)},
      {"ReshapeAndTranspose",
       [](Head& h) {
         const TensorId rows = h.moved(OpKind::Reshape, Reshape{{1, 36, 6}}, h.joined({h.boxes, h.scores}));
         return h.moved(OpKind::Transpose, Transpose{{0, 2, 1}}, rows);
       },
       [](size_t i) { return i / 36 < kBoxes ? size_t{0} : size_t{1}; }},
      {"Slice",
       [](Head& h) {
         return h.moved(OpKind::Slice, Slice{{0, 0, 0, 1}, {1, 6, 6, 4}}, h.joined({h.boxes, h.scores}));
       },
       by_channel(4, 3)},
      {"Pack",
       [](Head& h) {
         const TensorId width = h.moved(OpKind::Slice, Slice{{0, 0, 0, 0}, {1, 6, 6, 2}}, h.boxes);
         return h.moved(OpKind::Reshape, Reshape{{36, 4}},
                        h.builder.node(OpKind::Pack, Axis{4}, {width, h.scores})[0]);
       },
       [](size_t i) { return i % 2; }},
      {"Nested",
       [](Head& h) {
         const TensorId more = h.scaled(h.scores, 0.5f);
         return h.joined({h.boxes, h.joined({h.scores, more})});
       },
       by_channel(8)},
      {"NestedInRows",
       [](Head& h) {
         const TensorId one = h.joined({h.boxes, h.scores});
         const TensorId other = h.joined({h.scaled(h.boxes, 0.5f), h.scaled(h.scores, 0.5f)});
         return h.joined({one, other}, 1);
       },
       by_channel(6)},
      {"Maximum",
       [](Head& h) {
         return h.builder.node(OpKind::Maximum, NoAttributes{},
                               {h.joined({h.boxes, h.scores}), h.builder.constant<float>({1}, {0.0f})})[0];
       },
       by_channel(6)},
      {"Relu",
       [](Head& h) {
         return h.moved(OpKind::Relu, NoAttributes{}, h.joined({h.boxes, h.scores}));
       },
       by_channel(6)},
      {"Scaled",
       [](Head& h) {
         return h.scaled(h.joined({h.boxes, h.scores}), 0.25f);
       },
       by_channel(6)},
      {"Anchors",
       [](Head& h) {
         const TensorId anchors =
             h.builder.constant<float>({1, 6, 6, kBoxes}, h.random.floats(36 * kBoxes, 0, 640));
         return h.joined({anchors, h.scores});
       },
       by_channel(6)},
      {"Select",
       [](Head& h) {
         const TensorId two = h.moved(OpKind::Slice, Slice{{0, 0, 0, 0}, {1, 6, 6, 2}}, h.boxes);
         const TensorId is_box = h.builder.constant<uint8_t>({2}, {1, 0});
         h.builder.graph().tensor(is_box).dtype = DType::Bool;
         return h.builder.node(OpKind::SelectV2, NoAttributes{}, {is_box, two, h.scores})[0];
       },
       by_channel(2, 1)},
  };
  return list;
}

TEST(UnequalParts, KeepTheirPrecisionAtFloatOutputs) {
  for (const char* target : {"tflite", "gen1", "gen2"}) {
    for (const Tail& tail : tails()) {
      Head head;
      head.builder.output(tail.build(head));
      EXPECT_GT(worst_sqnr(quantized(head.builder.graph(), target), tail.part), kLeastSqnr)
          << tail.name << " on " << target;
    }
  }
}

/// What a last layer writes into its own channels, of the same net.
const std::vector<Tail>& single_tensors() {
  static const std::vector<Tail> list = {
      {"Layer",
       [](Head& h) {
         std::vector<float> weights = h.random.floats(int64_t{6} * kBoxes, -1, 1);
         for (size_t i = 0; i < weights.size(); ++i) weights[i] *= i < 16 ? 1.0f : 0.001f;
         return h.builder.node(OpKind::Conv2d, Conv2d{},
                               {h.boxes, h.builder.constant<float>({6, 1, 1, kBoxes}, weights),
                                h.builder.constant<float>({6}, std::vector<float>(6, 0.0f))})[0];
       },
       by_channel(6)},
      {"Product",
       [](Head& h) {
         const std::vector<float> factors = {640, 640, 640, 640, 1, 1};
         const TensorId ratios =
             h.moved(OpKind::Logistic, NoAttributes{}, h.convolved(h.boxes, kBoxes + kScores));
         const TensorId product =
             h.builder.node(OpKind::Mul, Elementwise{}, {ratios, h.builder.constant<float>({6}, factors)})[0];
         return h.moved(OpKind::Reshape, Reshape{{36, 6}}, product);
       },
       by_channel(6)},
  };
  return list;
}

TEST(UnequalParts, OfOneTensorKeepTheirPrecisionToo) {
  for (const char* target : {"tflite", "gen1"}) {
    for (const Tail& tail : single_tensors()) {
      Head head;
      head.builder.output(tail.build(head));
      EXPECT_GT(worst_sqnr(quantized(head.builder.graph(), target), tail.part), kLeastSqnr)
          << tail.name << " on " << target;
    }
  }
}

TEST(UnequalParts, SayWhyTheJoiningStaysInFloat) {
  Head head(0.9f);
  head.builder.output(head.joined({head.boxes, head.scores}));
  const Quantized made = quantized(head.builder.graph());
  const Placement& placement = node_of(made.placed, OpKind::Concatenation).placement;
  EXPECT_EQ(placement.precision, Precision::Float32);
  ASSERT_EQ(placement.reasons.size(), 1u);
  EXPECT_NE(placement.reasons[0].find("which one INT8 scale cannot hold together"), std::string::npos)
      << placement.reasons[0];
  EXPECT_EQ(precision_of(made, OpKind::Mul), Precision::Int8);
}

TEST(UnequalParts, AreReadInInt16InsideTheNet) {
  Head head(0.9f);
  const TensorId both = head.joined({head.boxes, head.scores});
  head.builder.output(both);
  head.builder.output(head.convolved(both, 3));
  for (const char* target : {"tflite", "gen1"}) {
    const Quantized made = quantized(head.builder.graph(), target);
    EXPECT_EQ(precision_of(made, OpKind::Concatenation), Precision::Int16);
    EXPECT_EQ(made.placed.nodes.back().placement.precision, Precision::Int16);
    EXPECT_EQ(precision_of(made, OpKind::Logistic), Precision::Int8);
    EXPECT_TRUE(says(made.report.notes, "compute in INT16")) << target;
    EXPECT_GT(worst_sqnr(made, by_channel(6)), kLeastSqnr);
    EXPECT_GT(worst_sqnr(made, by_channel(3), 1), kLeastSqnr);
  }
}

TEST(UnequalParts, AreReadInFloatWhereInt16IsTooCoarse) {
  Head head(0.05f);
  const TensorId both = head.joined({head.boxes, head.scores});
  head.builder.output(head.convolved(both, 3));
  const Quantized made = quantized(head.builder.graph());
  EXPECT_EQ(precision_of(made, OpKind::Concatenation), Precision::Float32);
  EXPECT_EQ(made.placed.nodes.back().placement.precision, Precision::Float32);
}

TEST(UnequalParts, AreEachOfTheirOwnWhereTheyPartAgain) {
  Head head(0.05f);
  const TensorId both = head.joined({head.boxes, head.scores});
  const TensorId boxes = head.moved(OpKind::Slice, Slice{{0, 0, 0, 0}, {1, 6, 6, kBoxes}}, both);
  const TensorId scores = head.moved(OpKind::Slice, Slice{{0, 0, 0, kBoxes}, {1, 6, 6, kScores}}, both);
  head.builder.output(head.convolved(boxes, 3));
  head.builder.output(head.convolved(scores, 3));
  const Quantized made = quantized(head.builder.graph());
  EXPECT_EQ(precision_of(made, OpKind::Slice), Precision::Float32);
  for (const Node& node : made.placed.nodes) {
    if (node.op == OpKind::Conv2d) EXPECT_EQ(node.placement.precision, Precision::Int8) << node.name;
  }
  EXPECT_GT(worst_sqnr(made, by_channel(3), 0), kLeastSqnr);
  EXPECT_GT(worst_sqnr(made, by_channel(3), 1), kLeastSqnr);
}

TEST(UnequalParts, AreOnlyThoseThatDifferBySixteenTimes) {
  for (const auto& [most, precision] :
       {std::pair{640.0f / 12, Precision::Int8}, {640.0f / 20, Precision::Float32}}) {
    Head head(most);
    head.builder.output(head.joined({head.boxes, head.scores}));
    QuantizationParams params;
    params.calibration.kind = calibrate::MethodKind::MinMax;
    EXPECT_EQ(precision_of(quantized(head.builder.graph(), "tflite", params), OpKind::Concatenation),
              precision)
        << most;
  }
}

TEST(UnequalParts, AreNoneWhereOneIsAlwaysZero) {
  Head head;
  head.builder.output(head.joined({head.boxes, head.scaled(head.scores, 0)}));
  EXPECT_EQ(precision_of(quantized(head.builder.graph()), OpKind::Concatenation), Precision::Int8);
}

TEST(UnequalParts, AreNoMasksBeforeSoftmax) {
  for (const float masked_out : {-1e9f, -std::numeric_limits<float>::infinity()}) {
    Head head;
    const TensorId seen = head.builder.constant<uint8_t>({kScores}, {1, 0});
    head.builder.graph().tensor(seen).dtype = DType::Bool;
    const TensorId masked =
        head.builder.node(OpKind::SelectV2, NoAttributes{},
                          {seen, head.scores, head.builder.constant<float>({1}, {masked_out})})[0];
    head.builder.output(head.moved(OpKind::Softmax, Softmax{}, masked));
    const Quantized made = quantized(head.builder.graph());
    EXPECT_EQ(precision_of(made, OpKind::SelectV2), Precision::Int8);
    EXPECT_EQ(precision_of(made, OpKind::Softmax), Precision::Int8);
  }
}

const Tensor& named(const Graph& graph, const std::string& name) {
  const auto found = std::find_if(graph.tensors.begin(), graph.tensors.end(),
                                  [&](const Tensor& tensor) { return tensor.name == name; });
  if (found == graph.tensors.end()) throw std::runtime_error("no tensor " + name);
  return *found;
}

TEST(UnequalParts, AreNotTiedByWhatTheyAreJoinedWithBoth) {
  // Each joining is of ranges 8 times apart, all together of 64 times.
  Head head(1.25f);
  const TensorId middle = head.scaled(head.scores, 8);
  head.builder.output(head.joined({head.scores, middle}));
  head.builder.output(head.joined({middle, head.scaled(head.boxes, 80.0f / 640)}));
  const Quantized made = quantized(head.builder.graph());
  EXPECT_EQ(precision_of(made, OpKind::Concatenation), Precision::Int8);
  EXPECT_GT(worst_sqnr(made, by_channel(4, 2)), 30);
  EXPECT_GT(worst_sqnr(made, by_channel(6, 2), 1), 30);
}

TEST(UnequalParts, AreNotTiedToAConstantThatIsNeverReached) {
  Head head(1);
  const TensorId limited = head.builder.node(OpKind::Minimum, NoAttributes{},
                                             {head.scores, head.builder.constant<float>({1}, {1e6f})})[0];
  head.builder.output(head.convolved(limited, 3));
  const Quantized made = quantized(head.builder.graph());
  const std::string& name = head.builder.tensor(limited).name;
  EXPECT_LT(named(made.graph, name).quantization->scale[0], 1.5f / 255);
  EXPECT_GT(worst_sqnr(made, by_channel(3)), 30);
}

TEST(UnequalParts, LeaveMasksThatAreAddedToSoftmax) {
  Head head;
  const TensorId masked = head.builder.node(
      OpKind::Add, Elementwise{}, {head.scores, head.builder.constant<float>({kScores}, {0, -1e9f})})[0];
  head.builder.output(head.moved(OpKind::Softmax, Softmax{}, masked));
  const Quantized made = quantized(head.builder.graph());
  EXPECT_EQ(precision_of(made, OpKind::Add), Precision::Int8);
  EXPECT_EQ(precision_of(made, OpKind::Softmax), Precision::Int8);
}

TEST(UnequalParts, StayWhereTheUserAskedForIt) {
  Head head;
  head.builder.output(head.joined({head.boxes, head.scores}));
  QuantizationParams params;
  params.custom_configs[head.builder.graph().nodes.back().name] = {.precision = NodePrecision::Int8};
  const Quantized made = quantized(head.builder.graph(), "tflite", params);
  EXPECT_EQ(precision_of(made, OpKind::Concatenation), Precision::Int8);
  EXPECT_TRUE(says(made.report.notes, "as you asked"));
}

}  // namespace
}  // namespace octet::quantize
