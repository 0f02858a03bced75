// Graphs as importers of formats with channels first make them: what they compute stays, and how many
// TRANSPOSEs are left. Every one is looked at where all extents are equal, and where all are different
// primes: what goes by extents fails at one of the two.
#include "prepare/arrange_axes.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "support/graph_builder.h"

namespace octet::prepare {
namespace {

using test::Random;

/// Extents of an image in the file's order: batch, channels, height, width.
struct Extents {
  int32_t n, c, h, w;
  bool are_equal() const { return h == w && h == c; }
};
constexpr Extents kAlike = {1, 8, 8, 8};
constexpr Extents kPrimes = {2, 3, 5, 7};

class Net : public test::GraphBuilder {
 public:
  explicit Net(Extents extents) : e(extents), x(input("x", {e.n, e.c, e.h, e.w})) {}

  TensorId op(OpKind kind, Attributes attributes, std::vector<TensorId> inputs) {
    return node(kind, std::move(attributes), std::move(inputs))[0];
  }
  TensorId transpose(TensorId t, std::vector<int32_t> permutation) {
    return op(OpKind::Transpose, Transpose{std::move(permutation)}, {t});
  }
  TensorId reshape(TensorId t, std::vector<int32_t> shape) {
    return op(OpKind::Reshape, Reshape{std::move(shape)}, {t});
  }
  TensorId relu(TensorId t) { return op(OpKind::Relu, NoAttributes{}, {t}); }
  TensorId add(TensorId a, TensorId b) { return op(OpKind::Add, Elementwise{}, {a, b}); }
  TensorId mul(TensorId a, TensorId b) { return op(OpKind::Mul, Elementwise{}, {a, b}); }
  TensorId random(const Shape& shape) {
    return constant<float>(shape, Random(++seed_).floats(shape.elements(), -1, 1));
  }
  /// A convolution of one pixel between TRANSPOSEs.
  TensorId conv(TensorId t, int32_t channels) {
    const int32_t depth = tensor(t).shape[1];
    const TensorId image = transpose(t, {0, 2, 3, 1});
    const TensorId result = op(OpKind::Conv2d, Conv2d{}, {image, random({channels, 1, 1, depth})});
    return transpose(result, {0, 3, 1, 2});
  }
  TensorId mean(TensorId t, std::vector<int32_t> axes, bool keep_dims = true) {
    return op(OpKind::Mean, Reduce{std::move(axes), keep_dims}, {t});
  }
  TensorId matrix(TensorId t, int32_t units) {
    const int32_t depth = tensor(t).shape[-1];
    return op(OpKind::FullyConnected, FullyConnected{.keep_dims = true}, {t, random({units, depth})});
  }

  const Extents e;
  const TensorId x;

 private:
  uint64_t seed_ = 0;
};

int64_t transposes(const Graph& graph) {
  return std::count_if(graph.nodes.begin(), graph.nodes.end(),
                       [](const Node& node) { return node.op == OpKind::Transpose; });
}

/// The elements of a tensor stored with `axes` of its own, in the file's order, or back.
std::vector<float> in_order(const std::vector<float>& values, const Shape& file,
                            const std::vector<int32_t>& axes, bool to_file) {
  if (axes.empty()) return values;
  std::vector<float> result(values.size());
  for (int64_t stored = 0; stored < file.elements(); ++stored) {
    int64_t in_file = 0;
    int64_t rest = stored;
    for (size_t i = axes.size(); i-- > 0;) {
      in_file += rest % file[axes[i]] * file.elements(axes[i] + 1, file.rank());
      rest /= file[axes[i]];
    }
    result[static_cast<size_t>(to_file ? in_file : stored)] =
        values[static_cast<size_t>(to_file ? stored : in_file)];
  }
  return result;
}

/// Arranges the graph and checks that it computes the same; returns how many TRANSPOSEs are left.
int64_t left_of(const Graph& before, bool keeps_edges) {
  Graph after = before;
  arrange_axes(after, {.keeps_edges = keeps_edges});
  check(after);
  EXPECT_LE(transposes(after), transposes(before));
  std::vector<std::vector<float>> inputs, stored;
  for (size_t i = 0; i < before.inputs.size(); ++i) {
    const Tensor& file = before.tensor(before.inputs[i]);
    const Tensor& arranged = after.tensor(after.inputs[i]);
    EXPECT_EQ(arranged.name, file.name);
    inputs.push_back(Random(50 + i).floats(file.shape.elements(), -2, 2));
    stored.push_back(in_order(inputs.back(), file.shape, arranged.file_axes, false));
  }
  for (size_t o = 0; o < before.outputs.size(); ++o) {
    const Tensor& file = before.tensor(before.outputs[o]);
    const Tensor& arranged = after.tensor(after.outputs[o]);
    EXPECT_EQ(arranged.name, file.name);
    if (keeps_edges) EXPECT_TRUE(arranged.file_axes.empty());
    const std::vector<float> expected = test::run<float>(before, inputs, o);
    const std::vector<float> actual =
        in_order(test::run<float>(after, stored, o), file.shape, arranged.file_axes, true);
    EXPECT_EQ(actual.size(), expected.size());
    for (size_t i = 0; i < expected.size() && i < actual.size(); ++i) {
      EXPECT_NEAR(actual[i], expected[i], 1e-5 * std::max(1.0f, std::fabs(expected[i])))
          << file.name << " " << i;
      if (testing::Test::HasFailure()) return -1;
    }
  }
  Graph again = after;
  EXPECT_FALSE(arrange_axes(again, {.keeps_edges = true})) << "A second time it found more.";
  return transposes(after);
}

using Make = void (*)(Net& net);

/// With edges that may be stored otherwise, and with those that may not, `left` TRANSPOSEs stay.
void expect_left(Make make, int64_t left, int64_t left_with_edges) {
  for (const Extents& extents : {kAlike, kPrimes}) {
    SCOPED_TRACE(extents.are_equal() ? "extents alike" : "extents apart");
    Net net(extents);
    make(net);
    EXPECT_EQ(left_of(net.graph(), false), left);
    EXPECT_EQ(left_of(net.graph(), true), left_with_edges);
  }
}

TEST(ArrangeAxes, ResidualsOfConvolutions) {
  expect_left(
      [](Net& net) {
        const TensorId a = net.relu(net.conv(net.x, net.e.c));
        const TensorId b = net.conv(a, net.e.c);
        net.output(net.relu(net.add(a, b)));
      },
      0, 2);
}

TEST(ArrangeAxes, ConstantsOneAChannel) {
  expect_left(
      [](Net& net) {
        TensorId t = net.conv(net.x, net.e.c);
        t = net.mul(t, net.random({net.e.c, 1, 1}));
        t = net.add(t, net.random({1, net.e.c, 1, 1}));
        t = net.add(net.random({net.e.w}), t);
        t = net.add(t, net.random({net.e.n, net.e.c, net.e.h, net.e.w}));
        net.output(net.conv(net.mul(t, net.constant<float>({}, {2})), net.e.c));
      },
      0, 2);
}

TEST(ArrangeAxes, JoinedAndSplitChannels) {
  expect_left(
      [](Net& net) {
        const TensorId a = net.conv(net.x, net.e.c);
        const TensorId joined = net.op(OpKind::Concatenation, Axis{1}, {a, net.relu(a)});
        const auto parts = net.node(OpKind::Split, Axis{1}, {joined}, {{}, {}});
        const TensorId slice = net.op(
            OpKind::Slice, Slice{.begin = {0, 1, 0, 2}, .size = {net.e.n, net.e.c - 1, net.e.h, net.e.w - 2}},
            {net.add(parts[0], net.relu(parts[1]))});
        const TensorId padded =
            net.op(OpKind::Pad, Pad{.paddings = {{0, 0}, {1, 0}, {0, 0}, {0, 2}}}, {slice});
        net.output(net.conv(padded, net.e.c));
      },
      0, 2);
}

TEST(ArrangeAxes, SqueezeAndExcite) {
  expect_left(
      [](Net& net) {
        const TensorId a = net.conv(net.x, net.e.c);
        const TensorId gate = net.conv(net.relu(net.conv(net.mean(a, {2, 3}), 4)), net.e.c);
        net.output(net.conv(net.mul(a, net.op(OpKind::Logistic, NoAttributes{}, {gate})), net.e.c));
      },
      0, 2);
}

TEST(ArrangeAxes, HeadsOfClassifiers) {
  expect_left(
      [](Net& net) {
        const TensorId a = net.mean(net.conv(net.x, net.e.c), {2, 3});
        net.output(net.matrix(net.reshape(a, {net.e.n, net.e.c}), 5));
      },
      0, 1);
  expect_left(
      [](Net& net) {
        net.output(net.matrix(net.mean(net.conv(net.x, net.e.c), {2, 3}, false), 5));
      },
      0, 1);
  // Where pixels are left, their order is that of the weights.
  expect_left(
      [](Net& net) {
        const TensorId a = net.conv(net.x, net.e.c);
        net.output(net.matrix(net.reshape(a, {net.e.n, net.e.c * net.e.h * net.e.w}), 5));
      },
      1, 2);
}

TEST(ArrangeAxes, TokensOfPatches) {
  expect_left(
      [](Net& net) {
        TensorId t = net.reshape(net.conv(net.x, net.e.c), {net.e.n, net.e.c, net.e.h * net.e.w});
        t = net.transpose(t, {0, 2, 1});
        net.output(net.matrix(net.add(t, net.random({1, net.e.h * net.e.w, net.e.c})), 5));
      },
      0, 1);
}

TEST(ArrangeAxes, BackFromTokens) {
  expect_left(
      [](Net& net) {
        TensorId t = net.reshape(net.conv(net.x, net.e.c), {net.e.n, net.e.c, net.e.h * net.e.w});
        t = net.matrix(net.transpose(t, {0, 2, 1}), net.e.c);
        t = net.reshape(net.transpose(t, {0, 2, 1}), {net.e.n, net.e.c, net.e.h, net.e.w});
        net.output(net.conv(t, net.e.c));
      },
      0, 2);
}

TEST(ArrangeAxes, SoftmaxOverChannels) {
  expect_left(
      [](Net& net) {
        TensorId t = net.transpose(net.conv(net.x, net.e.c), {0, 3, 2, 1});
        t = net.transpose(net.op(OpKind::Softmax, Softmax{1}, {t}), {0, 3, 2, 1});
        net.output(net.conv(t, net.e.c));
      },
      0, 2);
}

TEST(ArrangeAxes, ShuffledChannelsKeepTheirShuffle) {
  for (const int32_t width : {8, 7}) {
    Net net({1, 6, 5, width});
    TensorId t = net.reshape(net.conv(net.x, 6), {1, 2, 3, 5, width});
    t = net.reshape(net.transpose(t, {0, 2, 1, 3, 4}), {1, 6, 5, width});
    net.output(net.conv(t, 6));
    EXPECT_EQ(left_of(net.graph(), false), 1);
  }
}

TEST(ArrangeAxes, HeadsOfAttention) {
  expect_left(
      [](Net& net) {
        const int32_t tokens = net.e.h * net.e.w;
        TensorId t = net.reshape(net.conv(net.x, net.e.c * 2), {net.e.n, net.e.c * 2, tokens});
        t = net.transpose(t, {0, 2, 1});
        const auto heads = [&](std::vector<int32_t> order) {
          return net.transpose(net.reshape(net.matrix(t, net.e.c * 2), {net.e.n, tokens, 2, net.e.c}),
                               std::move(order));
        };
        const TensorId q = heads({0, 2, 1, 3});
        const TensorId k = heads({0, 2, 3, 1});
        const TensorId v = heads({0, 2, 1, 3});
        const TensorId p =
            net.op(OpKind::Softmax, Softmax{1}, {net.op(OpKind::BatchMatmul, BatchMatmul{}, {q, k})});
        const TensorId y = net.transpose(net.op(OpKind::BatchMatmul, BatchMatmul{}, {p, v}), {0, 2, 1, 3});
        net.output(net.matrix(net.reshape(y, {net.e.n, tokens, net.e.c * 2}), 5));
      },
      4, 5);
}

TEST(ArrangeAxes, ImagesThatCameChannelsLast) {
  for (const Extents& extents : {kAlike, kPrimes}) {
    Net net(extents);
    const TensorId y = net.conv(net.transpose(net.x, {0, 3, 1, 2}), net.e.c);
    net.output(net.transpose(y, {0, 2, 3, 1}));
    // Nothing has to be stored otherwise than in the file.
    EXPECT_EQ(left_of(net.graph(), true), 0);
    EXPECT_EQ(left_of(net.graph(), false), 0);
    Graph graph = net.graph();
    arrange_axes(graph, {.keeps_edges = false});
    EXPECT_TRUE(graph.tensor(graph.inputs[0]).file_axes.empty());
  }
}

TEST(ArrangeAxes, OperandsThatAreBroadcast) {
  expect_left(
      [](Net& net) {
        const TensorId a = net.conv(net.x, net.e.c);
        const TensorId rows = net.input("rows", {net.e.h, 1});
        const TensorId line = net.input("line", {net.e.w});
        net.output(net.conv(net.add(net.mul(a, rows), line), net.e.c));
      },
      0, 2);
}

TEST(ArrangeAxes, AnOutputInTheMiddleAndOneThatIsAnInput) {
  expect_left(
      [](Net& net) {
        const TensorId a = net.transpose(net.x, {0, 2, 3, 1});
        net.output(a);
        const TensorId b = net.op(OpKind::Conv2d, Conv2d{}, {a, net.random({4, 1, 1, net.e.c})});
        net.output(b);
        net.output(net.transpose(b, {0, 3, 1, 2}));
      },
      0, 2);
}

TEST(ArrangeAxes, LeavesGraphsWithoutTransposes) {
  Net net(kPrimes);
  net.output(net.relu(net.x));
  Graph graph = net.graph();
  EXPECT_FALSE(arrange_axes(graph));
}

/// A net of random operators on images.
void grow(Net& net, Random& random) {
  const auto pick = [&](size_t count) {
    return static_cast<size_t>(random.uniform() * static_cast<double>(count));
  };
  std::vector<TensorId> images = {net.conv(net.x, net.e.c)};
  for (int step = 0; step < 8; ++step) {
    const TensorId a = images[pick(images.size())];
    const TensorId b = images[pick(images.size())];
    const Shape shape = net.tensor(a).shape;
    const std::vector<std::vector<int32_t>> permutations = {
        {0, 2, 3, 1}, {0, 3, 1, 2}, {0, 1, 3, 2}, {0, 3, 2, 1}};
    switch (pick(10)) {
      case 0:
        images.push_back(net.conv(a, shape[1]));
        break;
      case 1:
        if (net.tensor(b).shape == shape) images.push_back(net.add(a, b));
        break;
      case 2:
        images.push_back(net.transpose(a, permutations[pick(permutations.size())]));
        break;
      case 3:
        images.push_back(net.op(OpKind::Softmax, Softmax{1}, {a}));
        break;
      case 4:
        images.push_back(net.matrix(a, shape[3]));
        break;
      case 5:
        images.push_back(net.mul(a, net.mean(a, {static_cast<int32_t>(1 + pick(3))})));
        break;
      case 6:
        images.push_back(
            net.reshape(net.transpose(net.reshape(a, {shape[0], shape[1], shape[2] * shape[3]}), {0, 2, 1}),
                        {shape[0], shape[2], shape[3], shape[1]}));
        break;
      case 7:
        images.push_back(net.op(OpKind::Concatenation, Axis{static_cast<int32_t>(1 + pick(3))}, {a, a}));
        break;
      case 8: {
        const TensorId turned = net.transpose(a, {0, 1, 3, 2});
        const TensorId square = net.op(OpKind::BatchMatmul, BatchMatmul{}, {a, turned});
        images.push_back(net.op(OpKind::BatchMatmul, BatchMatmul{}, {square, a}));
        break;
      }
      default:
        images.push_back(net.mul(a, net.random({shape[1], 1, 1})));
        break;
    }
    if (net.tensor(images.back()).shape.elements() > 4000) images.pop_back();
  }
  net.output(net.conv(images.back(), 3));
  net.output(images[pick(images.size())]);
}

TEST(ArrangeAxes, ComputesTheSameInRandomNets) {
  for (uint64_t seed = 1; seed <= 300 && !HasFailure(); ++seed) {
    SCOPED_TRACE(seed);
    Random random(seed);
    Net net(seed % 2 == 0 ? Extents{1, 4, 4, 4} : Extents{2, 3, 5, 7});
    grow(net, random);
    left_of(net.graph(), seed % 3 == 0);
  }
}

}  // namespace
}  // namespace octet::prepare
