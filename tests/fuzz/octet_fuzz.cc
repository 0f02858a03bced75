// Feeds damaged .tflite and .octet files to everything that loading a model runs: reader, prepare, executor.
// Each must either succeed or throw octet::Error; anything else ends the program, which the sanitizers turn
// into a report.
//
//   octet_fuzz FILE... [--flips N] [--truncations N] [--seed S]
//
// A .json file is one of tests/vectors: each model recorded in it counts as a file. "transforms" is an .octet
// file of the operators that no other format has. Small files are hit where it matters; in large ones most
// bytes are weights. Every file is cut at N evenly spaced lengths (50 by default), then N times (1000 by
// default) one to eight random bytes of a fresh copy are changed. The same seed damages the same bytes.
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "emulate/executor.h"
#include "formats/open/open.h"
#include "formats/tflite/reader.h"
#include "formats/tflite/writer.h"
#include "prepare/prepare.h"
#include "support/transforms_graph.h"
#include "support/vectors.h"

namespace {

using octet::Bytes;
using octet::Error;
using octet::Graph;

/// Executors of larger graphs are not built: a flipped bit may ask for gigabytes, which is no defect.
constexpr size_t kMaxExecutorBytes = size_t{64} << 20;
/// Loading a damaged file may not take much longer than a whole one.
constexpr double kMaxSeconds = 20;

struct Options {
  std::vector<std::string> files;
  long flips = 1000;
  long truncations = 50;
  uint64_t seed = 1;
};

/// A 64-bit linear congruential generator (Knuth's MMIX constants): the same everywhere.
class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) { below(1); }
  /// In [0, bound).
  uint64_t below(uint64_t bound) {
    state_ = state_ * 6364136223846793005u + 1442695040888963407u;
    return (state_ >> 33) % bound;
  }

 private:
  uint64_t state_;
};

/// Changes `file` and returns the positions, for the report. Often one byte or one number only: with more,
/// hardly a file passes the verifier, and what lies behind it is never reached.
std::string damage(Bytes& file, Random& random) {
  constexpr int32_t kEdges[] = {0, -1, 1, 2, 127, -128, 65536, 1 << 28, INT32_MAX, INT32_MIN};
  // The offset of a field within its table: 0 where the field is absent.
  if (random.below(4) == 0 && file.size() >= sizeof(uint16_t)) {
    const size_t position = random.below(file.size() / sizeof(uint16_t)) * sizeof(uint16_t);
    file[position] = file[position + 1] = std::byte{0};
    return " " + std::to_string(position) + " = absent";
  }
  if (random.below(3) == 0 && file.size() >= sizeof(int32_t)) {
    const size_t position = random.below(file.size() / sizeof(int32_t)) * sizeof(int32_t);
    const int32_t value = kEdges[random.below(std::size(kEdges))];
    std::memcpy(file.data() + position, &value, sizeof(value));
    return " " + std::to_string(position) + " = " + std::to_string(value);
  }
  std::string positions;
  const uint64_t bytes = random.below(2) == 0 ? 1 : 1 + random.below(8);
  for (uint64_t b = 0; b < bytes; ++b) {
    const size_t position = random.below(file.size());
    file[position] ^= static_cast<std::byte>(1 + random.below(255));
    positions += ' ' + std::to_string(position);
  }
  return positions;
}

size_t bytes_of(const Graph& graph) {
  size_t total = 0;
  for (const octet::Tensor& tensor : graph.tensors) total += tensor.byte_size();
  return total;
}

void execute(const Graph& graph) {
  if (bytes_of(graph) <= kMaxExecutorBytes)
    octet::emulate::Executor executor(std::make_shared<const Graph>(graph));
}

/// All that loading a model runs.
void load(const Bytes& file) {
  if (octet::formats::format_of(file) == octet::formats::Format::Octet) {
    const octet::formats::octet_file::Contents contents = octet::formats::open_saved(file);
    execute(contents.quantized);
    if (!contents.float_graph.nodes.empty()) execute(contents.float_graph);
    return;
  }
  const Graph graph = octet::formats::import_model(file).graph;
  if (bytes_of(graph) > kMaxExecutorBytes) return;
  octet::formats::tflite::write(graph);
  execute(octet::prepare::prepare(graph));
  execute(octet::prepare::prepare(graph, {.for_mla = true}));
  execute(octet::prepare::prepare(graph, {.for_tflite = true}));
}

/// Counts outcomes by error code; "ok" for success.
class Tally {
 public:
  /// False when the outcome is one that a user must never meet.
  bool try_load(const Bytes& file, const std::string& what) {
    const auto start = std::chrono::steady_clock::now();
    std::string outcome = "ok";
    bool acceptable = true;
    try {
      load(file);
    } catch (const Error& error) {
      outcome = octet::to_string(error.code());
      // A file can never be a defect of Octet's own making.
      acceptable = error.code() != octet::ErrorCode::Internal && !error.message().empty();
      if (!acceptable) std::fprintf(stderr, "%s: INTERNAL: %s\n", what.c_str(), error.message().c_str());
    } catch (const std::exception& exception) {
      outcome = "other exception";
      acceptable = false;
      std::fprintf(stderr, "%s: %s\n", what.c_str(), exception.what());
    }
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
    if (seconds.count() > kMaxSeconds) {
      acceptable = false;
      std::fprintf(stderr, "%s: took %.1f s\n", what.c_str(), seconds.count());
    }
    ++counts_[outcome];
    return acceptable;
  }

  void print() const {
    for (const auto& [outcome, count] : counts_) std::printf("%8ld  %s\n", count, outcome.c_str());
  }

 private:
  std::map<std::string, long> counts_;
};

/// A file by the name that reports use.
struct NamedBytes {
  std::string name;
  Bytes bytes;
};

std::vector<NamedBytes> read_files(const std::filesystem::path& path) {
  std::vector<NamedBytes> files;
  if (path == "transforms") {
    octet::formats::octet_file::Contents contents;
    contents.quantized = octet::test::transforms_graph();
    return {{path.string(), octet::formats::octet_file::write(contents)}};
  }
  if (path.extension() == ".json") {
    for (octet::test::RecordedCase& recorded : octet::test::load_vectors(path.stem().string())) {
      files.push_back({path.stem().string() + " " + recorded.name, std::move(recorded.model)});
    }
    return files;
  }
  std::ifstream stream(path, std::ios::binary);
  const std::vector<char> chars((std::istreambuf_iterator<char>(stream)), std::istreambuf_iterator<char>());
  const auto* data = reinterpret_cast<const std::byte*>(chars.data());
  if (!chars.empty()) files.push_back({path.string(), Bytes(data, data + chars.size())});
  return files;
}

bool fuzz(const NamedBytes& file, const Options& options, Tally& tally) {
  const auto& [path, whole] = file;
  bool good = tally.try_load(whole, path);
  for (long i = 0; i < options.truncations; ++i) {
    const size_t length = whole.size() * static_cast<size_t>(i) / static_cast<size_t>(options.truncations);
    const Bytes cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(length));
    good &= tally.try_load(cut, path + " cut to " + std::to_string(length) + " bytes");
  }
  Random random(options.seed);
  for (long i = 0; i < options.flips; ++i) {
    Bytes damaged = whole;
    const std::string what = path + " flip " + std::to_string(i) + ":" + damage(damaged, random);
    good &= tally.try_load(damaged, what);
  }
  return good;
}

bool parse(int argc, char** argv, Options& options) {
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    const bool has_value = i + 1 < argc;
    if (argument == "--flips" && has_value) {
      options.flips = std::atol(argv[++i]);
    } else if (argument == "--truncations" && has_value) {
      options.truncations = std::atol(argv[++i]);
    } else if (argument == "--seed" && has_value) {
      options.seed = static_cast<uint64_t>(std::atoll(argv[++i]));
    } else if (argument.rfind("--", 0) == 0) {
      return false;
    } else {
      options.files.push_back(argument);
    }
  }
  return !options.files.empty();
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  if (!parse(argc, argv, options)) {
    std::fprintf(stderr, "usage: octet_fuzz FILE... [--flips N] [--truncations N] [--seed S]\n");
    return 2;
  }
  bool good = true;
  Tally tally;
  for (const std::string& path : options.files) {
    const std::vector<NamedBytes> files = read_files(path);
    if (files.empty()) {
      std::fprintf(stderr, "%s cannot be read.\n", path.c_str());
      good = false;
    }
    for (const NamedBytes& file : files) good &= fuzz(file, options, tally);
  }
  tally.print();
  return good ? 0 : 1;
}
