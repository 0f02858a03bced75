#include "quantize/noise/mixed_precision.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <string>

#include "emulate/executor.h"
#include "kernels/arithmetic/convert.h"
#include "quantize/precision/placement.h"
#include "support/graph_builder.h"
#include "support/pipeline.h"
#include "support/plain_mixed_precision.h"

namespace octet::quantize {
namespace {

using test::GraphBuilder;
using test::Random;
using Weights = RoundingNoise::Weights;

Int16Search finished(Int16Search search) {
  while (search.advance()) {
  }
  return search;
}

constexpr int32_t kChannels = 8;
const Shape kImage = {1, 12, 12, kChannels};

/// A float graph placed for TFLite, samples of its only input, and the INT8 graph made from it.
struct Net {
  Net(GraphBuilder& builder, const QuantizationParams& params = {}) {
    Random random(7);
    for (int i = 0; i < 4; ++i) samples.push_back(random.floats(kImage.elements(), -1, 1));
    const auto model = test::quantize(*test::net_of(builder.graph()), params, samples);
    graph = std::make_shared<const Graph>(model->contents().float_graph);
    draft = model->contents().quantized;
  }

  template <class Visit>
  void each_sample(const Visit& visit) const {
    for (const std::vector<float>& sample : samples) {
      const std::span<const std::byte> input = std::as_bytes(std::span(sample));
      visit(std::span(&input, 1));
    }
  }

  std::unique_ptr<RoundingNoise> noise(Weights weights = Weights::Together) const {
    auto noise = std::make_unique<RoundingNoise>(graph, std::make_shared<const Graph>(draft), weights);
    each_sample([&](auto inputs) { noise->fold(noise->observe(inputs)); });
    return noise;
  }

  std::vector<std::string> chosen(double share) const {
    const auto may = may_compute_in_int16(*graph, partition::target_by_key("tflite"), {});
    const std::unique_ptr<RoundingNoise> measured = noise();
    std::vector<std::string> names;
    for (const NodeId id : finished(Int16Search::within(*measured, may, share)).chosen().int16_nodes)
      names.push_back(graph->node(id).name);
    return names;
  }

  /// Noise over signal at output 0 of `quantized`.
  double measured(const Graph& quantized) const {
    emulate::Executor reference(graph);
    emulate::Executor actual(std::make_shared<const Graph>(quantized));
    double signal = 0;
    double noise = 0;
    each_sample([&](auto inputs) {
      for (emulate::Executor* executor : {&reference, &actual}) {
        executor->set_inputs(inputs);
        executor->run();
      }
      const auto r = as<float>(reference.output(0));
      const auto a = as<float>(actual.output(0));
      for (size_t i = 0; i < r.size(); ++i) {
        signal += std::pow(static_cast<double>(r[i]), 2);
        noise += std::pow(static_cast<double>(r[i]) - static_cast<double>(a[i]), 2);
      }
    });
    return noise / signal;
  }

  std::vector<std::vector<float>> samples;
  std::shared_ptr<const Graph> graph;
  Graph draft;
};

/// `scale_in` and `scale_out` multiply the first channel of what is read and written: where they cancel
/// between two layers the tensor in between has a channel that its scale must serve at the cost of the
/// others.
TensorId convolve(GraphBuilder& builder, Random& random, TensorId input, float scale_in = 1,
                  float scale_out = 1) {
  std::vector<float> weights = random.floats(kChannels * 9 * kChannels, -0.3f, 0.3f);
  for (size_t i = 0; i < weights.size(); ++i) {
    if (i % kChannels == 0) weights[i] *= scale_in;
    if (i < 9 * kChannels) weights[i] *= scale_out;
  }
  return builder.node(OpKind::Conv2d, Conv2d{.padding = {1, 1, 1, 1}, .activation = Activation::Relu},
                      {input, builder.constant<float>({kChannels, 3, 3, kChannels}, weights),
                       builder.constant<float>({kChannels}, std::vector<float>(kChannels, 0))})[0];
}

/// Five layers of equal cost; the tensor between node_2 and node_3 is hard to round.
GraphBuilder chain() {
  GraphBuilder builder;
  Random random(3);
  TensorId value = builder.input("image", kImage);
  for (int i = 0; i < 5; ++i)
    value = convolve(builder, random, value, i == 3 ? 1 / 64.0f : 1, i == 2 ? 64.0f : 1);
  builder.output(value);
  return builder;
}

TEST(RoundingNoise, IsWhatRoundingThatTensorAloneMakes) {
  GraphBuilder builder = chain();
  const Net net(builder);
  const std::unique_ptr<RoundingNoise> measured = net.noise();
  const RoundingNoise& noise = *measured;
  const TensorId tensor = net.graph->nodes[1].outputs[0];
  const auto row = std::find_if(noise.tensors().begin(), noise.tensors().end(),
                                [&](const TensorSources& sources) { return sources.tensor == tensor; });
  ASSERT_NE(row, noise.tensors().end());
  const QuantParams& params = *net.draft.tensor(net.draft.nodes[2].outputs[0]).quantization;
  ASSERT_EQ(net.draft.nodes[2].name, net.graph->nodes[1].name);  // Behind a conversion of the input.

  emulate::Executor exact(net.graph);
  emulate::Executor edited(net.graph);
  double expected = 0;
  net.each_sample([&](auto inputs) {
    exact.set_inputs(inputs);
    exact.run();
    edited.set_inputs(inputs);
    edited.run_edited([&](TensorId id, std::span<std::byte> contents) {
      if (id != tensor) return;
      auto* reals = reinterpret_cast<float*>(contents.data());
      for (size_t i = 0; i < contents.size() / sizeof(float); ++i) {
        const int8_t integer =
            kernels::quantize<int8_t>(static_cast<double>(reals[i]), params.scale[0], params.zero_point[0]);
        reals[i] = params.scale[0] * static_cast<float>(integer - params.zero_point[0]);
      }
    });
    const auto r = as<float>(exact.output(0));
    const auto a = as<float>(edited.output(0));
    for (size_t i = 0; i < r.size(); ++i)
      expected += std::pow(static_cast<double>(r[i]) - static_cast<double>(a[i]), 2);
  });
  EXPECT_GT(expected, 0);
  EXPECT_NEAR(noise.noise(*row->where_computed, 0) / expected, 1, 1e-3);
}

TEST(RoundingNoise, TellsTheNoiseOfASample) {
  GraphBuilder builder = chain();
  const Net net(builder);
  RoundingNoise noise(net.graph, std::make_shared<const Graph>(net.draft), Weights::Together);
  double total = 0;
  net.each_sample([&](auto inputs) {
    total += noise.total(inputs)[0];
    noise.fold(noise.observe(inputs));
  });
  EXPECT_NEAR(total / noise.signal(0) / net.measured(net.draft), 1, 1e-9);
}

TEST(RoundingNoise, AddsUpNearly) {
  GraphBuilder builder = chain();
  const Net net(builder);
  for (const Weights weights : {Weights::Each, Weights::Together}) {
    const std::unique_ptr<RoundingNoise> measured = net.noise(weights);
    const RoundingNoise& noise = *measured;
    double sum = 0;
    for (size_t s = 0; s < noise.sources().size(); ++s)
      if (noise.is_own(s)) sum += noise.noise(s, 0) / noise.signal(0);
    EXPECT_NEAR(10 * std::log10(sum / net.measured(net.draft)), 0, 1.0);
  }
}

TEST(RoundingNoise, CanBeEstimatedInAFewPasses) {
  GraphBuilder builder = chain();
  const Net net(builder);
  const auto exact = net.noise(Weights::Each);
  RoundingNoise estimated(net.graph, std::make_shared<const Graph>(net.draft), Weights::Each);
  net.each_sample([&](auto inputs) { estimated.fold(estimated.estimate(inputs, 0, 1)); });
  EXPECT_EQ(estimated.signal(0), exact->signal(0));
  for (size_t s = 0; s < exact->sources().size(); ++s) {
    if (!exact->is_own(s)) continue;
    EXPECT_NEAR(10 * std::log10(estimated.noise(s, 0) / exact->noise(s, 0)), 0, 4) << s;
  }
}

TEST(RoundingNoise, LeavesValuesThatAreOnlyMovedToTheirSource) {
  GraphBuilder builder;
  Random random(4);
  TensorId value = convolve(builder, random, builder.input("image", kImage));
  value = builder.node(OpKind::MaxPool2d, Pool2d{.window = {2, 2}, .stride = {2, 2}}, {value})[0];
  const TensorId pooled = value;
  value = builder.node(OpKind::AveragePool2d, Pool2d{.window = {2, 2}, .stride = {2, 2}}, {value})[0];
  const TensorId averaged = value;
  builder.output(value);
  const Net net(builder);
  const std::unique_ptr<RoundingNoise> noise = net.noise();
  for (const TensorSources& sources : noise->tensors()) {
    if (sources.tensor == pooled || sources.tensor == averaged) {
      EXPECT_EQ(sources.where_computed.has_value(), sources.tensor == averaged);
    }
  }
}

TEST(MixedPrecision, RaisesBothEndsOfTheTensorThatIsHardToRound) {
  GraphBuilder builder = chain();
  const Net net(builder);
  EXPECT_EQ(net.chosen(0.4), (std::vector<std::string>{"node_2", "node_3"}));
  EXPECT_TRUE(net.chosen(0.1).empty());
}

TEST(MixedPrecision, ExpectsTheNoiseThatIsThenMeasured) {
  GraphBuilder builder = chain();
  const Net net(builder);
  const auto may = may_compute_in_int16(*net.graph, partition::target_by_key("tflite"), {});
  const std::unique_ptr<RoundingNoise> noise = net.noise();
  const MixedPrecision chosen = finished(Int16Search::within(*noise, may, 0.4)).chosen();
  EXPECT_NEAR(chosen.share, 0.4, 1e-9);
  QuantizationParams params;
  for (const NodeId id : chosen.int16_nodes)
    params.custom_configs[net.graph->node(id).name].precision = NodePrecision::Int16;
  const Net mixed(builder, params);
  const double left = mixed.measured(mixed.draft);
  EXPECT_NEAR(10 * std::log10(chosen.noise[0] * net.measured(net.draft) / left), 0, 1.0);
  EXPECT_LT(left, net.measured(net.draft) / 4);
}

TEST(MixedPrecision, RaisesAllThatMultipliesNothingForFree) {
  GraphBuilder builder;
  Random random(5);
  TensorId value = convolve(builder, random, builder.input("image", kImage));
  for (int i = 0; i < 3; ++i)
    value = builder.node(OpKind::Add, Elementwise{}, {value, convolve(builder, random, value)})[0];
  builder.output(value);
  const Net net(builder);
  // The sums are node_2, node_4 and node_6; what one adds is then rounded for the layers alone.
  EXPECT_EQ(net.chosen(0), (std::vector<std::string>{"node_2", "node_4", "node_6"}));
}

TEST(MixedPrecision, LeavesNodesWithSettingsOfTheirOwn) {
  GraphBuilder builder = chain();
  QuantizationParams params;
  const auto target = partition::target_by_key("tflite");
  params.custom_configs = {{"node_2", {.precision = NodePrecision::Int8}}};
  params.unquantized_nodes = {"node_4"};
  EXPECT_EQ(may_compute_in_int16(builder.graph(), target, params),
            (std::vector<bool>{true, true, false, true, false}));
}

TEST(MixedPrecision, RaisesNodesWithACalibrationOfTheirOwnUnlessAPatternGivesIt) {
  GraphBuilder builder = chain();
  QuantizationParams params;
  const calibrate::Method percentile = {.kind = calibrate::MethodKind::Percentile};
  params.custom_configs = {{"node_1", {.calibration = percentile}}, {"*_3", {.calibration = percentile}}};
  EXPECT_EQ(may_compute_in_int16(builder.graph(), partition::target_by_key("tflite"), params),
            (std::vector<bool>{true, true, true, false, true}));
}

TEST(MixedPrecision, LeavesLessNoiseTheMoreMayRise) {
  GraphBuilder builder = chain();
  const Net net(builder);
  const auto may = may_compute_in_int16(*net.graph, partition::target_by_key("tflite"), {});
  const std::unique_ptr<RoundingNoise> noise = net.noise();
  double before = std::numeric_limits<double>::infinity();
  for (const double share : {0.0, 0.2, 0.4, 0.6}) {
    const MixedPrecision chosen = finished(Int16Search::within(*noise, may, share)).chosen();
    EXPECT_LE(chosen.share, share + 1e-12);
    EXPECT_LE(chosen.noise[0], before + 1e-12);
    before = chosen.noise[0];
  }
  const MixedPrecision all = finished(Int16Search::of_all(*noise, may)).chosen();
  EXPECT_EQ(all.int16_nodes.size(), 5u);
  EXPECT_LE(all.noise[0], before + 1e-12);
}

/// Layers, sums of branches and two outputs, hard to round here and there.
GraphBuilder branches(uint64_t seed) {
  GraphBuilder builder;
  Random random(seed);
  TensorId value = convolve(builder, random, builder.input("image", kImage));
  for (int i = 0; i < 4; ++i) {
    const float spread = i % 2 == 0 ? 32.0f : 1;
    const TensorId inner = convolve(builder, random, value, 1, spread);
    const TensorId outer = convolve(builder, random, inner, 1 / spread);
    value = builder.node(OpKind::Add, Elementwise{}, {value, outer})[0];
    if (i == 1) builder.output(convolve(builder, random, inner, 1 / spread));
  }
  builder.output(value);
  return builder;
}

TEST(MixedPrecision, ChoosesWhatTheSumsOverAllTensorsChoose) {
  for (const uint64_t seed : {1, 2, 3}) {
    GraphBuilder builder = branches(seed);
    const Net net(builder);
    const auto may = may_compute_in_int16(*net.graph, partition::target_by_key("tflite"), {});
    for (const Weights weights : {Weights::Each, Weights::Together}) {
      const std::unique_ptr<RoundingNoise> noise = net.noise(weights);
      for (const double share : {0.0, 0.1, 0.25, 0.5, 0.9}) {
        const MixedPrecision expected = test::PlainChooser(*noise, may).choose(share);
        const MixedPrecision chosen = finished(Int16Search::within(*noise, may, share)).chosen();
        EXPECT_EQ(chosen.int16_nodes, expected.int16_nodes) << seed << " " << share;
        EXPECT_EQ(chosen.noise, expected.noise);
        EXPECT_EQ(chosen.share, expected.share);
      }
      const std::vector<Int16Step> expected = test::PlainChooser(*noise, may).steps(100);
      const std::vector<Int16Step> steps = finished(Int16Search::for_steps(*noise, may, 100)).steps();
      ASSERT_EQ(steps.size(), expected.size());
      EXPECT_GT(steps.size(), 3u);
      for (size_t i = 0; i < steps.size(); ++i) {
        EXPECT_EQ(steps[i].nodes, expected[i].nodes) << i;
        EXPECT_EQ(steps[i].gain, expected[i].gain) << i;
        EXPECT_EQ(steps[i].share, expected[i].share) << i;
      }
    }
  }
}

TEST(MixedPrecision, TellsWhatHadBestRiseFirst) {
  GraphBuilder builder = chain();
  const Net net(builder);
  const auto may = may_compute_in_int16(*net.graph, partition::target_by_key("tflite"), {});
  const std::unique_ptr<RoundingNoise> noise = net.noise();
  const std::vector<Int16Step> steps = finished(Int16Search::for_steps(*noise, may, 2)).steps();
  ASSERT_EQ(steps.size(), 2u);
  EXPECT_EQ(steps[0].nodes.size(), 2u);  // Both ends of the tensor that is hard to round.
  EXPECT_NEAR(steps[0].share, 0.4, 1e-9);
  const double left = finished(Int16Search::within(*noise, may, 0.4)).chosen().noise[0];
  EXPECT_NEAR(steps[0].gain, -10 * std::log10(left), 1e-3);
  EXPECT_FALSE(Int16Search::for_steps(*noise, may, 0).advance());
}

TEST(MixedPrecision, SearchesInPieces) {
  GraphBuilder builder = branches(1);
  const Net net(builder);
  const auto may = may_compute_in_int16(*net.graph, partition::target_by_key("tflite"), {});
  const std::unique_ptr<RoundingNoise> noise = net.noise();
  Int16Search search = Int16Search::for_steps(*noise, may, 1);
  size_t pieces = 0;
  while (search.advance()) ++pieces;
  // A piece looks around one node.
  EXPECT_GT(pieces, static_cast<size_t>(std::count(may.begin(), may.end(), true)));
  EXPECT_EQ(search.steps().size(), 1u);
}

}  // namespace
}  // namespace octet::quantize
