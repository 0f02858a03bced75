// The whole pipeline in the native build, for the determinism suite: it must write the same bytes as the WASM
// build.
//   octet_native_quantize MODEL.tflite TARGET SETTINGS.json SAMPLES.f32 OUT.tflite
// SAMPLES holds float32 samples of the only input, one after another.
#include <cstdio>
#include <exception>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>

#include "calibrate/calibrator.h"
#include "formats/tflite/reader.h"
#include "formats/tflite/writer.h"
#include "partition/partition.h"
#include "prepare/prepare.h"
#include "quantize/channels/channel_methods.h"
#include "quantize/precision/int16_parts.h"
#include "quantize/precision/placement.h"
#include "quantize/quantize.h"
#include "quantize/refinement/refinement.h"
#include "quantize/settings/node_settings.h"

namespace {

using namespace octet;

Bytes read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw Error(ErrorCode::InvalidInput, "Cannot read '" + path + "'.");
  const std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  const auto* bytes = reinterpret_cast<const std::byte*>(text.data());
  return Bytes(bytes, bytes + text.size());
}

void run(const std::string& model, const std::string& target_key, const std::string& settings,
         const std::string& samples_path, const std::string& out) {
  const Bytes json = read_file(settings);
  const quantize::QuantizationParams params =
      quantize::params_from_json({reinterpret_cast<const char*>(json.data()), json.size()});
  const partition::Target& target = partition::target_by_key(target_key);
  Graph graph = prepare::prepare(formats::tflite::read(read_file(model)),
                                 {.for_mla = target.has_mla(), .for_tflite = !target.has_mla()});
  quantize::change_before_samples(graph, params);
  const Bytes samples = read_file(samples_path);
  const size_t sample_bytes = graph.tensor(graph.inputs[0]).byte_size();
  const auto each_sample = [&](const auto& visit) {
    for (size_t offset = 0; offset + sample_bytes <= samples.size(); offset += sample_bytes) {
      const std::span<const std::byte> input(samples.data() + offset, sample_bytes);
      visit(std::span(&input, 1));
    }
  };
  if (quantize::need_channel_statistics(params)) {
    quantize::ChannelStatistics channels(std::make_shared<const Graph>(graph));
    each_sample([&](auto inputs) { channels.fold(channels.observe(inputs)); });
    quantize::change_after_samples(graph, channels, params);
  }
  quantize::split_for_int16(graph, target, params);
  const auto observed = std::make_shared<const Graph>(graph);
  calibrate::Calibrator calibrator(observed, params.calibration, quantize::own_methods(*observed, params));
  each_sample([&](auto inputs) { calibrator.fold(calibrator.observe(inputs)); });
  const quantize::RelevantValues relevant(*observed, calibrator);
  quantize::place(graph, target, params, calibrator, relevant);
  const auto shared = std::make_shared<const Graph>(std::move(graph));
  Graph quantized = quantize::quantize(*shared, calibrator, relevant, params).graph;
  quantize::Refinement refinement(shared, params);
  while (!refinement.done()) {
    refinement.begin_pass(std::make_shared<const Graph>(quantized));
    each_sample([&](auto inputs) { refinement.observe(inputs); });
    refinement.apply(quantized);
  }
  const Bytes file = formats::tflite::write(quantized);
  std::ofstream(out, std::ios::binary)
      .write(reinterpret_cast<const char*>(file.data()), static_cast<std::streamsize>(file.size()));
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 6) {
    std::fprintf(stderr, "usage: %s MODEL.tflite TARGET SETTINGS.json SAMPLES.f32 OUT.tflite\n", argv[0]);
    return 1;
  }
  try {
    run(argv[1], argv[2], argv[3], argv[4], argv[5]);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 2;
  }
  return 0;
}
