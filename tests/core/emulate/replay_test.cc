#include "emulate/replay.h"

#include <gtest/gtest.h>

#include <cstring>
#include <memory>

#include "emulate/executor.h"
#include "emulate/prepare_kernels.h"
#include "support/graph_builder.h"

namespace octet::emulate {
namespace {

using test::GraphBuilder;
using test::Random;

constexpr Conv2d kSame = {.padding = {1, 1, 1, 1}, .activation = Activation::Relu};

/// x -> a = conv -> b = conv(a) -> a + b, and a second output conv(x) that a does not reach.
struct Residual {
  explicit Residual(uint64_t seed) {
    Random random(seed);
    const auto convolve = [&](TensorId input) {
      return builder.node(OpKind::Conv2d, kSame,
                          {input, builder.constant<float>({4, 3, 3, 4}, random.floats(144, -1, 1)),
                           builder.constant<float>({4}, random.floats(4, -1, 1))})[0];
    };
    x = builder.input("x", {1, 6, 6, 4});
    a = convolve(x);
    b = convolve(a);
    sum = builder.node(OpKind::Add, Elementwise{}, {a, b})[0];
    other = convolve(x);
    builder.output(sum).output(other);
    graph = std::make_shared<const Graph>(builder.graph());
    image = random.floats(144, -1, 1);
  }

  std::vector<std::span<const std::byte>> inputs() const { return {std::as_bytes(std::span(image))}; }

  GraphBuilder builder;
  TensorId x, a, b, sum, other;
  std::shared_ptr<const Graph> graph;
  std::vector<float> image;
};

std::vector<float> floats(std::span<const std::byte> bytes) {
  const std::span<const float> values = as<float>(bytes);
  return {values.begin(), values.end()};
}

TEST(Replay, KeepsWhatTheExecutorComputes) {
  const Residual net(1);
  Replay replay(net.graph);
  for (int run = 0; run < 2; ++run) replay.run(net.inputs());
  Executor executor(net.graph);
  executor.set_inputs(net.inputs());
  executor.run([&](TensorId id, std::span<const std::byte> contents) {
    EXPECT_EQ(floats(replay.kept(id)), floats(contents)) << net.graph->tensor(id).name;
  });
}

TEST(Replay, RunsAnewWhatAChangedTensorReaches) {
  const Residual net(2);
  Replay replay(net.graph);
  replay.run(net.inputs());
  const std::vector<float> changed(144, 0.5f);
  replay.replay({.tensor = net.a, .contents = std::as_bytes(std::span(changed))});

  Executor executor(net.graph);
  executor.set_inputs(net.inputs());
  executor.run_edited([&](TensorId id, std::span<std::byte> contents) {
    if (id == net.a) std::memcpy(contents.data(), changed.data(), contents.size());
  });
  EXPECT_EQ(floats(*replay.changed(net.a)), changed);
  EXPECT_EQ(floats(*replay.changed(net.sum)), floats(executor.output(0)));
  EXPECT_FALSE(replay.changed(net.other));
  EXPECT_NE(floats(replay.kept(net.sum)), floats(*replay.changed(net.sum)));
}

TEST(Replay, ShowsAChangeToTheReadersNamedAlone) {
  const Residual net(3);
  Replay replay(net.graph);
  replay.run(net.inputs());
  const std::vector<float> changed(144, 0.5f);
  const std::vector<NodeId> readers = {NodeId{2}};  // The ADD.
  replay.replay({.tensor = net.a, .contents = std::as_bytes(std::span(changed)), .readers = readers});
  EXPECT_FALSE(replay.changed(net.a));
  EXPECT_FALSE(replay.changed(net.b));
  const std::vector<float> b = floats(replay.kept(net.b));
  const std::vector<float> sum = floats(*replay.changed(net.sum));
  for (size_t i = 0; i < sum.size(); ++i) EXPECT_EQ(sum[i], 0.5f + b[i]);
}

TEST(Replay, UsesOtherKernels) {
  const Residual net(4);
  const Residual same_shapes(5);
  const std::vector<std::unique_ptr<ops::Kernel>> others = prepare_kernels(*same_shapes.graph);
  std::vector<const ops::Kernel*> kernels(net.graph->nodes.size(), nullptr);
  kernels[1] = others[1].get();
  Replay replay(net.graph);
  replay.run(net.inputs());
  replay.replay({.kernels = kernels});
  EXPECT_FALSE(replay.changed(net.a));
  EXPECT_NE(floats(*replay.changed(net.b)), floats(replay.kept(net.b)));
  replay.replay({});
  EXPECT_FALSE(replay.changed(net.b));
}

TEST(Replay, RefusesInputsOfAnotherSize) {
  const Residual net(6);
  Replay replay(net.graph);
  const std::vector<float> short_image(10);
  const std::vector<std::span<const std::byte>> inputs = {std::as_bytes(std::span(short_image))};
  EXPECT_THROW(replay.run(inputs), Error);
  EXPECT_THROW(replay.run({}), Error);
}

}  // namespace
}  // namespace octet::emulate
