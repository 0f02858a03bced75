#include "kernels/depthwise_float.h"

#include "kernels/convolution.h"

namespace octet::kernels {

DepthwiseFloat::DepthwiseFloat(const ConvolutionGeometry& geometry, std::span<const float> filter,
                               const FloatEpilogue& epilogue)
    : plan_(plan_convolution(geometry, TapLayout::Single, sizeof(float),
                             geometry.output_channels / geometry.input_channels)),
      lowest_(epilogue.low),
      highest_(epilogue.high),
      panels_(make_panels(1, geometry.output_channels, geometry.output_channels)) {
  const int32_t taps = static_cast<int32_t>(plan_.runs.size());
  for (const Panel& panel : panels_) {
    bias_.push_back(make_bias(panel, epilogue));
    const auto weight = [&](int32_t channel, int32_t tap) {
      return filter[static_cast<size_t>(tap) * static_cast<size_t>(geometry.output_channels) +
                    static_cast<size_t>(channel)];
    };
    append_floats(panel, taps, weight, weights_);
  }
}

template <int kPixels>
void DepthwiseFloat::tile(size_t panel, const float* packed, float* output, int32_t first) const {
  v128_t low[kPixels];  // Sums of channels 0 to 3 of each pixel, then of channels 4 to 7.
  v128_t high[kPixels];
  const float* base[kPixels];
  unrolled<kPixels>([&](auto p) {
    low[p] = wasm_v128_load(bias_[panel].bias);
    high[p] = wasm_v128_load(bias_[panel].bias + 4);
    base[p] = packed + plan_.input_offsets[static_cast<size_t>(first + p)];
  });
  const float* weights = weights_.data() + panel * plan_.runs.size() * size_t{kPanelChannels};
  for (const int32_t tap : plan_.runs) {
    const v128_t weights_low = wasm_v128_load(weights);
    const v128_t weights_high = wasm_v128_load(weights + 4);
    weights += kPanelChannels;
    unrolled<kPixels>([&](auto p) {
      low[p] = wasm_f32x4_add(low[p], wasm_f32x4_mul(wasm_v128_load(base[p] + tap), weights_low));
      high[p] = wasm_f32x4_add(high[p], wasm_f32x4_mul(wasm_v128_load(base[p] + tap + 4), weights_high));
    });
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

void DepthwiseFloat::run(const float* input, float* output, std::byte* scratch) const {
  static constexpr decltype(&DepthwiseFloat::tile<1>) kTiles[] = {
      &DepthwiseFloat::tile<1>, &DepthwiseFloat::tile<2>, &DepthwiseFloat::tile<3>, &DepthwiseFloat::tile<4>};
  const auto compute = [&](const float* packed, int32_t pixels, int64_t first_output) {
    for (size_t panel = 0; panel < panels_.size(); ++panel) {
      for_each_tile(pixels, kTiles, *this, panel, packed + panels_[panel].first_channel,
                    output + first_output);
    }
  };
  for_each_block(plan_, CopyFloat{}, input, reinterpret_cast<float*>(scratch), compute);
}

}  // namespace octet::kernels
