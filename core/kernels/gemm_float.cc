#include "kernels/gemm_float.h"

#include "kernels/convolution.h"

namespace octet::kernels {

GemmFloat::GemmFloat(const ConvolutionGeometry& geometry, std::span<const float> filter,
                     const FloatEpilogue& epilogue)
    : plan_(plan_convolution(geometry, TapLayout::Runs, sizeof(float))),
      lowest_(epilogue.low),
      highest_(epilogue.high),
      panels_(make_panels(geometry.groups, geometry.input_channels / geometry.groups,
                          geometry.output_channels / geometry.groups)) {
  const int32_t depth = static_cast<int32_t>(plan_.runs.size()) * plan_.run_length;
  for (const Panel& panel : panels_) {
    bias_.push_back(make_bias(panel, epilogue));
    const auto weight = [&](int32_t channel, int32_t k) {
      return filter[static_cast<size_t>(channel) * static_cast<size_t>(depth) + static_cast<size_t>(k)];
    };
    append_floats(panel, depth, weight, weights_);
  }
}

template <int kPixels>
void GemmFloat::tile(size_t panel, const float* packed, float* output, int32_t first) const {
  v128_t low[kPixels];  // Sums of channels 0 to 3 of each pixel, then of channels 4 to 7.
  v128_t high[kPixels];
  unrolled<kPixels>([&](auto p) {
    low[p] = wasm_v128_load(bias_[panel].bias);
    high[p] = wasm_v128_load(bias_[panel].bias + 4);
  });
  const int32_t length = plan_.run_length;
  const float* weights =
      weights_.data() + panel * plan_.runs.size() * static_cast<size_t>(length) * size_t{kPanelChannels};
  for (const int32_t run : plan_.runs) {
    const float* taps[kPixels];
    unrolled<kPixels>(
        [&](auto p) { taps[p] = packed + plan_.input_offsets[static_cast<size_t>(first + p)] + run; });
    for (int32_t k = 0; k < length; ++k, weights += kPanelChannels) {
      const v128_t weights_low = wasm_v128_load(weights);
      const v128_t weights_high = wasm_v128_load(weights + 4);
      unrolled<kPixels>([&](auto p) {
        const v128_t input = wasm_v128_load32_splat(taps[p] + k);
        low[p] = wasm_f32x4_add(low[p], wasm_f32x4_mul(input, weights_low));
        high[p] = wasm_f32x4_add(high[p], wasm_f32x4_mul(input, weights_high));
      });
    }
  }
  // The epilogue indexes the sums by way of memory: see unrolled().
  alignas(16) float sums[kPixels][kPanelChannels];
  unrolled<kPixels>([&](auto p) {
    wasm_v128_store(sums[p], low[p]);
    wasm_v128_store(sums[p] + 4, high[p]);
  });
  for (int p = 0; p < kPixels; ++p) {
    clamp_and_store(
        sums[p], lowest_, highest_,
        output + plan_.output_offsets[static_cast<size_t>(first + p)] + panels_[panel].first_channel,
        panels_[panel].channels);
  }
}

void GemmFloat::run(const float* input, float* output, std::byte* scratch) const {
  static constexpr decltype(&GemmFloat::tile<1>) kTiles[] = {&GemmFloat::tile<1>, &GemmFloat::tile<2>,
                                                             &GemmFloat::tile<3>, &GemmFloat::tile<4>};
  const auto compute = [&](const float* packed, int32_t pixels, int64_t first_output) {
    for (size_t panel = 0; panel < panels_.size(); ++panel) {
      for_each_tile(pixels, kTiles, *this, panel, packed + panels_[panel].input_offset,
                    output + first_output);
    }
  };
  for_each_block(plan_, CopyFloat{}, input, reinterpret_cast<float*>(scratch), compute);
}

}  // namespace octet::kernels
