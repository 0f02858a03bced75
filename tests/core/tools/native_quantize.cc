// The whole pipeline in the native build, for the determinism suite: it must write the same bytes as the WASM
// build.
//   octet_native_quantize MODEL.tflite TARGET SETTINGS.json SAMPLES.f32 OUT.tflite
// SAMPLES holds float32 samples of the only input, one after another.
#include <cstdio>
#include <exception>
#include <fstream>
#include <iterator>
#include <string>

#include "support/pipeline.h"

namespace {

using namespace octet;

Bytes read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw Error(ErrorCode::InvalidInput, "Cannot read '" + path + "'.");
  const std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  const auto* bytes = reinterpret_cast<const std::byte*>(text.data());
  return Bytes(bytes, bytes + text.size());
}

void run(const std::string& model, const std::string& target, const std::string& settings,
         const std::string& samples_path, const std::string& out) {
  const Bytes json = read_file(settings);
  const quantize::QuantizationParams params =
      quantize::params_from_json({reinterpret_cast<const char*>(json.data()), json.size()});
  const auto net = pipeline::Net::load(read_file(model), {.target = partition::target_by_key(target)});
  const Bytes samples = read_file(samples_path);
  const size_t sample_bytes = net->input(0).size();
  const auto quantized = test::quantize(*net, params, [&](const auto& visit) {
    for (size_t offset = 0; offset + sample_bytes <= samples.size(); offset += sample_bytes)
      visit({std::span(samples).subspan(offset, sample_bytes)});
  });
  quantized->to_tflite(formats::tflite::IoType::Float32, [&](std::span<const std::byte> file) {
    std::ofstream(out, std::ios::binary)
        .write(reinterpret_cast<const char*>(file.data()), static_cast<std::streamsize>(file.size()));
  });
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
