// The pipeline from a file to a file: any number of workers makes the same model, and none takes in what was
// gathered for another one.
#include "support/pipeline.h"

#include <gtest/gtest.h>

#include <memory>
#include <optional>

#include "formats/octet/octet_file.h"
#include "json/value.h"
#include "pipeline/auxiliary.h"
#include "support/graph_builder.h"
#include "support/models.h"

namespace octet::pipeline {
namespace {

using test::GraphBuilder;
using test::Random;
using Samples = std::vector<std::vector<float>>;

const Shape kImage = {1, 6, 6, 3};

/// Two layers with a channel each that reaches far.
Graph graph_of_two(float far = 20) {
  Random random(3);
  GraphBuilder builder;
  std::vector<float> weights = random.floats(8 * 9 * 3, -1, 1);
  for (size_t i = 0; i < 27; ++i) weights[i] *= far;
  const TensorId hidden =
      builder.node(OpKind::Conv2d, Conv2d{.activation = Activation::Relu},
                   {builder.input("image", kImage), builder.constant<float>({8, 3, 3, 3}, weights)})[0];
  builder.output(builder.node(OpKind::Conv2d, Conv2d{},
                              {hidden, builder.constant<float>({2, 1, 1, 8}, random.floats(16, -1, 1))})[0]);
  return builder.graph();
}

Samples samples_of(size_t count) {
  Random random(5);
  Samples samples;
  for (size_t i = 0; i < count; ++i) samples.push_back(random.floats(kImage.elements(), -1, 2));
  return samples;
}

/// Settings that need all passes over the samples.
quantize::QuantizationParams all_passes() {
  quantize::QuantizationParams params;
  params.requantization = RequantizationMode::Tflite;
  params.smooth_quant = {.enabled = true};
  params.bias_correction = quantize::BiasCorrection::Iterative;
  params.adaptive_rounding = true;
  return params;
}

void write(Sample& sample, const std::vector<float>& values) {
  const auto bytes = std::as_bytes(std::span(values));
  std::copy(bytes.begin(), bytes.end(), sample.input(0).begin());
}

Bytes written(const std::function<void(const formats::Sink&)>& write) {
  Bytes bytes;
  write([&](std::span<const std::byte> file) { bytes.assign(file.begin(), file.end()); });
  return bytes;
}

/// The same as test::quantize() with samples dealt to workers, the last sample first.
Bytes file_of_workers(const Net& net, const quantize::QuantizationParams& params, const Samples& samples,
                      size_t workers) {
  const auto deal = [&](const auto& passes) {
    std::vector<Bytes> seen(samples.size());
    for (size_t i = samples.size(); i-- > 0;) {
      write(*passes[i % workers], samples[i]);
      seen[i] = passes[i % workers]->observe();
    }
    return seen;
  };
  const auto team = [&](const auto& make) {
    std::vector<decltype(make())> passes;
    for (size_t w = 0; w < workers; ++w) passes.push_back(make());
    return passes;
  };
  const auto channels = team([&] { return net.channels(params); });
  for (const Bytes& sample : deal(channels)) channels[0]->fold(sample);
  const auto calibrations = team([&] { return net.calibrate(params, channels[0]->state()); });
  for (const Bytes& sample : deal(calibrations)) calibrations[0]->fold(sample);
  for (size_t w = 1; w < workers; ++w) calibrations[0]->merge(calibrations[w]->state());
  std::vector<std::shared_ptr<QuantizationPasses>> passes;
  for (const auto& calibration : calibrations) passes.push_back(calibration->quantization(params));
  for (;;) {
    const Bytes draft = written([&](const formats::Sink& sink) { passes[0]->draft(sink); });
    if (draft.empty()) break;
    for (const auto& each : passes) each->begin_pass(draft);
    deal(passes);
    for (size_t w = 1; w < workers; ++w) passes[0]->merge(passes[w]->state());
  }
  return written([&](const formats::Sink& sink) { passes[0]->finish({}, sink); });
}

TEST(Pipeline, WorkersDoNotMatter) {
  const auto net = test::net_of(graph_of_two());
  const Samples samples = samples_of(7);
  const auto alone = test::quantize(*net, all_passes(), samples);
  for (const size_t workers : {1u, 2u, 3u})
    EXPECT_EQ(file_of_workers(*net, all_passes(), samples, workers),
              formats::octet_file::write(alone->contents()));
}

void expect_foreign(const std::function<void()>& take) {
  try {
    take();
    ADD_FAILURE() << "It was taken in.";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::InvalidInput) << error.message();
    EXPECT_NE(error.message().find("of another model, or of other settings"), std::string::npos)
        << error.message();
    EXPECT_NE(error.hint(), "");
  }
}

TEST(Pipeline, TakesNothingOfOtherSettings) {
  const auto net = test::net_of(graph_of_two());
  const std::vector<float> sample = samples_of(1)[0];
  quantize::QuantizationParams other = all_passes();
  other.smooth_quant.alpha = 0.25;

  const auto channels = net->channels(all_passes());
  const auto other_channels = net->channels(other);
  write(*channels, sample);
  write(*other_channels, sample);
  channels->fold(channels->observe());
  expect_foreign([&] { other_channels->fold(channels->observe()); });
  expect_foreign([&] { net->calibrate(other, channels->state()); });
  EXPECT_THROW(net->calibrate(all_passes(), {}), Error);

  other_channels->fold(other_channels->observe());
  const auto calibration = net->calibrate(all_passes(), channels->state());
  const auto other_calibration = net->calibrate(other, other_channels->state());
  write(*calibration, sample);
  const Bytes seen = calibration->observe();
  calibration->fold(seen);
  expect_foreign([&] { other_calibration->fold(seen); });
  expect_foreign([&] { other_calibration->merge(calibration->state()); });
  EXPECT_FALSE(calibration->serves(other));
  EXPECT_THROW(calibration->quantization(other), Error);
}

TEST(Pipeline, TakesNothingOfAnotherPass) {
  const auto net = test::net_of(graph_of_two());
  const auto params = all_passes();
  const Samples samples = samples_of(2);
  const auto begun = [&](QuantizationPasses& passes, const Bytes& draft) { passes.begin_pass(draft); };
  const auto channels = net->channels(params);
  write(*channels, samples[0]);
  channels->fold(channels->observe());
  const auto calibration = net->calibrate(params, channels->state());
  write(*calibration, samples[0]);
  calibration->fold(calibration->observe());
  const auto first = calibration->quantization(params);
  const auto second = calibration->quantization(params);
  const Bytes draft = written([&](const formats::Sink& sink) { first->draft(sink); });
  begun(*first, draft);
  begun(*second, draft);
  write(*first, samples[0]);
  first->observe();
  const Bytes stale = first->state();
  second->merge(stale);
  const Bytes next = written([&](const formats::Sink& sink) { first->draft(sink); });
  begun(*first, next);
  expect_foreign([&] { first->merge(stale); });
  // Only who made the first draft can make the next one.
  EXPECT_THROW(written([&](const formats::Sink& sink) { second->draft(sink); }), Error);
  EXPECT_THROW(second->finish({}, [](std::span<const std::byte>) {}), Error);
}

TEST(Pipeline, TakesNothingOfAnotherModel) {
  const auto model = test::quantize(*test::net_of(graph_of_two()), {}, samples_of(2));
  const auto other = test::quantize(*test::net_of(graph_of_two(30)), {}, samples_of(2));
  const std::vector<float> sample = samples_of(1)[0];
  const auto analysis = model->analyze();
  const auto sensitivity = model->sensitivity(true);
  write(*analysis, sample);
  write(*sensitivity, sample);
  const Bytes errors = analysis->observe();
  const Bytes noise = sensitivity->observe();
  analysis->fold(errors);
  sensitivity->fold(noise);
  expect_foreign([&] { other->analyze()->fold(errors); });
  expect_foreign([&] { model->analyze_outputs()->fold(errors); });
  expect_foreign([&] { other->sensitivity(true)->fold(noise); });
  expect_foreign([&] { model->sensitivity(false)->fold(noise); });
  expect_foreign([&] { model->input_warnings(other->noticed()); });
  expect_foreign([&] { model->input_warnings(model->float_model()->noticed()); });
}

/// As each worker opens it: from the file, where another worker has made it.
TEST(Pipeline, TakesWhatWasGatheredWithTheSavedModel) {
  Bytes file;
  const auto net = test::net_of(graph_of_two());
  const auto calibration = net->calibrate({}, {});
  write(*calibration, samples_of(1)[0]);
  calibration->fold(calibration->observe());
  const auto passes = calibration->quantization({});
  EXPECT_TRUE(written([&](const formats::Sink& sink) { passes->draft(sink); }).empty());
  const auto made =
      passes->finish({}, [&](std::span<const std::byte> bytes) { file.assign(bytes.begin(), bytes.end()); });
  const auto loaded = QuantizedModel::load(file);
  EXPECT_EQ(loaded->info(), made->info());
  const auto analysis = loaded->analyze();
  write(*analysis, samples_of(1)[0]);
  const auto of_made = made->analyze();
  of_made->fold(analysis->observe());
  const json::Value errors = json::parse(of_made->errors(true));
  EXPECT_EQ(errors.size(), 2u);
  // Nothing was written: zeros.
  EXPECT_NE(loaded->input_warnings(made->noticed()).find("from 0 to 0, and was from -"), std::string::npos);
}

/// As another session has it.
std::shared_ptr<QuantizedModel> reopened(const QuantizedModel& model) {
  return QuantizedModel::load(formats::octet_file::write(model.contents()));
}

/// Of all nodes that may compute in INT16.
size_t nodes_that_may_rise(const QuantizedModel& model, const std::vector<float>& sample) {
  const auto sensitivity = model.sensitivity(false);
  write(*sensitivity, sample);
  sensitivity->fold(sensitivity->observe());
  sensitivity->search_all();
  return json::parse(sensitivity->int16_nodes())["nodes"].size();
}

TEST(Pipeline, ShapesThatTheUserLetsOnTheMlaAreKnownWhenTheFileIsOpened) {
  GraphBuilder builder;
  Random random(7);
  builder.output(builder.node(
      OpKind::FullyConnected, FullyConnected{},
      {builder.input("x", {1, 8}), builder.constant<float>({4, 8}, random.floats(32, -1, 1))})[0]);
  const std::vector<float> sample = random.floats(8, -1, 1);
  for (const bool any_shape : {false, true}) {
    partition::Target target = partition::target_by_key("gen2");
    target.any_shape_on_mla = any_shape;
    const auto model = test::quantize(*test::net_of(builder.graph(), target), {}, {sample});
    EXPECT_EQ(nodes_that_may_rise(*reopened(*model), sample), any_shape ? 1u : 0u);
  }
}

TEST(Pipeline, FilesSayHowTheirModelIsDivided) {
  const auto net = test::net_of(graph_of_two(), partition::target_by_key("gen2"));
  const auto model = test::quantize(*net, {}, samples_of(2));
  const json::Value info = json::parse(reopened(*model)->info());
  EXPECT_EQ(to_string(info["partition"]), net->partition_with({}));
  EXPECT_EQ(info["report"]["partition"], info["partition"]);
}

TEST(Pipeline, AWholeKnowsWhatItsPartsKnow) {
  const auto net = test::net_of(graph_of_two(), partition::target_by_key("gen2"));
  quantize::QuantizationParams params;
  params.custom_configs["node_1"].precision = quantize::NodePrecision::Int16;
  const auto model = test::quantize(*net, params, samples_of(3));
  const auto ignore = [](std::span<const std::byte>) {};
  const AuxiliaryOptions crop = auxiliary_options_from_json(
      R"({"name": "pre", "target": "gen2", "transforms": [{"transform": "identity"}], "octetVersion": "1",
          "inputTypes": [{"name": "picture", "dtype": "float32", "shape": [1, 6, 6, 3]}]})");
  const auto pre = create_auxiliary_network(crop, ignore);
  EXPECT_EQ(pre->contents().transforms_json, R"([{"transform":"identity"}])");

  const auto file_of = [](const QuantizedModel& each) { return formats::octet_file::write(each.contents()); };
  const auto whole = compose({file_of(*pre), file_of(*model)}, {}, ignore);
  const formats::octet_file::Contents& known = whole->contents();
  EXPECT_EQ(known.quantized.name, model->contents().quantized.name);
  EXPECT_EQ(known.settings_json, model->contents().settings_json);
  EXPECT_EQ(known.calibration_samples, 3u);
  EXPECT_EQ(known.source_bytes, 1000u);
  EXPECT_TRUE(known.transforms_json.empty());
  // Its input is the first part's, which nothing was calibrated for.
  EXPECT_TRUE(known.input_ranges.empty());
  EXPECT_EQ(compose({file_of(*model)}, {}, ignore)->contents().input_ranges, model->contents().input_ranges);
  EXPECT_EQ(model->contents().input_ranges.size(), 1u);

  const json::Value report = json::parse(known.report_json);
  EXPECT_EQ(report["parts"].size(), 2u);
  EXPECT_EQ(report["parts"].elements()[0]["transforms"], json::parse(pre->contents().transforms_json));
  EXPECT_EQ(report["provenance"]["calibrationSamples"].integer(), 3);
}

TEST(Pipeline, TheSettingsOfAWholeNameItsNodesAsItDoes) {
  const auto ignore = [](std::span<const std::byte>) {};
  const auto pre = create_auxiliary_network(
      auxiliary_options_from_json(
          R"({"name": "pre", "target": "gen2", "transforms": [{"transform": "sigmoid"}], "octetVersion": "1",
              "inputTypes": [{"name": "picture", "dtype": "float32", "shape": [1, 6, 6, 3]}]})"),
      ignore);
  const std::string taken = pre->contents().quantized.nodes[0].name;
  Graph graph = graph_of_two();
  graph.nodes[0].name = taken;
  quantize::QuantizationParams params;
  params.custom_configs[taken].precision = quantize::NodePrecision::Int16;
  params.unquantized_nodes = {"node_1"};
  const auto model =
      test::quantize(*test::net_of(graph, partition::target_by_key("gen2")), params, samples_of(1));

  const auto whole =
      compose({formats::octet_file::write(pre->contents()), formats::octet_file::write(model->contents())},
              {}, ignore);
  const auto settings = quantize::params_from_json(whole->contents().settings_json);
  EXPECT_EQ(settings.unquantized_nodes, params.unquantized_nodes);
  ASSERT_EQ(settings.custom_configs.size(), 1u);
  const std::string& name = settings.custom_configs.begin()->first;
  EXPECT_NE(name, taken);
  const Graph& float_graph = whole->contents().float_graph;
  EXPECT_TRUE(std::any_of(float_graph.nodes.begin(), float_graph.nodes.end(),
                          [&](const Node& node) { return node.name == name && node.op == OpKind::Conv2d; }));
}

TEST(Pipeline, RefusesIndicesThatAreNone) {
  const auto net = test::net_of(graph_of_two());
  EXPECT_THROW(net->input(1), Error);
  EXPECT_THROW(net->input(-1), Error);
  const auto run = [&](int tensor) {
    net->run(std::vector<int>{tensor}, [](size_t, std::span<const std::byte>) {});
  };
  EXPECT_NO_THROW(run(0));
  EXPECT_THROW(run(-1), Error);
  EXPECT_THROW(run(100), Error);
  EXPECT_THROW(net->constant(0), Error);
  EXPECT_THROW(net->constant(100), Error);
  EXPECT_EQ(net->constant(1).size(), 8 * 27 * sizeof(float));
}

TEST(Pipeline, HandsOverWhatIsAskedFor) {
  const auto net = test::net_of(graph_of_two());
  const std::vector<float> sample = samples_of(1)[0];
  write(*net, sample);
  std::vector<Bytes> kept(3);
  net->run(std::vector<int>{4, 0, 1}, [&](size_t place, std::span<const std::byte> contents) {
    kept[place].assign(contents.begin(), contents.end());
  });
  const auto expected = std::as_bytes(std::span(sample));
  EXPECT_TRUE(std::equal(kept[1].begin(), kept[1].end(), expected.begin(), expected.end()));
  EXPECT_EQ(kept[2].size(), net->constant(1).size());
  EXPECT_EQ(kept[0].size(), 4 * 4 * 2 * sizeof(float));
}

TEST(Pipeline, LoadsAFile) {
  const Bytes file =
      test::read_file(std::filesystem::path(OCTET_SOURCE) / "tests/assets/boxes_beside_scores.tflite");
  const LoadOptions options = load_options_from_json(
      R"({"target": "gen2", "anyShapeOnMla": false, "inputShapes": {}, "outputs": [], "keepsLayout": false})");
  const auto net = Net::load(file, options);
  const json::Value info = json::parse(net->info());
  EXPECT_EQ(info["quantized"].boolean(), false);
  EXPECT_EQ(*info["defaultRequantization"].string(), "sima");
  // The same file for another target is another model.
  LoadOptions other = options;
  other.target.any_shape_on_mla = true;
  expect_foreign([&] { Net::load(file, other)->input_warnings(net->noticed()); });
  EXPECT_NO_THROW(Net::load(file, options)->input_warnings(net->noticed()));
  EXPECT_THROW(net->convert({}, [](std::span<const std::byte>) {}), Error);
}

TEST(Pipeline, SaysWhichOptionIsMissing) {
  try {
    convert_options_from_json(R"({"requantization": "sima", "octetVersion": 1})");
    FAIL();
  } catch (const Error& error) {
    EXPECT_NE(error.message().find("'octetVersion'"), std::string::npos) << error.message();
  }
}

}  // namespace
}  // namespace octet::pipeline
