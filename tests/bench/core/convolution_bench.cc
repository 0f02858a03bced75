// The convolution kernels by themselves, as a wasm module that tests/bench/kernels.mjs drives: what they
// reach is set beside what the machine can do at all, so the module measures that too.
#include <algorithm>
#include <cstdint>
#include <cstring>
#include <memory>
#include <vector>

#include "kernels/convolution/depthwise_float.h"
#include "kernels/convolution/depthwise_int8.h"
#include "kernels/convolution/dot.h"
#include "kernels/convolution/fused_multiply_add.h"
#include "kernels/convolution/gemm_float.h"
#include "kernels/convolution/gemm_int8.h"
#include "kernels/simd.h"
#include "kernels/unrolled.h"

namespace octet::kernels {
namespace {

template <class T>
std::vector<T> pattern(int64_t count) {
  std::vector<T> values(static_cast<size_t>(count));
  for (size_t i = 0; i < values.size(); ++i) values[i] = static_cast<T>(static_cast<int>(i * 37 % 201) - 100);
  return values;
}

class Work {
 public:
  virtual ~Work() = default;
  virtual void run() = 0;
};

/// One layer: a kernel with the memory that it reads and writes, of elements T.
template <class Engine, class T>
class Layer final : public Work {
 public:
  Layer(const ConvolutionGeometry& g, Engine engine)
      : engine_(std::move(engine)),
        input_(pattern<T>(int64_t{g.input_height} * g.input_width * g.input_channels)),
        output_(static_cast<size_t>(int64_t{g.output_height} * g.output_width * g.output_channels)),
        scratch_(engine_.scratch_bytes()) {}
  void run() override { engine_.run(input_.data(), output_.data(), scratch_.data()); }

 private:
  Engine engine_;
  std::vector<T> input_;
  std::vector<T> output_;
  std::vector<std::byte> scratch_;
};

/// The inner loop of a GEMM on operands that are packed, widened and in the first-level cache, with eight
/// sums in registers and nothing around it.
template <class Products>
class Peak final : public Work {
 public:
  using Element = typename Products::Element;
  static constexpr int kPixels = 4;
  static constexpr int kSteps = 256;
  static constexpr int kTiles = 256;
  static constexpr int kTaps = 4 / sizeof(Element);  ///< Of each sum, in one step.
  static constexpr double kProducts = 1.0 * kTaps * kSteps * kPixels * kPanelChannels * kTiles;

  void run() override {
    for (int tile = 0; tile < kTiles; ++tile) multiply();
  }

 private:
  [[gnu::noinline]] void multiply() {
    v128_t low[kPixels];
    v128_t high[kPixels];
    unrolled<kPixels>([&](auto p) { low[p] = high[p] = wasm_i32x4_splat(0); });
    const Element* pixels = pixels_.data();
    const Element* weights = weights_.data();
    for (int step = 0; step < kSteps; ++step, pixels += kTaps * kPixels, weights += kTaps * kPanelChannels) {
      const v128_t weights_low = wasm_v128_load(weights);
      const v128_t weights_high = wasm_v128_load(weights + 4 * kTaps);
      unrolled<kPixels>([&](auto p) {
        const v128_t input = wasm_v128_load32_splat(pixels + kTaps * p);
        low[p] = Products::add(low[p], input, weights_low);
        high[p] = Products::add(high[p], input, weights_high);
      });
    }
    unrolled<kPixels>([&](auto p) {
      wasm_v128_store(sums_.data() + 8 * p, low[p]);
      wasm_v128_store(sums_.data() + 8 * p + 4, high[p]);
    });
  }

  std::vector<Element> pixels_ = pattern<Element>(kSteps * kTaps * kPixels);
  std::vector<Element> weights_ = pattern<Element>(kSteps * kTaps * kPanelChannels);
  std::vector<int32_t> sums_ = std::vector<int32_t>(kPixels * kPanelChannels);
};

/// By i32x4.dot_i16x8.
struct PairProducts {
  using Element = int16_t;
  static v128_t add(v128_t sum, v128_t a, v128_t b) {
    return wasm_i32x4_add(sum, wasm_i32x4_dot_i16x8(a, b));
  }
};

/// By f32x4.mul and f32x4.add.
struct FloatProducts {
  using Element = float;
  static v128_t add(v128_t sum, v128_t a, v128_t b) { return wasm_f32x4_add(sum, wasm_f32x4_mul(a, b)); }
};

using PairPeak = Peak<PairProducts>;
using FloatPeak = Peak<FloatProducts>;

/// Reads as many bytes as a layer's input has and writes as many as its output has.
class Traffic final : public Work {
 public:
  Traffic(size_t read, size_t written) : input_(read), output_(written) {}
  void run() override {
    v128_t sum = wasm_i32x4_splat(0);
    size_t i = 0;
    for (; i + 16 <= input_.size(); i += 16) sum = wasm_v128_or(sum, wasm_v128_load(input_.data() + i));
    for (i = 0; i + 16 <= output_.size(); i += 16) wasm_v128_store(output_.data() + i, sum);
  }

 private:
  std::vector<std::byte> input_;
  std::vector<std::byte> output_;
};

/// A square layer with the padding that keeps its size. The channels are as many as the panels take.
ConvolutionGeometry geometry(int32_t side, int32_t inputs, int32_t outputs, int32_t kernel, int32_t stride) {
  const int32_t padding = (kernel - 1) / 2;
  const int32_t output = (side + 2 * padding - kernel) / stride + 1;
  return with_dense_output({.input_height = side,
                            .input_width = side,
                            .input_channels = inputs,
                            .output_height = output,
                            .output_width = output,
                            .output_channels = outputs,
                            .kernel_height = kernel,
                            .kernel_width = kernel,
                            .stride_y = stride,
                            .stride_x = stride,
                            .origin_y = -padding,
                            .origin_x = -padding});
}

template <class Engine>
Work* layer(const ConvolutionGeometry& g, int32_t taps) {
  // The multipliers of a net's usual scales, and the range behind a ReLU.
  std::vector<FixedPointMultiplier> multipliers;
  for (int32_t c = 0; c < g.output_channels; ++c)
    multipliers.push_back(fixed_point_multiplier(0.0003 + 0.00002 * (c % 16)));
  const std::vector<int8_t> filter = pattern<int8_t>(int64_t{taps} * g.output_channels);
  return new Layer<Engine, int8_t>(
      g, Engine(g, filter, 3, {.bias = {}, .multipliers = multipliers, .range = {.zero_point = -128}}));
}

template <class Engine>
Work* float_layer(const ConvolutionGeometry& g, int32_t taps) {
  const std::vector<float> filter = pattern<float>(int64_t{taps} * g.output_channels);
  return new Layer<Engine, float>(g, Engine(g, filter, {.bias = {}, .low = 0, .high = 6}));
}

}  // namespace
}  // namespace octet::kernels

#define OCTET_EXPORT(name) extern "C" [[gnu::used, clang::export_name(name)]]

using octet::kernels::Work;

OCTET_EXPORT("gemm") Work* octet_bench_gemm(int32_t side, int32_t inputs, int32_t outputs) {
  using namespace octet::kernels;
  return layer<GemmInt8<FixedPointMultiplier>>(geometry(side, inputs, outputs, 1, 1), inputs);
}
OCTET_EXPORT("depthwise")
Work* octet_bench_depthwise(int32_t side, int32_t channels, int32_t kernel, int32_t stride) {
  using namespace octet::kernels;
  return layer<DepthwiseInt8>(geometry(side, channels, channels, kernel, stride), kernel * kernel);
}
OCTET_EXPORT("floatGemm") Work* octet_bench_float_gemm(int32_t side, int32_t inputs, int32_t outputs) {
  using namespace octet::kernels;
  return float_layer<GemmFloat>(geometry(side, inputs, outputs, 1, 1), inputs);
}
OCTET_EXPORT("floatDepthwise")
Work* octet_bench_float_depthwise(int32_t side, int32_t channels, int32_t kernel, int32_t stride) {
  using namespace octet::kernels;
  return float_layer<DepthwiseFloat>(geometry(side, channels, channels, kernel, stride), kernel * kernel);
}
OCTET_EXPORT("traffic") Work* octet_bench_traffic(uint32_t read, uint32_t written) {
  return new octet::kernels::Traffic(read, written);
}
OCTET_EXPORT("peak") Work* octet_bench_peak() { return new octet::kernels::PairPeak(); }
OCTET_EXPORT("peakProducts") double octet_bench_peak_products() {
  return octet::kernels::PairPeak::kProducts;
}
OCTET_EXPORT("floatPeak") Work* octet_bench_float_peak() { return new octet::kernels::FloatPeak(); }
OCTET_EXPORT("floatPeakProducts") double octet_bench_float_peak_products() {
  return octet::kernels::FloatPeak::kProducts;
}
// use_ and the name of the side module's function.
OCTET_EXPORT("use_octet_dot_sums") bool octet_bench_use_dot(octet::kernels::DotKernel kernel) {
  return octet::kernels::use_dot_kernel(kernel);
}
OCTET_EXPORT("use_octet_depthwise_dots")
bool octet_bench_use_depthwise_dots(octet::kernels::DepthwiseDotKernel kernel) {
  return octet::kernels::use_depthwise_dot_kernel(kernel);
}
OCTET_EXPORT("use_octet_fused_gemm_6") bool octet_bench_use_gemm(octet::kernels::FusedGemmKernel kernel) {
  return octet::kernels::use_fused_gemm(kernel);
}
OCTET_EXPORT("use_octet_fused_depthwise")
bool octet_bench_use_fused_depthwise(octet::kernels::FusedDepthwiseKernel kernel) {
  return octet::kernels::use_fused_depthwise(kernel);
}
OCTET_EXPORT("run") void octet_bench_run(Work* work, int32_t times) {
  for (int32_t i = 0; i < times; ++i) work->run();
}
OCTET_EXPORT("destroy") void octet_bench_destroy(Work* work) { delete work; }
