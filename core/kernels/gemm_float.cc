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
inline void GemmFloat::tile(const float* packed, const int32_t* pixels, size_t panel, float* output,
                            const int32_t* outputs) const {
  v128_t low[kPixels];  // Sums of channels 0 to 3 of each pixel, then of channels 4 to 7.
  v128_t high[kPixels];
  for (int p = 0; p < kPixels; ++p) {
    low[p] = wasm_v128_load(bias_[panel].bias);
    high[p] = wasm_v128_load(bias_[panel].bias + 4);
  }
  const int32_t length = plan_.run_length;
  const float* weights =
      weights_.data() + panel * plan_.runs.size() * static_cast<size_t>(length) * size_t{kPanelChannels};
  for (const int32_t run : plan_.runs) {
    const float* taps[kPixels];
    for (int p = 0; p < kPixels; ++p) taps[p] = packed + pixels[p] + run;
    for (int32_t k = 0; k < length; ++k, weights += kPanelChannels) {
      const v128_t weights_low = wasm_v128_load(weights);
      const v128_t weights_high = wasm_v128_load(weights + 4);
      for (int p = 0; p < kPixels; ++p) {
        const v128_t input = wasm_v128_load32_splat(taps[p] + k);
        low[p] = wasm_f32x4_add(low[p], wasm_f32x4_mul(input, weights_low));
        high[p] = wasm_f32x4_add(high[p], wasm_f32x4_mul(input, weights_high));
      }
    }
  }
  const v128_t lowest = wasm_f32x4_splat(lowest_);
  const v128_t highest = wasm_f32x4_splat(highest_);
  for (int p = 0; p < kPixels; ++p) {
    clamp_and_store(low[p], high[p], lowest, highest, output + outputs[p] + panels_[panel].first_channel,
                    panels_[panel].channels);
  }
}

void GemmFloat::run(const float* input, float* output, std::byte* scratch) const {
  const auto compute = [&](const float* packed, int32_t pixels, int64_t first_output) {
    for (size_t panel = 0; panel < panels_.size(); ++panel) {
      for_each_tile(pixels, [&](int32_t first, auto count) {
        tile<count>(packed + panels_[panel].input_offset, plan_.input_offsets.data() + first, panel,
                    output + first_output, plan_.output_offsets.data() + first);
      });
    }
  };
  for_each_block(plan_, CopyFloat{}, input, reinterpret_cast<float*>(scratch), compute);
}

}  // namespace octet::kernels
