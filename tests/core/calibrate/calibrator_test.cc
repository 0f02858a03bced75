#include "calibrate/calibrator.h"

#include <gtest/gtest.h>

#include "support/graph_builder.h"

namespace octet::calibrate {
namespace {

/// x -> padded -> largest (an index, not observed), with a constant joined in.
std::shared_ptr<const Graph> small_graph() {
  test::GraphBuilder builder;
  const TensorId x = builder.input("x", {1, 2, 2, 3});
  const TensorId padded =
      builder.node(OpKind::Pad, Pad{.paddings = {{0, 0}, {1, 0}, {0, 0}, {0, 0}}, .value = -5}, {x})[0];
  const TensorId fill = builder.constant<float>({1, 3, 2, 1}, std::vector<float>(6, 9.0f));
  const TensorId joined = builder.node(OpKind::Concatenation, Axis{3}, {padded, fill})[0];
  builder.output(builder.node(OpKind::ArgMax, ArgMax{.axis = 3}, {joined})[0]);
  return std::make_shared<const Graph>(builder.graph());
}

std::vector<Extremes> observe(Calibrator& calibrator, const std::vector<float>& x) {
  const std::span<const std::byte> input = std::as_bytes(std::span<const float>(x));
  return calibrator.observe({&input, 1});
}

Bytes state_of(const Calibrator& calibrator) {
  Bytes state;
  calibrator.append_to(state);
  return state;
}

std::vector<std::vector<float>> random_samples() {
  test::Random random(1);
  std::vector<std::vector<float>> samples;
  for (int i = 0; i < 9; ++i)
    samples.push_back(random.floats(12, static_cast<float>(-i), static_cast<float>(2 * i + 1)));
  return samples;
}

TEST(Calibrator, ObservesComputedFloatTensors) {
  Calibrator calibrator(small_graph(), {});
  EXPECT_EQ(calibrator.observed(), (std::vector<TensorId>{TensorId{0}, TensorId{1}, TensorId{3}}));
  calibrator.fold(observe(calibrator, std::vector<float>(12, 2.0f)));
  EXPECT_EQ(calibrator.samples(), 1u);
  EXPECT_EQ(calibrator.statistics(TensorId{0}).high(), 2);
  EXPECT_EQ(calibrator.statistics(TensorId{1}).low(), -5);
  EXPECT_EQ(calibrator.statistics(TensorId{3}).high(), 9);
  EXPECT_EQ(calibrator.statistics(TensorId{3}).count(), 24u);
  EXPECT_THROW(calibrator.statistics(TensorId{4}), Error);
}

TEST(Calibrator, WorkersGiveTheSameStateAndMovingAverages) {
  const auto graph = small_graph();
  const std::vector<std::vector<float>> samples = random_samples();
  Calibrator alone(graph, {.kind = MethodKind::MovingAverage});
  for (const auto& sample : samples) alone.fold(observe(alone, sample));
  for (const size_t workers : {1u, 2u, 4u}) {
    std::vector<std::unique_ptr<Calibrator>> pool;
    for (size_t w = 0; w < workers; ++w) {
      pool.push_back(std::make_unique<Calibrator>(graph, Method{.kind = MethodKind::MovingAverage}));
    }
    Calibrator together(graph, {.kind = MethodKind::MovingAverage});
    for (size_t i = 0; i < samples.size(); ++i) {
      if (i % 3 == 0) pool[i % workers]->rest();  // Which must not cost what was seen.
      together.fold(observe(*pool[i % workers], samples[i]));
    }
    for (size_t w = workers; w-- > 0;) together.merge(state_of(*pool[w]));
    EXPECT_EQ(state_of(together), state_of(alone));
    EXPECT_EQ(together.samples(), samples.size());
  }
}

TEST(Calibrator, SaysWhatDoesNotFit) {
  Calibrator calibrator(small_graph(), {});
  EXPECT_THROW(calibrator.observe({}), Error);
  EXPECT_THROW(observe(calibrator, std::vector<float>(11)), Error);
  EXPECT_THROW(calibrator.fold(std::vector<Extremes>(2)), Error);
  EXPECT_THROW(Calibrator(small_graph(), {.num_bins = 77}), Error);

  Calibrator other(small_graph(), {.num_bins = 512});
  observe(other, std::vector<float>(12, 1.0f));
  const Bytes before = state_of(calibrator);
  EXPECT_THROW(calibrator.merge(state_of(other)), Error);
  Bytes longer = before;
  longer.resize(before.size() + 1);
  EXPECT_THROW(calibrator.merge(longer), Error);
  EXPECT_EQ(state_of(calibrator), before);
}

}  // namespace
}  // namespace octet::calibrate
