// Throughput of the convolution kernels, native: layers of the kinds that mobile vision nets are made of.
// The rate `MAC/s` counts useful multiply-accumulates, padding of panels and tiles not included.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <vector>

#include "kernels/depthwise_float.h"
#include "kernels/depthwise_int8.h"
#include "kernels/gemm_float.h"
#include "kernels/gemm_int8.h"

namespace octet::kernels {
namespace {

/// Arguments: height = width, input channels, output channels, kernel, stride.
ConvolutionGeometry geometry_of(const benchmark::State& state) {
  const auto argument = [&](size_t i) { return static_cast<int32_t>(state.range(i)); };
  const int32_t padding = (argument(3) - 1) / 2;
  const int32_t output = (argument(0) + 2 * padding - argument(3)) / argument(4) + 1;
  return with_dense_output({.input_height = argument(0),
                            .input_width = argument(0),
                            .input_channels = argument(1),
                            .output_height = output,
                            .output_width = output,
                            .output_channels = argument(2),
                            .kernel_height = argument(3),
                            .kernel_width = argument(3),
                            .stride_y = argument(4),
                            .stride_x = argument(4),
                            .origin_y = -padding,
                            .origin_x = -padding});
}

template <class T>
std::vector<T> pattern(int64_t count) {
  std::vector<T> values(static_cast<size_t>(count));
  for (size_t i = 0; i < values.size(); ++i) values[i] = static_cast<T>(static_cast<int>(i * 37 % 201) - 100);
  return values;
}

template <class Engine, class T>
void measure(benchmark::State& state, const Engine& engine, const ConvolutionGeometry& g,
             int64_t taps_per_output) {
  const std::vector<T> input = pattern<T>(int64_t{g.input_height} * g.input_width * g.input_channels);
  const int64_t outputs = int64_t{g.output_height} * g.output_width * g.output_channels;
  std::vector<T> output(static_cast<size_t>(outputs));
  std::vector<std::byte> scratch(engine.scratch_bytes());
  for (auto _ : state) {
    engine.run(input.data(), output.data(), scratch.data());
    benchmark::ClobberMemory();
  }
  state.counters["MAC/s"] = benchmark::Counter(static_cast<double>(outputs * taps_per_output),
                                               benchmark::Counter::kIsIterationInvariantRate);
}

std::vector<FixedPointMultiplier> multipliers_of(const ConvolutionGeometry& g) {
  std::vector<FixedPointMultiplier> multipliers;
  for (int32_t c = 0; c < g.output_channels; ++c)
    multipliers.push_back(fixed_point_multiplier(0.001 + 0.0001 * (c % 16)));
  return multipliers;
}

void gemm_int8(benchmark::State& state) {
  const ConvolutionGeometry g = geometry_of(state);
  const int64_t taps = int64_t{g.kernel_height} * g.kernel_width * g.input_channels;
  const std::vector<FixedPointMultiplier> multipliers = multipliers_of(g);
  const GemmInt8<FixedPointMultiplier> engine(g, pattern<int8_t>(taps * g.output_channels), 3,
                                              {.bias = {}, .multipliers = multipliers, .range = {}});
  measure<GemmInt8<FixedPointMultiplier>, int8_t>(state, engine, g, taps);
}

void gemm_float(benchmark::State& state) {
  const ConvolutionGeometry g = geometry_of(state);
  const int64_t taps = int64_t{g.kernel_height} * g.kernel_width * g.input_channels;
  const GemmFloat engine(g, pattern<float>(taps * g.output_channels), {.bias = {}, .low = 0, .high = 6});
  measure<GemmFloat, float>(state, engine, g, taps);
}

void depthwise_int8(benchmark::State& state) {
  const ConvolutionGeometry g = geometry_of(state);
  const int64_t taps = int64_t{g.kernel_height} * g.kernel_width;
  const std::vector<FixedPointMultiplier> multipliers = multipliers_of(g);
  const DepthwiseInt8 engine(g, pattern<int8_t>(taps * g.output_channels), 3,
                             {.bias = {}, .multipliers = multipliers, .range = {}});
  measure<DepthwiseInt8, int8_t>(state, engine, g, taps);
}

void depthwise_float(benchmark::State& state) {
  const ConvolutionGeometry g = geometry_of(state);
  const int64_t taps = int64_t{g.kernel_height} * g.kernel_width;
  const DepthwiseFloat engine(g, pattern<float>(taps * g.output_channels), {.bias = {}, .low = 0, .high = 6});
  measure<DepthwiseFloat, float>(state, engine, g, taps);
}

void dense_layers(benchmark::internal::Benchmark* benchmark) {
  benchmark->Args({112, 3, 32, 3, 2})
      ->Args({56, 32, 64, 1, 1})
      ->Args({28, 128, 128, 1, 1})
      ->Args({14, 256, 256, 1, 1});
  benchmark->Args({7, 512, 512, 1, 1})
      ->Args({28, 64, 64, 3, 1})
      ->Args({7, 256, 256, 3, 1})
      ->Args({1, 1024, 1000, 1, 1});
}

void depthwise_layers(benchmark::internal::Benchmark* benchmark) {
  benchmark->Args({112, 32, 32, 3, 1})
      ->Args({56, 64, 64, 3, 2})
      ->Args({28, 128, 128, 3, 1})
      ->Args({14, 256, 256, 5, 1});
}

BENCHMARK(gemm_int8)->Apply(dense_layers);
BENCHMARK(gemm_float)->Apply(dense_layers);
BENCHMARK(depthwise_int8)->Apply(depthwise_layers);
BENCHMARK(depthwise_float)->Apply(depthwise_layers);

}  // namespace
}  // namespace octet::kernels
