// Every rewrite is run on a small graph and must leave its outputs as they were.
#include "prepare/prepare.h"

#include <gtest/gtest.h>

#include <cmath>

#include "prepare/recognize_activations.h"
#include "support/graph_builder.h"

namespace octet::prepare {
namespace {

using test::GraphBuilder;

const Shape kImage = {1, 6, 5, 3};
constexpr int32_t kChannels = 4;
const Pool2d kPool = {.window = {2, 2}, .stride = {}, .padding = {}};

std::vector<float> random_values(const Shape& shape, uint64_t seed) {
  return test::Random(seed).floats(shape.elements(), -2, 2);
}

TensorId random_constant(GraphBuilder& builder, const Shape& shape, uint64_t seed) {
  return builder.constant<float>(shape, random_values(shape, seed));
}

/// A 3x3 convolution of `x` to kChannels channels that keeps height and width.
TensorId convolve(GraphBuilder& builder, TensorId x, bool with_bias = true,
                  Padding2d padding = {1, 1, 1, 1}) {
  const int32_t depth = builder.tensor(x).shape.channels();
  std::vector<TensorId> inputs = {x, random_constant(builder, {kChannels, 3, 3, depth}, 11)};
  if (with_bias) inputs.push_back(random_constant(builder, {kChannels}, 12));
  return builder.node(OpKind::Conv2d, Conv2d{.stride = {}, .dilation = {}, .padding = padding}, inputs)[0];
}

TensorId unary(GraphBuilder& builder, OpKind op, TensorId x) {
  return builder.node(op, NoAttributes{}, {x})[0];
}

TensorId binary(GraphBuilder& builder, OpKind op, TensorId a, TensorId b,
                Activation activation = Activation::None) {
  return builder.node(op, Elementwise{activation}, {a, b})[0];
}

std::vector<OpKind> operators(const Graph& graph) {
  std::vector<OpKind> kinds;
  for (const Node& node : graph.nodes) kinds.push_back(node.op);
  return kinds;
}

/// Prepares the graph, checks that its outputs and their names are as before, and that `expected` nodes are
/// left.
Graph expect_prepared(GraphBuilder& builder, const std::vector<OpKind>& expected,
                      const Options& options = {}) {
  const Graph before = builder.graph();
  Graph after = prepare(before, options);
  EXPECT_EQ(operators(after), expected);
  std::vector<std::vector<float>> inputs;
  for (const TensorId input : before.inputs) {
    inputs.push_back(random_values(before.tensor(input).shape, 100 + inputs.size()));
  }
  EXPECT_EQ(after.outputs.size(), before.outputs.size());
  for (size_t i = 0; i < before.outputs.size(); ++i) {
    EXPECT_EQ(after.tensor(after.outputs[i]).name, before.tensor(before.outputs[i]).name);
    EXPECT_EQ(after.tensor(after.outputs[i]).shape, before.tensor(before.outputs[i]).shape);
    const std::vector<float> reference = test::run<float>(before, inputs, i);
    const std::vector<float> actual = test::run<float>(after, inputs, i);
    EXPECT_EQ(actual.size(), reference.size());
    for (size_t k = 0; k < std::min(actual.size(), reference.size()); ++k) {
      EXPECT_NEAR(actual[k], reference[k], 1e-5 * (1 + std::fabs(reference[k])))
          << "output " << i << " element " << k;
    }
  }
  return after;
}

TEST(FoldConstants, RunsWhatReadsConstantsOnly) {
  GraphBuilder builder;
  const TensorId x = builder.input("x", {2, 3});
  const TensorId transposed =
      builder.node(OpKind::Transpose, Transpose{{1, 0}}, {random_constant(builder, {3, 2}, 1)})[0];
  const TensorId joined = builder.node(OpKind::Concatenation, Axis{0}, {x, transposed})[0];
  builder.output(joined);
  expect_prepared(builder, {OpKind::Concatenation});
}

TEST(FoldConstants, WidensFloat16Weights) {
  GraphBuilder builder;
  const TensorId x = builder.input("x", kImage);
  // 1, -2, 0.5, the largest half, the smallest subnormal half, and 0.333251953125.
  const std::vector<uint16_t> halves = {0x3c00, 0xc000, 0x3800, 0x7bff, 0x0001, 0x3555};
  Graph& graph = builder.graph();
  const TensorId stored = graph.add_tensor({.name = "w_half",
                                            .dtype = DType::Float16,
                                            .shape = {6},
                                            .constant = make_constant(std::span<const uint16_t>(halves)),
                                            .quantization = {}});
  const TensorId wide = builder.node(OpKind::Dequantize, NoAttributes{}, {stored})[0];
  const TensorId flat = builder.node(OpKind::Reshape, Reshape{{90}}, {x})[0];
  builder.output(builder.node(OpKind::Concatenation, Axis{0}, {flat, wide})[0]);
  const Graph after = prepare(graph);
  ASSERT_EQ(operators(after), (std::vector<OpKind>{OpKind::Reshape, OpKind::Concatenation}));
  const std::span<const float> values = after.tensor(after.nodes[1].inputs[1]).values<float>();
  const std::vector<float> expected = {1, -2, 0.5, 65504, std::ldexp(1.0f, -24), 0.333251953125f};
  EXPECT_EQ(std::vector<float>(values.begin(), values.end()), expected);
}

TEST(RemoveIdentities, DropsWhatChangesNothing) {
  GraphBuilder builder;
  TensorId t = convolve(builder, builder.input("x", kImage));
  const std::vector<int32_t> dims = {1, 6, 5, kChannels};
  t = builder.node(OpKind::Reshape, Reshape{dims}, {t})[0];
  t = builder.node(OpKind::Transpose, Transpose{{0, 1, 2, 3}}, {t})[0];
  t = builder.node(OpKind::Pad, Pad{.paddings = {{0, 0}, {0, 0}, {0, 0}, {0, 0}}}, {t})[0];
  t = builder.node(OpKind::Slice, Slice{{0, 0, 0, 0}, dims}, {t})[0];
  t = builder.node(OpKind::StridedSlice, StridedSlice{{0, 0, 0, 0}, dims, {1, 1, 1, 1}, {}}, {t})[0];
  t = builder.node(OpKind::Concatenation, Axis{3}, {t})[0];
  t = builder.node(OpKind::MaxPool2d, Pool2d{}, {t})[0];
  t = builder.node(OpKind::ResizeBilinear, Resize{.output = {6, 5}}, {t})[0];
  t = binary(builder, OpKind::Mul, builder.constant<float>({1}, {1.0f}), t);
  t = binary(builder, OpKind::Add, t, builder.constant<float>({kChannels}, {0, 0, 0, 0}));
  t = binary(builder, OpKind::Sub, t, builder.constant<float>({}, {0}));
  t = binary(builder, OpKind::Div, t, builder.constant<float>({}, {1}));
  builder.output(t);
  const Graph after = expect_prepared(builder, {OpKind::Conv2d});
  // The convolution stands for all of them, under its own name.
  EXPECT_EQ(after.nodes[0].name, "node_0");
  EXPECT_EQ(after.nodes[0].source_nodes.size(), 13u);
}

TEST(RemoveIdentities, KeepsWhatReorders) {
  GraphBuilder builder;
  const TensorId x = builder.input("x", {1, 4, 4, 3});
  TensorId t = builder.node(OpKind::Transpose, Transpose{{0, 2, 1, 3}}, {x})[0];
  t = builder.node(OpKind::StridedSlice, StridedSlice{{0, 3, 0, 0}, {1, 4, 4, 3}, {1, -1, 1, 1}, {}}, {t})[0];
  builder.output(t);
  expect_prepared(builder, {OpKind::Transpose, OpKind::StridedSlice});
}

TEST(RemoveIdentities, KeepsOneBetweenAnInputAndAnOutput) {
  GraphBuilder builder;
  const TensorId x = builder.input("x", {2, 2});
  builder.output(builder.node(OpKind::Reshape, Reshape{{2, 2}}, {x})[0]);
  expect_prepared(builder, {OpKind::Reshape});
}

TEST(RemoveIdentities, KeepsBothOutputsWhereTheirValuesAreEqual) {
  GraphBuilder builder;
  const TensorId t = convolve(builder, builder.input("x", kImage));
  const TensorId same = builder.node(OpKind::Reshape, Reshape{{1, 6, 5, kChannels}}, {t})[0];
  builder.output(t).output(same);
  expect_prepared(builder, {OpKind::Conv2d, OpKind::Reshape});
}

TEST(RemoveIdentities, OtherReadersOfTheOperandFollowTheOutputsName) {
  GraphBuilder builder;
  const TensorId t = convolve(builder, builder.input("x", kImage));
  builder.output(builder.node(OpKind::Reshape, Reshape{{1, 6, 5, kChannels}}, {t})[0]);
  builder.output(builder.node(OpKind::MaxPool2d, kPool, {t})[0]);
  expect_prepared(builder, {OpKind::Conv2d, OpKind::MaxPool2d});
}

TEST(FoldPadding, MovesIntoTheConvolution) {
  GraphBuilder builder;
  TensorId t = builder.input("x", kImage);
  t = builder.node(OpKind::Pad, Pad{.paddings = {{0, 0}, {0, 1}, {2, 1}, {0, 0}}}, {t})[0];
  builder.output(convolve(builder, t));
  const Graph after = expect_prepared(builder, {OpKind::Conv2d});
  EXPECT_EQ(std::get<Conv2d>(after.nodes[0].attributes).padding, (Padding2d{1, 2, 3, 2}));
  EXPECT_EQ(after.nodes[0].source_nodes, (std::vector<std::string>{"node_0", "node_1"}));
}

TEST(FoldPadding, StaysWhereItWouldNotBeExact) {
  const std::vector<std::array<int32_t, 2>> spatial = {{0, 0}, {1, 1}, {1, 1}, {0, 0}};
  const std::vector<std::array<int32_t, 2>> channels = {{0, 0}, {1, 1}, {1, 1}, {0, 1}};
  for (const Pad& pad : {Pad{spatial, 1.0f}, Pad{channels, 0.0f}}) {
    GraphBuilder builder;
    const TensorId padded = builder.node(OpKind::Pad, pad, {builder.input("x", kImage)})[0];
    builder.output(convolve(builder, padded));
    expect_prepared(builder, {OpKind::Pad, OpKind::Conv2d});
  }
  GraphBuilder two_readers;
  const TensorId padded =
      two_readers.node(OpKind::Pad, Pad{spatial, 0.0f}, {two_readers.input("x", kImage)})[0];
  two_readers.output(convolve(two_readers, padded));
  two_readers.output(two_readers.node(OpKind::MaxPool2d, kPool, {padded})[0]);
  expect_prepared(two_readers, {OpKind::Pad, OpKind::Conv2d, OpKind::MaxPool2d});
}

TEST(FoldChannelConstants, FoldsABatchNormalization) {
  for (const bool with_bias : {true, false}) {
    GraphBuilder builder;
    TensorId t = convolve(builder, builder.input("x", kImage), with_bias);
    t = binary(builder, OpKind::Mul, t, random_constant(builder, {kChannels}, 1));
    t = binary(builder, OpKind::Add, random_constant(builder, {1, 1, 1, kChannels}, 2), t);
    t = binary(builder, OpKind::Sub, t, builder.constant<float>({}, {0.7f}));
    t = binary(builder, OpKind::Div, t, builder.constant<float>({kChannels}, {2, -3, 4, 0.5f}),
               Activation::Relu6);
    builder.output(t);
    const Graph after = expect_prepared(builder, {OpKind::Conv2d});
    EXPECT_EQ(after.nodes[0].name, "node_0");
    EXPECT_EQ(after.nodes[0].source_nodes.size(), 5u);
    EXPECT_EQ(after.nodes[0].inputs.size(), 3u);
  }
}

TEST(FoldChannelConstants, KnowsTheChannelAxisOfEachOperator) {
  GraphBuilder builder;
  TensorId t = builder.input("x", {1, 4, 4, 2});
  // Depthwise with multiplier 2, transposed and fully connected, each with a scale and a reversed
  // subtraction.
  const auto normalize = [&](TensorId x, int32_t channels) {
    x = binary(builder, OpKind::Mul, x, random_constant(builder, {channels}, 5));
    return binary(builder, OpKind::Sub, random_constant(builder, {channels}, 6), x);
  };
  t = builder.node(OpKind::DepthwiseConv2d, Conv2d{}, {t, random_constant(builder, {1, 3, 3, 4}, 1)})[0];
  t = normalize(t, 4);
  t = builder.node(OpKind::TransposeConv, TransposeConv{.stride = {2, 2}, .padding = {}, .output = {4, 4}},
                   {t, random_constant(builder, {3, 2, 2, 4}, 2)})[0];
  t = normalize(t, 3);
  t = builder.node(OpKind::FullyConnected, FullyConnected{.keep_dims = true},
                   {t, random_constant(builder, {5, 3}, 3), random_constant(builder, {5}, 4)})[0];
  builder.output(normalize(t, 5));
  expect_prepared(builder, {OpKind::DepthwiseConv2d, OpKind::TransposeConv, OpKind::FullyConnected});
}

TEST(FoldChannelConstants, StaysWhereItWouldNotBeExact) {
  // Behind an activation, with a value a pixel, and where the convolution's own result is needed too.
  GraphBuilder behind_activation;
  TensorId t = unary(behind_activation, OpKind::Relu,
                     convolve(behind_activation, behind_activation.input("x", kImage)));
  behind_activation.output(
      binary(behind_activation, OpKind::Mul, t, random_constant(behind_activation, {kChannels}, 1)));
  expect_prepared(behind_activation, {OpKind::Conv2d, OpKind::Mul});

  GraphBuilder per_pixel;
  t = convolve(per_pixel, per_pixel.input("x", kImage));
  per_pixel.output(binary(per_pixel, OpKind::Add, t, random_constant(per_pixel, {1, 6, 5, kChannels}, 1)));
  expect_prepared(per_pixel, {OpKind::Conv2d, OpKind::Add});

  GraphBuilder two_readers;
  t = convolve(two_readers, two_readers.input("x", kImage));
  const TensorId scaled = binary(two_readers, OpKind::Mul, t, two_readers.constant<float>({}, {3.0f}));
  two_readers.output(binary(two_readers, OpKind::Add, t, scaled));
  expect_prepared(two_readers, {OpKind::Conv2d, OpKind::Mul, OpKind::Add});

  GraphBuilder by_zero;
  t = convolve(by_zero, by_zero.input("x", kImage));
  by_zero.output(binary(by_zero, OpKind::Div, t, by_zero.constant<float>({}, {0.0f})));
  EXPECT_EQ(operators(prepare(by_zero.graph())), (std::vector<OpKind>{OpKind::Conv2d, OpKind::Div}));
}

TEST(FoldChannelConstants, SharedWeightsChangeForOneReaderOnly) {
  GraphBuilder builder;
  const TensorId x = builder.input("x", kImage);
  const TensorId weights = random_constant(builder, {kChannels, 1, 1, 3}, 1);
  const TensorId a = builder.node(OpKind::Conv2d, Conv2d{}, {x, weights})[0];
  const TensorId b = builder.node(OpKind::Conv2d, Conv2d{}, {x, weights})[0];
  builder.output(binary(builder, OpKind::Mul, a, builder.constant<float>({}, {3.0f}))).output(b);
  expect_prepared(builder, {OpKind::Conv2d, OpKind::Conv2d});
}

TEST(FuseActivations, IntoTheNodeInFront) {
  for (const OpKind op : {OpKind::Relu, OpKind::Relu6, OpKind::ReluN1To1}) {
    GraphBuilder builder;
    const TensorId x = builder.input("x", kImage);
    const TensorId sum = unary(builder, op, binary(builder, OpKind::Add, x, x));
    builder.output(unary(builder, op, convolve(builder, sum)));
    const Graph after = expect_prepared(builder, {OpKind::Add, OpKind::Conv2d});
    EXPECT_EQ(after.nodes[1].name, "node_2");
    EXPECT_EQ(after.nodes[1].source_nodes, (std::vector<std::string>{"node_2", "node_3"}));
  }
}

TEST(FuseActivations, ComposesWhatIsOneActivation) {
  GraphBuilder builder;
  TensorId t = convolve(builder, builder.input("x", kImage));
  t = unary(builder, OpKind::Relu, t);
  t = unary(builder, OpKind::Relu6, t);
  t = unary(builder, OpKind::Relu, t);
  builder.output(unary(builder, OpKind::ReluN1To1, t));
  expect_prepared(builder, {OpKind::Conv2d, OpKind::ReluN1To1});
}

TEST(FuseActivations, StaysWhereTheResultBeforeItIsNeeded) {
  GraphBuilder builder;
  const TensorId t = convolve(builder, builder.input("x", kImage));
  builder.output(t).output(unary(builder, OpKind::Relu, t));
  expect_prepared(builder, {OpKind::Conv2d, OpKind::Relu});
}

TEST(RecognizeClips, MaximumAndMinimumWithConstants) {
  GraphBuilder builder;
  const TensorId x = builder.input("x", kImage);
  const auto bound = [&](OpKind op, TensorId t, float value) {
    return builder.node(op, NoAttributes{}, {t, builder.constant<float>({1}, {value})})[0];
  };
  const TensorId t = builder.node(OpKind::Mul, Elementwise{}, {x, builder.constant<float>({1}, {5.0f})})[0];
  builder.output(bound(OpKind::Minimum, bound(OpKind::Maximum, t, 0.0f), 6.0f));
  builder.output(bound(OpKind::Minimum, bound(OpKind::Maximum, t, -1.0f), 1.0f));
  builder.output(bound(OpKind::Maximum, t, 0.0f));
  builder.output(bound(OpKind::Minimum, bound(OpKind::Maximum, t, -1.0f), 2.0f));
  expect_prepared(builder, {OpKind::Mul, OpKind::Relu6, OpKind::ReluN1To1, OpKind::Relu, OpKind::Maximum,
                            OpKind::Minimum});
}

/// x, and constants to make activations of it.
struct Parts : GraphBuilder {
  TensorId x = input("x", kImage);
  TensorId number(float value) { return constant<float>({}, {value}); }
  TensorId times(TensorId a, TensorId b) { return binary(*this, OpKind::Mul, a, b); }
  TensorId times(TensorId a, float b) { return times(a, number(b)); }
  TensorId over(TensorId a, float b) { return binary(*this, OpKind::Div, a, number(b)); }
  TensorId plus(TensorId a, TensorId b) { return binary(*this, OpKind::Add, a, b); }
  TensorId plus(TensorId a, float b) { return plus(a, number(b)); }
  TensorId gate() { return unary(*this, OpKind::Relu6, plus(x, 3)); }
  TensorId cube() { return times(x, times(x, x)); }
};

void expect_recognized(Parts& builder, TensorId output, OpKind kind) {
  builder.output(output);
  Graph graph = builder.graph();
  EXPECT_EQ(recognize_activations(graph, true), 1);
  EXPECT_EQ(operators(graph), std::vector{kind});
  EXPECT_EQ(graph.nodes[0].source_nodes.size(), builder.graph().nodes.size());
  const std::vector<float> values = random_values(kImage, 5);
  const std::vector<float> before = test::run<float>(builder.graph(), {values});
  const std::vector<float> after = test::run<float>(graph, {values});
  for (size_t i = 0; i < before.size(); ++i) EXPECT_NEAR(before[i], after[i], 1e-6f) << i;
}

TEST(RecognizeActivations, InTheFormsThatExportersWrite) {
  using Make = TensorId (*)(Parts&);
  const struct {
    OpKind kind;
    Make make;
  } forms[] = {
      {OpKind::HardSigmoid, [](Parts& p) { return p.over(p.gate(), 6); }},
      {OpKind::HardSwish, [](Parts& p) { return p.over(p.times(p.x, p.gate()), 6); }},
      {OpKind::HardSwish, [](Parts& p) { return p.times(p.times(p.gate(), 1.0f / 6), p.x); }},
      {OpKind::HardSwish,
       [](Parts& p) {
         return p.times(p.x, p.node(OpKind::HardSigmoid, HardSigmoid{1.0f / 6, 0.5f}, {p.x})[0]);
       }},
      {OpKind::Silu, [](Parts& p) { return p.times(p.x, unary(p, OpKind::Logistic, p.x)); }},
      {OpKind::Gelu,
       [](Parts& p) {
         const TensorId erf = unary(p, OpKind::Erf, p.over(p.x, 1.41421356f));
         return p.times(p.times(p.x, p.plus(erf, 1)), 0.5f);
       }},
      {OpKind::Gelu,
       [](Parts& p) {
         const TensorId erf = unary(p, OpKind::Erf, p.times(p.x, 0.70710678f));
         return p.times(p.times(p.x, 0.5f), p.plus(erf, 1));
       }},
      {OpKind::Gelu,
       [](Parts& p) {
         const TensorId inner = p.plus(p.x, p.times(p.cube(), 0.044715f));
         const TensorId tanh = unary(p, OpKind::Tanh, p.times(inner, 0.79788456f));
         return p.times(p.times(p.x, 0.5f), p.plus(tanh, 1));
       }},
      {OpKind::Gelu,
       [](Parts& p) {
         const TensorId power = p.node(OpKind::Pow, NoAttributes{}, {p.x, p.number(3)})[0];
         const TensorId inner = p.plus(p.times(power, 0.044715f), p.x);
         const TensorId tanh = unary(p, OpKind::Tanh, p.times(inner, 0.79788456f));
         return p.times(p.x, p.times(p.plus(tanh, 1), 0.5f));
       }},
  };
  for (const auto& [kind, make] : forms) {
    SCOPED_TRACE(to_string(kind));
    Parts parts;
    expect_recognized(parts, make(parts), kind);
  }
}

TEST(RecognizeActivations, StayWhereTheyAreOthers) {
  using Make = TensorId (*)(Parts&);
  const Make others[] = {
      [](Parts& p) { return p.over(p.gate(), 5); },
      [](Parts& p) { return p.over(unary(p, OpKind::Relu6, p.plus(p.x, 2)), 6); },
      [](Parts& p) { return p.times(p.x, unary(p, OpKind::Logistic, p.times(p.x, 1.702f))); },
      // The gate is an output too.
      [](Parts& p) {
        const TensorId sigmoid = unary(p, OpKind::Logistic, p.x);
        p.output(sigmoid);
        return p.times(p.x, sigmoid);
      },
      // Another tensor's gate.
      [](Parts& p) { return p.times(p.input("y", kImage), unary(p, OpKind::Logistic, p.x)); },
      // The product has another shape than x.
      [](Parts& p) {
        const TensorId y = p.input("y", {1, 1, 1, 3});
        return p.over(p.times(p.x, unary(p, OpKind::Relu6, p.plus(y, 3))), 6);
      },
  };
  for (const Make make : others) {
    Parts parts;
    parts.output(make(parts));
    Graph graph = parts.graph();
    EXPECT_EQ(recognize_activations(graph, true), 0);
    EXPECT_EQ(operators(graph), operators(parts.graph()));
  }
}

TEST(RecognizeFullyConnected, OfAProductWithAConstantMatrix) {
  for (const bool transpose_b : {false, true}) {
    GraphBuilder builder;
    const TensorId x = builder.input("x", {1, 2, 6, 5});
    const Shape matrix = transpose_b ? Shape{1, 1, 4, 5} : Shape{5, 4};
    builder.output(builder.node(OpKind::BatchMatmul, BatchMatmul{false, transpose_b},
                                {x, random_constant(builder, matrix, 3)})[0]);
    expect_prepared(builder, {OpKind::FullyConnected});
  }
}

TEST(RecognizeFullyConnected, StaysWhereItIsNone) {
  const auto stays = [](const Shape& x, const BatchMatmul& attributes, const Shape& matrix) {
    GraphBuilder builder;
    builder.output(builder.node(OpKind::BatchMatmul, attributes,
                                {builder.input("x", x), random_constant(builder, matrix, 3)})[0]);
    expect_prepared(builder, {OpKind::BatchMatmul});
  };
  stays({1, 2, 5, 6}, {true, false}, {5, 4});      // Columns of the left operand.
  stays({1, 2, 6, 5}, {false, false}, {2, 5, 4});  // A matrix for each batch.
  stays({6, 5}, {false, false}, {1, 5, 4});        // A dimension more.
}

constexpr Options kForMla = {.for_mla = true};

TEST(ForMla, KeepsReducedDimensions) {
  for (const OpKind op : {OpKind::Mean, OpKind::Sum, OpKind::ReduceMax}) {
    GraphBuilder builder;
    const TensorId x = builder.input("x", kImage);
    builder.output(builder.node(op, Reduce{{1, 2}, false}, {x})[0]);
    const Graph after = expect_prepared(builder, {op, OpKind::Reshape}, kForMla);
    EXPECT_EQ(after.tensor(after.nodes[0].outputs[0]).shape, (Shape{1, 1, 1, 3}));
    expect_prepared(builder, {op});
  }
}

TEST(ForMla, ConvolvesFullyConnectedLayers) {
  GraphBuilder builder;
  const TensorId x = builder.input("x", kImage);
  const TensorId flat = builder.node(OpKind::Reshape, Reshape{{1, 90}}, {x})[0];
  const TensorId hidden =
      builder.node(OpKind::FullyConnected, FullyConnected{.activation = Activation::Relu},
                   {flat, random_constant(builder, {7, 90}, 1), random_constant(builder, {7}, 2)})[0];
  builder.output(builder.node(OpKind::FullyConnected, FullyConnected{},
                              {hidden, random_constant(builder, {4, 7}, 3)})[0]);
  const Graph after = expect_prepared(builder, {OpKind::Conv2d, OpKind::Conv2d, OpKind::Reshape}, kForMla);
  EXPECT_EQ(after.tensor(after.nodes[0].inputs[1]).shape, (Shape{7, 6, 5, 3}));
  EXPECT_EQ(after.tensor(after.nodes[1].inputs[1]).shape, (Shape{4, 1, 1, 7}));
  EXPECT_EQ(after.nodes[0].name, builder.graph().nodes[1].name);
  expect_prepared(builder, {OpKind::Reshape, OpKind::FullyConnected, OpKind::FullyConnected});
}

TEST(ForMla, ConvolvesRowsOfFullyConnectedLayers) {
  for (const bool keep_dims : {false, true}) {
    GraphBuilder builder;
    const TensorId x = builder.input("x", {2, 3, 5});
    builder.output(builder.node(OpKind::FullyConnected, FullyConnected{.keep_dims = keep_dims},
                                {x, random_constant(builder, {4, 5}, 1)})[0]);
    expect_prepared(builder, {OpKind::Reshape, OpKind::Conv2d, OpKind::Reshape}, kForMla);
  }
  GraphBuilder builder;  // Four dimensions stay.
  const TensorId x = builder.input("x", {1, 2, 3, 5});
  builder.output(builder.node(OpKind::FullyConnected, FullyConnected{.keep_dims = true},
                              {x, random_constant(builder, {4, 5}, 1)})[0]);
  expect_prepared(builder, {OpKind::FullyConnected}, kForMla);
}

TEST(ForMla, ConcatenatesPaddedChannels) {
  const auto padded = [](const std::vector<std::array<int32_t, 2>>& paddings, float value,
                         const std::vector<OpKind>& expected) {
    GraphBuilder builder;
    builder.output(builder.node(OpKind::Pad, Pad{paddings, value}, {builder.input("x", kImage)})[0]);
    expect_prepared(builder, expected, kForMla);
  };
  padded({{0, 0}, {0, 0}, {0, 0}, {0, 5}}, 0, {OpKind::Concatenation});
  padded({{0, 0}, {0, 0}, {0, 0}, {2, 1}}, 0, {OpKind::Concatenation});
  padded({{0, 0}, {1, 0}, {0, 2}, {0, 1}}, 0, {OpKind::Pad, OpKind::Concatenation});
  padded({{0, 0}, {1, 0}, {0, 2}, {0, 0}}, 0, {OpKind::Pad});
  padded({{0, 0}, {0, 0}, {0, 0}, {0, 5}}, 1, {OpKind::Pad});
}

TEST(RemoveDeadNodes, AndTheirTensors) {
  GraphBuilder builder;
  const TensorId x = builder.input("x", kImage);
  convolve(builder, convolve(builder, x));
  builder.output(builder.node(OpKind::MaxPool2d, kPool, {x})[0]);
  const Graph after = expect_prepared(builder, {OpKind::MaxPool2d});
  EXPECT_EQ(after.tensors.size(), 2u);
}

TEST(Prepare, SplitsWhatTfliteLacksForTfliteAlone) {
  const HardSigmoid attributes = {.alpha = 0.25f, .beta = 0.5f};
  for (const bool for_tflite : {false, true}) {
    GraphBuilder builder;
    const TensorId x = builder.input("x", kImage);
    builder.output(builder.node(OpKind::HardSigmoid, attributes, {x})[0]);
    const std::vector<OpKind> parts = {OpKind::Mul, OpKind::Add, OpKind::Minimum};
    expect_prepared(builder, for_tflite ? parts : std::vector{OpKind::HardSigmoid},
                    {.for_tflite = for_tflite});
  }
}

/// What one node of an operator without attributes becomes.
void expect_split(OpKind op, const std::vector<OpKind>& expected, const Options& options) {
  SCOPED_TRACE(to_string(op));
  GraphBuilder builder;
  builder.output(unary(builder, op, builder.input("x", kImage)));
  expect_prepared(builder, expected, options);
}

TEST(Prepare, SplitsOperatorsWhosePartsTheTargetHasInIntegers) {
  const Options mla = {.for_mla = true}, tflite = {.for_tflite = true};
  const std::vector<OpKind> softplus = {OpKind::Relu, OpKind::Abs, OpKind::Logistic, OpKind::Log,
                                        OpKind::Sub};
  std::vector<OpKind> mish = softplus;
  mish.insert(mish.end(), {OpKind::Tanh, OpKind::Mul});
  expect_split(OpKind::Silu, {OpKind::Logistic, OpKind::Mul}, tflite);
  expect_split(OpKind::Silu, {OpKind::Silu}, mla);
  expect_split(OpKind::Softplus, softplus, tflite);
  expect_split(OpKind::Softplus, {OpKind::Softplus}, mla);
  expect_split(OpKind::Mish, mish, tflite);
  expect_split(OpKind::Mish, {OpKind::Softplus, OpKind::Tanh, OpKind::Mul}, mla);
  for (const OpKind whole : {OpKind::Erf, OpKind::Reciprocal, OpKind::Softsign, OpKind::Sin}) {
    expect_split(whole, {whole}, tflite);
    expect_split(whole, {whole}, mla);
  }
}

TEST(Prepare, FoldsTheLineOfAHardSigmoidIntoTheConvolutionInFrontOfIt) {
  GraphBuilder builder;
  const TensorId features = convolve(builder, builder.input("x", kImage));
  builder.output(builder.node(OpKind::HardSigmoid, HardSigmoid{}, {features})[0]);
  const Graph graph = expect_prepared(builder, {OpKind::Conv2d, OpKind::Minimum}, {.for_tflite = true});
  EXPECT_EQ(std::get<Conv2d>(graph.nodes[0].attributes).activation, Activation::Relu);
}

}  // namespace
}  // namespace octet::prepare
