#include "partition/partition.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "partition/nearest_names.h"
#include "support/graph_builder.h"

namespace octet::partition {
namespace {

const Shape kShape = {1, 4, 4, 2};

/// A node that the MLA runs and that changes nothing about the shape. Node i of a graph is named "node_<i>".
TensorId move(test::GraphBuilder& builder, TensorId input) {
  return builder.node(OpKind::Transpose, Transpose{{0, 2, 1, 3}}, {input})[0];
}

TensorId join(test::GraphBuilder& builder, std::vector<TensorId> inputs) {
  return builder.node(OpKind::Concatenation, Axis{3}, std::move(inputs))[0];
}

Report place(Graph& graph, std::string_view target = "gen1", std::set<std::string> in_float = {}) {
  return partition(graph, target_by_key(target), {.unquantized_nodes = std::move(in_float)});
}

std::vector<std::string> segment_names(const Report& report) {
  std::vector<std::string> names;
  for (const Segment& segment : report.segments) names.push_back(segment.name);
  return names;
}

/// Every segment reads only what inputs, constants and earlier segments have.
void expect_executable(const Graph& graph, const Report& report) {
  std::vector<bool> available(graph.tensors.size(), false);
  for (const TensorId input : graph.inputs) available[index(input)] = true;
  for (size_t s = 0; s < report.segments.size(); ++s) {
    const Segment& segment = report.segments[s];
    for (const TensorId input : segment.inputs) EXPECT_TRUE(available[index(input)]) << segment.name;
    for (const NodeId node : segment.nodes) {
      EXPECT_EQ(graph.node(node).placement.segment, static_cast<int>(s));
      EXPECT_EQ(graph.node(node).placement.unit, segment.unit);
      for (const TensorId output : graph.node(node).outputs) available[index(output)] = true;
    }
  }
}

TEST(Partition, AChainIsOneSegment) {
  test::GraphBuilder builder;
  const TensorId middle = move(builder, builder.input("x", kShape));
  const TensorId end = move(builder, middle);
  builder.output(end);
  const Report report = place(builder.graph());
  ASSERT_EQ(segment_names(report), (std::vector<std::string>{"MLA_0"}));
  EXPECT_EQ(report.segments[0].inputs, builder.graph().inputs);
  EXPECT_EQ(report.segments[0].outputs, (std::vector<TensorId>{end}));
  EXPECT_EQ(report.boundary_bytes, 0);
  EXPECT_TRUE(builder.graph().nodes[0].placement.reasons.empty());
}

TEST(Partition, ADiamondWithOneFloatSideDoesNotMakeASegmentWaitForItself) {
  // x -> 0 -> 1 (float) -> 3, and 0 -> 2 -> 3: node 2 may join 0, node 3 may not.
  test::GraphBuilder builder;
  const TensorId top = move(builder, builder.input("x", kShape));
  const TensorId left = move(builder, top);
  const TensorId right = move(builder, top);
  builder.output(join(builder, {left, right}));
  Graph& graph = builder.graph();
  const Report report = place(graph, "gen1", {"node_1"});
  ASSERT_EQ(segment_names(report), (std::vector<std::string>{"MLA_0", "APU_1", "MLA_2"}));
  EXPECT_EQ(report.segments[0].nodes, (std::vector<NodeId>{NodeId{0}, NodeId{2}}));
  EXPECT_EQ(report.segments[2].inputs, (std::vector<TensorId>{left, right}));
  EXPECT_EQ(report.segments[0].outputs, (std::vector<TensorId>{top, right}));
  expect_executable(graph, report);
  // INT8 out of MLA_0 twice, float out of APU_1 once; 32 elements each.
  EXPECT_EQ(report.boundary_bytes, 32 + 32 + 4 * 32);
}

TEST(Partition, WhatCrossesABoundaryHasTheBytesOfItsPrecision) {
  for (const Precision precision : {Precision::Int8, Precision::Int16, Precision::BFloat16}) {
    test::GraphBuilder builder;
    const TensorId first = move(builder, builder.input("x", kShape));
    builder.output(move(builder, first));
    const Report report = partition(
        builder.graph(), target_by_key("gen2"),
        {.unquantized_nodes = {"node_1"}, .precision = [precision](const Node&) { return precision; }});
    ASSERT_EQ(segment_names(report).size(), 2u);
    EXPECT_EQ(report.boundary_bytes, 32 * static_cast<int64_t>(size_of(dtype_of(precision))))
        << to_string(precision);
  }
}

TEST(Partition, PrecisionsOfAQuantizedGraphAreThoseOfItsFloatGraph) {
  for (const Precision precision : {Precision::Int8, Precision::Int16, Precision::BFloat16}) {
    test::GraphBuilder builder;
    const TensorId first = move(builder, builder.input("x", kShape));
    builder.output(move(builder, first));
    Graph& graph = builder.graph();
    place(graph, "gen2", {"node_1"});
    Graph quantized = graph;
    quantized.tensor(first).dtype = dtype_of(precision);
    copy_precisions(quantized, graph);
    EXPECT_EQ(report_on(graph, target_by_key("gen2")).boundary_bytes,
              32 * static_cast<int64_t>(size_of(dtype_of(precision))));
  }
}

TEST(Partition, SegmentsThatWaitForEachOtherAreKeptApart) {
  // a -> b and c -> d with {a, d} on the MLA and {b, c} in float: each pair alone is convex, both together
  // would deadlock.
  test::GraphBuilder builder;
  const TensorId a = move(builder, builder.input("x", kShape));
  const TensorId b = move(builder, a);
  const TensorId c = move(builder, builder.input("y", kShape));
  const TensorId d = move(builder, c);
  builder.output(b).output(d);
  Graph& graph = builder.graph();
  const Report report = place(graph, "gen1", {"node_1", "node_2"});
  expect_executable(graph, report);
  EXPECT_EQ(report.segments.size(), 3u);
}

TEST(Partition, RandomGraphsAreExecutableAndComplete) {
  test::Random random(1);
  for (int round = 0; round < 40; ++round) {
    test::GraphBuilder builder;
    std::vector<TensorId> tensors = {builder.input("x", kShape)};
    std::set<std::string> in_float;
    for (int n = 0; n < 30; ++n) {
      const TensorId source =
          tensors[static_cast<size_t>(random.uniform() * static_cast<double>(tensors.size()))];
      const TensorId other =
          tensors[static_cast<size_t>(random.uniform() * static_cast<double>(tensors.size()))];
      const bool joins = random.uniform() < 0.4 &&
                         builder.tensor(source).shape == builder.tensor(other).shape &&
                         builder.tensor(source).shape.channels() <= 8;
      tensors.push_back(joins ? join(builder, {source, other}) : move(builder, source));
      if (random.uniform() < 0.3) in_float.insert("node_" + std::to_string(n));
    }
    builder.output(tensors.back());
    Graph& graph = builder.graph();
    const Report report = place(graph, "gen2", in_float);
    expect_executable(graph, report);
    size_t nodes = 0;
    for (const Segment& segment : report.segments) nodes += segment.nodes.size();
    EXPECT_EQ(nodes, graph.nodes.size());
  }
}

TEST(Partition, EveryNodeOffTheMlaHasItsSentence) {
  test::GraphBuilder builder;
  const TensorId x = builder.input("x", {2, 4, 4, 2});
  builder.output(builder.node(OpKind::Concatenation, Axis{0}, {x, x})[0]);
  place(builder.graph());
  const Placement& placement = builder.graph().nodes[0].placement;
  EXPECT_EQ(placement.unit, Unit::Apu);
  ASSERT_EQ(placement.reasons.size(), 1u);
  EXPECT_EQ(
      placement.reasons[0],
      "CONCATENATION runs on the MLA only if it does not join along the batch axis, and its axis is 0.");
}

TEST(Partition, IntegerInputsStayOff) {
  test::GraphBuilder builder;
  builder.output(move(builder, builder.input("indices", kShape, DType::Int32)));
  place(builder.graph());
  ASSERT_EQ(builder.graph().nodes[0].placement.reasons.size(), 1u);
  EXPECT_EQ(builder.graph().nodes[0].placement.reasons[0],
            "Its input 'indices' is int32; only float32 tensors are quantized.");
}

/// The forms in which converters write a normalization over `axes` of `x`.
enum class Form : uint8_t { Keras, Centred, Divided, Rms };

TensorId norm(test::GraphBuilder& builder, TensorId x, const std::vector<int32_t>& axes, Form form) {
  const int32_t channels = builder.tensor(x).shape[-1];
  const auto constant = [&](float value) {
    return builder.constant<float>({channels}, std::vector<float>(static_cast<size_t>(channels), value));
  };
  const auto mean = [&](TensorId of) { return builder.node(OpKind::Mean, Reduce{axes, true}, {of})[0]; };
  const auto unary = [&](OpKind op, TensorId of) { return builder.node(op, NoAttributes{}, {of})[0]; };
  const auto binary = [&](OpKind op, TensorId a, TensorId b) {
    const bool difference = op == OpKind::SquaredDifference;
    return builder.node(op, difference ? Attributes(NoAttributes{}) : Attributes(Elementwise{}), {a, b})[0];
  };
  const TensorId epsilon = builder.constant<float>({}, {1e-3f});
  if (form == Form::Rms) {
    const TensorId squares = mean(binary(OpKind::Mul, x, x));
    const TensorId inverse = unary(OpKind::Rsqrt, binary(OpKind::Add, squares, epsilon));
    return binary(OpKind::Mul, binary(OpKind::Mul, x, inverse), constant(2));
  }
  const TensorId centre = mean(x);
  if (form == Form::Keras) {
    const TensorId variance = mean(binary(OpKind::SquaredDifference, x, centre));
    const TensorId inverse = unary(OpKind::Rsqrt, binary(OpKind::Add, variance, epsilon));
    const TensorId scale = binary(OpKind::Mul, inverse, constant(2));
    const TensorId offset = binary(OpKind::Sub, constant(1), binary(OpKind::Mul, centre, scale));
    return binary(OpKind::Add, binary(OpKind::Mul, x, scale), offset);
  }
  const TensorId centred = binary(OpKind::Sub, x, centre);
  const TensorId variance = mean(unary(OpKind::Square, centred));
  const TensorId sum = binary(OpKind::Add, variance, epsilon);
  const TensorId normal = form == Form::Divided ? binary(OpKind::Div, centred, unary(OpKind::Sqrt, sum))
                                                : binary(OpKind::Mul, centred, unary(OpKind::Rsqrt, sum));
  return binary(OpKind::Add, binary(OpKind::Mul, normal, constant(2)), constant(1));
}

TEST(Partition, ANormIsOneSegmentInEveryForm) {
  struct Case {
    Form form;
    std::vector<int32_t> axes;
    std::string kind;
    size_t nodes;
  };
  for (const Case& test : {Case{Form::Keras, {3}, "layer norm", 10},
                           {Form::Centred, {3}, "layer norm", 9},
                           {Form::Divided, {3}, "layer norm", 9},
                           {Form::Centred, {1, 2}, "instance norm", 9},
                           {Form::Keras, {1, 2}, "instance norm", 10},
                           {Form::Rms, {3}, "RMS norm", 6}}) {
    SCOPED_TRACE(test.kind);
    test::GraphBuilder builder;
    const TensorId x = move(builder, builder.input("x", kShape));
    const TensorId normal = norm(builder, x, test.axes, test.form);
    // The sum with what was normalized is none of the norm's.
    builder.output(builder.node(OpKind::Add, Elementwise{}, {x, normal})[0]);
    const size_t last = builder.graph().nodes.size() - 2;
    for (const std::string_view target : {"gen1", "gen2"}) {
      const Report report = place(builder.graph(), target);
      EXPECT_EQ(segment_names(report), (std::vector<std::string>{"MLA_0"}));
      EXPECT_EQ(report.notes,
                (std::vector<std::string>{"The " + std::to_string(test.nodes) + " nodes up to 'node_" +
                                          std::to_string(last) + "' are one " + test.kind +
                                          " and run on the MLA together."}));
    }
    EXPECT_TRUE(place(builder.graph(), "tflite").notes.empty());
    // One of its parts in float, and the others are judged alone.
    EXPECT_TRUE(place(builder.graph(), "gen1", {"node_2"}).notes.empty());
  }
}

TEST(Partition, WhatOnlyLooksLikeANormIsNone) {
  {  // Of height alone.
    test::GraphBuilder builder;
    builder.output(norm(builder, builder.input("x", kShape), {1}, Form::Keras));
    EXPECT_TRUE(place(builder.graph()).notes.empty());
  }
  {  // A root mean square that divides nothing.
    test::GraphBuilder builder;
    const TensorId x = builder.input("x", kShape);
    const TensorId squares = builder.node(OpKind::Square, NoAttributes{}, {x})[0];
    const TensorId mean = builder.node(OpKind::Mean, Reduce{{3}, true}, {squares})[0];
    builder.output(builder.node(OpKind::Sqrt, NoAttributes{}, {mean})[0]);
    EXPECT_TRUE(place(builder.graph()).notes.empty());
  }
  {  // Two dimensions, which the MLA takes on request only.
    test::GraphBuilder builder;
    builder.output(norm(builder, builder.input("x", {1, 8}), {1}, Form::Centred));
    EXPECT_TRUE(place(builder.graph()).notes.empty());
    Target target = target_by_key("gen1");
    target.any_shape_on_mla = true;
    const Report report = partition(builder.graph(), target);
    EXPECT_EQ(report.notes.size(), 1u);
  }
}

TEST(Partition, AnyShapeRunsOnTheMlaOnRequest) {
  test::GraphBuilder builder;
  const TensorId x = builder.input("x", {1, 6});
  builder.output(builder.node(OpKind::Tanh, NoAttributes{}, {x})[0]);
  Target target = target_by_key("gen1");
  partition(builder.graph(), target);
  EXPECT_EQ(builder.graph().nodes[0].placement.unit, Unit::Apu);
  target.any_shape_on_mla = true;
  partition(builder.graph(), target);
  EXPECT_EQ(builder.graph().nodes[0].placement.unit, Unit::Mla);
}

TEST(Partition, TheCvuTakesTheEdgesOnly) {
  // Transposes are known to the CVU, concatenations are not: float nodes 0, 1 | join 2 | 3 | join 4 | 5.
  test::GraphBuilder builder;
  TensorId t = move(builder, move(builder, builder.input("x", kShape)));
  t = join(builder, {t, t});
  t = move(builder, t);
  t = join(builder, {t, t});
  builder.output(move(builder, t));
  Graph& graph = builder.graph();
  const std::set<std::string> all = {"node_0", "node_1", "node_2", "node_3", "node_4", "node_5"};
  EXPECT_EQ(segment_names(place(graph, "gen1", all)), (std::vector<std::string>{"CVU_0", "APU_1", "CVU_2"}));
  EXPECT_EQ(graph.nodes[3].placement.unit, Unit::Apu);
  EXPECT_EQ(graph.nodes[0].placement.reasons,
            (std::vector<std::string>{"You asked for it to stay in float."}));
  EXPECT_EQ(segment_names(place(graph, "tflite", all)), (std::vector<std::string>{"APU_0"}));
  EXPECT_EQ(segment_names(place(graph, "tflite")), (std::vector<std::string>{"TFLite_0"}));
}

TEST(Partition, UnitsAddUp) {
  test::GraphBuilder builder;
  const TensorId x = builder.input("x", kShape);
  const TensorId constant = builder.constant<float>({1, 4, 4, 2}, std::vector<float>(32, 1.0f));
  const TensorId first = join(builder, {x, constant});
  builder.output(join(builder, {first, constant}));
  const Report report = place(builder.graph(), "gen1", {"node_1"});
  ASSERT_EQ(report.units.size(), 3u);
  EXPECT_EQ(report.units[0].nodes, 1);
  EXPECT_EQ(report.units[0].parameters, 32);
  EXPECT_EQ(report.units[1].nodes, 1);
  EXPECT_EQ(report.units[1].parameters, 0);  // The shared constant counts where it is first read.
}

TEST(Partition, AnUnknownNameNamesTheNearest) {
  test::GraphBuilder builder;
  builder.output(move(builder, builder.input("x", kShape)));
  builder.graph().nodes[0].source_nodes = {"conv_a", "relu_a"};
  EXPECT_NO_THROW(place(builder.graph(), "gen1", {"relu_a"}));
  EXPECT_EQ(builder.graph().nodes[0].placement.unit, Unit::Cvu);
  try {
    place(builder.graph(), "gen1", {"node0"});
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::InvalidConfig);
    EXPECT_NE(error.message().find("'node0'"), std::string::npos);
    EXPECT_EQ(error.hint(), "The nearest names are 'node_0'.");
  }
}

TEST(NearestNames, SortsByEditDistance) {
  const std::vector<std::string> names = {"block_1/conv", "block_10/conv", "block_2/add", "head"};
  EXPECT_EQ(nearest_names("block_1conv", names, 2),
            (std::vector<std::string>{"block_1/conv", "block_10/conv"}));
  EXPECT_EQ(nearest_names("hed", names, 1), (std::vector<std::string>{"head"}));
}

TEST(Target, KeysAndTheirErrors) {
  for (const Target& target : all_targets()) {
    EXPECT_EQ(&target_by_key(target.key), &target);
    EXPECT_EQ(&target_of(target.id), &target);
  }
  EXPECT_THROW(target_by_key("gen3"), Error);
}

}  // namespace
}  // namespace octet::partition
