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
inline void DepthwiseFloat::tile(const float* packed, const int32_t* pixels, size_t panel, float* output,
                                 const int32_t* outputs) const {
  v128_t low[kPixels];  // Sums of channels 0 to 3 of each pixel, then of channels 4 to 7.
  v128_t high[kPixels];
  const float* base[kPixels];
  for (int p = 0; p < kPixels; ++p) {
    low[p] = wasm_v128_load(bias_[panel].bias);
    high[p] = wasm_v128_load(bias_[panel].bias + 4);
    base[p] = packed + pixels[p];
  }
  const float* weights = weights_.data() + panel * plan_.runs.size() * size_t{kPanelChannels};
  for (const int32_t tap : plan_.runs) {
    const v128_t weights_low = wasm_v128_load(weights);
    const v128_t weights_high = wasm_v128_load(weights + 4);
    weights += kPanelChannels;
    for (int p = 0; p < kPixels; ++p) {
      low[p] = wasm_f32x4_add(low[p], wasm_f32x4_mul(wasm_v128_load(base[p] + tap), weights_low));
      high[p] = wasm_f32x4_add(high[p], wasm_f32x4_mul(wasm_v128_load(base[p] + tap + 4), weights_high));
    }
  }
  const v128_t lowest = wasm_f32x4_splat(lowest_);
  const v128_t highest = wasm_f32x4_splat(highest_);
  for (int p = 0; p < kPixels; ++p) {
    clamp_and_store(low[p], high[p], lowest, highest, output + outputs[p] + panels_[panel].first_channel,
                    panels_[panel].channels);
  }
}

void DepthwiseFloat::run(const float* input, float* output, std::byte* scratch) const {
  const auto compute = [&](const float* packed, int32_t pixels, int64_t first_output) {
    for (size_t panel = 0; panel < panels_.size(); ++panel) {
      for_each_tile(pixels, [&](int32_t first, auto count) {
        tile<count>(packed + panels_[panel].first_channel, plan_.input_offsets.data() + first, panel,
                    output + first_output, plan_.output_offsets.data() + first);
      });
    }
  };
  for_each_block(plan_, CopyFloat{}, input, reinterpret_cast<float*>(scratch), compute);
}

}  // namespace octet::kernels
