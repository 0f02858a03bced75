#include "quantize/refinement/refinement.h"

#include <gtest/gtest.h>

#include <cmath>

#include "analyze/error_metrics.h"
#include "partition/partition.h"
#include "quantize/precision/placement.h"
#include "support/graph_builder.h"
#include "support/pipeline.h"

namespace octet::quantize {
namespace {

using test::GraphBuilder;
using test::Random;

using Samples = std::vector<std::vector<float>>;

/// conv (without a bias) -> relu -> depthwise -> conv, on inputs whose mean is far from zero.
std::shared_ptr<const Graph> graph_of_three() {
  Random random(3);
  GraphBuilder builder;
  const TensorId image = builder.input("image", {1, 9, 9, 3});
  const TensorId first =
      builder.node(OpKind::Conv2d, Conv2d{.activation = Activation::Relu},
                   {image, builder.constant<float>({8, 3, 3, 3}, random.floats(216, -1, 1))})[0];
  const TensorId second =
      builder.node(OpKind::DepthwiseConv2d, Conv2d{.padding = {1, 1, 1, 1}},
                   {first, builder.constant<float>({1, 3, 3, 8}, random.floats(72, -1, 1)),
                    builder.constant<float>({8}, random.floats(8, -1, 1))})[0];
  const TensorId last = builder.node(OpKind::Conv2d, Conv2d{},
                                     {second, builder.constant<float>({5, 1, 1, 8}, random.floats(40, -1, 1)),
                                      builder.constant<float>({5}, random.floats(5, -1, 1))})[0];
  builder.output(last);
  Graph graph = builder.graph();
  partition::partition(graph, partition::target_by_key("tflite"), {});
  return std::make_shared<const Graph>(std::move(graph));
}

Samples samples_of(uint64_t seed, size_t count) {
  Random random(seed);
  Samples samples;
  for (size_t i = 0; i < count; ++i) {
    // Smooth images: neighbours are alike, as in photographs.
    const std::vector<float> corners = random.floats(12, 0.2f, 1);
    samples.emplace_back();
    for (size_t at = 0; at < 243; ++at) {
      const float y = static_cast<float>(at / 27) / 8;
      const float x = static_cast<float>(at / 3 % 9) / 8;
      const float* c = corners.data() + at % 3 * 4;
      samples.back().push_back((1 - y) * ((1 - x) * c[0] + x * c[1]) + y * ((1 - x) * c[2] + x * c[3]));
    }
  }
  return samples;
}

template <class Use>
void each(const Samples& samples, const Use& use) {
  for (const std::vector<float>& sample : samples) {
    const std::span<const std::byte> bytes = std::as_bytes(std::span<const float>(sample));
    use(std::span(&bytes, 1));
  }
}

Graph quantize_with(const std::shared_ptr<const Graph>& source, const QuantizationParams& params,
                    const Samples& samples) {
  Graph graph = test::quantize(*test::net_of(*source), params, samples)->contents().quantized;
  check(graph);
  return graph;
}

Bytes state_of(Refinement& refinement) {
  Bytes state;
  refinement.append_to(state);
  return state;
}

struct Errors {
  double mean = 0;  ///< Root mean square over channels of the mean error.
  double sqnr = 0;
};

Errors errors_of(const Graph& source, const Graph& quantized, const Samples& samples) {
  analyze::ErrorSums sums;
  std::vector<double> means(5);
  for (const std::vector<float>& sample : samples) {
    const std::vector<float> expected = test::run<float>(source, {sample});
    const std::vector<float> actual = test::run<float>(quantized, {sample});
    sums.add(expected, actual);
    for (size_t i = 0; i < expected.size(); ++i)
      means[i % 5] += static_cast<double>(actual[i] - expected[i]) * 5 / static_cast<double>(expected.size());
  }
  double squares = 0;
  for (const double mean : means) squares += mean * mean;
  return {std::sqrt(squares / 5) / static_cast<double>(samples.size()), sums.sqnr_db()};
}

TEST(Refinement, TakesNothingOutsideOfAPass) {
  const auto source = graph_of_three();
  Refinement refinement(source, {.bias_correction = BiasCorrection::Regular});
  const auto expect_refusals = [&] {
    Graph draft = *source;
    EXPECT_THROW(refinement.observe({}), Error);
    Bytes state;
    EXPECT_THROW(refinement.append_to(state), Error);
    EXPECT_THROW(refinement.merge({}), Error);
    EXPECT_THROW(refinement.apply(draft), Error);
  };
  EXPECT_FALSE(refinement.is_measuring());
  expect_refusals();
}

TEST(Refinement, EachMethodBringsTheOutputNearerToFloat) {
  const auto source = graph_of_three();
  const Samples samples = samples_of(1, 24);
  const Samples others = samples_of(2, 24);
  for (const RequantizationMode mode : {RequantizationMode::Tflite, RequantizationMode::Sima}) {
    QuantizationParams params;
    params.requantization = mode;
    params.weights.per_channel = false;  // So that the weights' errors are most of what there is.
    const Errors plain = errors_of(*source, quantize_with(source, params, samples), others);
    for (const BiasCorrection correction : {BiasCorrection::Regular, BiasCorrection::Iterative}) {
      params.bias_correction = correction;
      const Errors corrected = errors_of(*source, quantize_with(source, params, samples), others);
      EXPECT_LT(corrected.mean, plain.mean / 2);
      EXPECT_GT(corrected.sqnr, plain.sqnr);
    }
    params.adaptive_rounding = true;
    EXPECT_GT(errors_of(*source, quantize_with(source, params, samples), others).sqnr, plain.sqnr + 0.5);
    params.bias_correction = BiasCorrection::None;
    EXPECT_GT(errors_of(*source, quantize_with(source, params, samples), others).sqnr, plain.sqnr);
  }
}

TEST(Refinement, RoundsAndCorrectsNodesOfInt16Too) {
  Graph graph = *graph_of_three();
  QuantizationParams params;
  params.requantization = RequantizationMode::Tflite;
  params.activations = {.asymmetric = false, .per_channel = false, .bits = 16};
  params.weights.per_channel = false;
  place(graph, partition::target_by_key("tflite"), params);
  const auto source = std::make_shared<const Graph>(std::move(graph));
  const Samples samples = samples_of(1, 24);
  const Samples others = samples_of(2, 24);
  const Errors plain = errors_of(*source, quantize_with(source, params, samples), others);
  params.adaptive_rounding = true;
  params.bias_correction = BiasCorrection::Iterative;
  EXPECT_GT(errors_of(*source, quantize_with(source, params, samples), others).sqnr, plain.sqnr + 1);
}

TEST(Refinement, GivesABiasToANodeWithoutOneAndChangesNoNames) {
  const auto source = graph_of_three();
  const Samples samples = samples_of(1, 4);
  const Graph plain = quantize_with(source, {}, samples);
  QuantizationParams params;
  params.bias_correction = BiasCorrection::Regular;
  const Graph corrected = quantize_with(source, params, samples);
  ASSERT_EQ(corrected.tensors.size(), plain.tensors.size() + 1);
  for (size_t i = 0; i < plain.tensors.size(); ++i)
    EXPECT_EQ(corrected.tensors[i].name, plain.tensors[i].name);
  const Tensor& bias = corrected.tensors.back();
  EXPECT_EQ(bias.dtype, DType::Int32);
  EXPECT_EQ(bias.shape, (Shape{8}));
}

TEST(Refinement, WorkersAndOrderDoNotMatter) {
  const auto source = graph_of_three();
  const Samples samples = samples_of(1, 9);
  const auto draft = std::make_shared<const Graph>(quantize_with(source, {}, samples));
  QuantizationParams params;
  params.adaptive_rounding = true;
  const auto begun = [&] {
    auto refinement = std::make_unique<Refinement>(source, params);
    refinement->begin_pass(draft);
    return refinement;
  };
  const auto alone = begun();
  each(samples, [&](auto inputs) { alone->observe(inputs); });
  for (const size_t workers : {2u, 4u}) {
    std::vector<std::unique_ptr<Refinement>> pool;
    for (size_t w = 0; w < workers; ++w) pool.push_back(begun());
    for (size_t i = samples.size(); i-- > 0;)
      each({samples[i]}, [&](auto inputs) { pool[i * i % workers]->observe(inputs); });
    for (size_t w = 1; w < workers; ++w) pool[0]->merge(state_of(*pool[w]));
    EXPECT_EQ(state_of(*pool[0]), state_of(*alone));
  }
  Bytes damaged = state_of(*alone);
  damaged.pop_back();
  EXPECT_THROW(alone->merge(damaged), Error);
}

TEST(Refinement, MeansAreThoseOfTheInputs) {
  const auto source = graph_of_three();
  const Samples samples = samples_of(1, 5);
  const auto draft = std::make_shared<const Graph>(quantize_with(source, {}, samples));
  InputMoments moments(source, draft, {.float_sums = true, .sums = true, .products = true});
  each(samples, [&](auto inputs) { moments.observe(inputs); });
  ASSERT_EQ(moments.nodes().size(), 3u);
  const NodeMoments& first = moments.nodes()[0];
  EXPECT_EQ(first.count, 5 * 49);
  // Feature 0 is the first channel under the upper left tap: all of the image but its last two rows, columns.
  double sum = 0;
  for (const std::vector<float>& sample : samples) {
    for (size_t y = 0; y < 7; ++y) {
      for (size_t x = 0; x < 7; ++x) sum += static_cast<double>(sample[(y * 9 + x) * 3]);
    }
  }
  const Graph& graph = *draft;
  const Tensor& input = graph.tensor(graph.node(first.quantized).inputs[0]);
  const double scale = static_cast<double>(input.quantization->scale[0]);
  EXPECT_NEAR(first.float_mean(0) * scale, sum / 245, 1e-4);
  EXPECT_NEAR(first.mean(0) * scale, sum / 245, scale / 2);
}

}  // namespace
}  // namespace octet::quantize
