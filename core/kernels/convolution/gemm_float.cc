#include "kernels/convolution/gemm_float.h"

#include "kernels/convolution/convolution_tiles.h"
#include "kernels/convolution/tile_pixels.h"

namespace octet::kernels {

GemmFloat::GemmFloat(const ConvolutionGeometry& geometry, std::span<const float> filter,
                     const FloatEpilogue& epilogue)
    : plan_(plan_convolution(geometry, TapLayout::Runs, sizeof(float))),
      lowest_(epilogue.low),
      highest_(epilogue.high),
      panels_(make_panels(geometry.groups, geometry.input_channels / geometry.groups,
                          geometry.output_channels / geometry.groups)) {
  const int32_t depth = static_cast<int32_t>(plan_.runs.size()) * plan_.run_length;
  // Growing would take up to three times as much.
  weights_.reserve(panels_.size() * static_cast<size_t>(depth) * size_t{kPanelChannels});
  for (const Panel& panel : panels_) {
    bias_.push_back(make_bias(panel, epilogue));
    const size_t first = static_cast<size_t>(panel.first_channel) * static_cast<size_t>(depth);
    append_float_rows(panel, depth, filter.subspan(first), weights_);
  }
}

template <int kPixels>
void GemmFloat::tiles(size_t first_panel, size_t last_panel, const float* packed, float* output,
                      int32_t first, int32_t last) const {
  const int32_t length = plan_.run_length;
  const size_t panel_weights = plan_.runs.size() * static_cast<size_t>(length) * size_t{kPanelChannels};
  for (; first < last; first += kPixels) {
    const float* weights = weights_.data() + first_panel * panel_weights;
    for (size_t panel = first_panel; panel < last_panel; ++panel) {
      v128_t low[kPixels];  // Sums of channels 0 to 3 of each pixel, then of channels 4 to 7.
      v128_t high[kPixels];
      unrolled<kPixels>([&](auto p) {
        low[p] = wasm_v128_load(bias_[panel].bias);
        high[p] = wasm_v128_load(bias_[panel].bias + 4);
      });
      for (const int32_t run : plan_.runs) {
        const float* taps[kPixels];
        unrolled<kPixels>([&](auto p) {
          taps[p] = packed + plan_.input_offsets[static_cast<size_t>(first + p)] +
                    panels_[panel].input_offset + run;
        });
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
      clamp_floats(low, high, lowest_, highest_);
      store_floats(
          low, high,
          ScatteredPixels<float>{output + panels_[panel].first_channel, plan_.output_offsets.data() + first},
          kPixels, panels_[panel].channels);
    }
  }
}

size_t GemmFloat::panels_together(int32_t pixels) const {
  constexpr size_t kFewWeights = 6 * 1024;
  return weights_.size() <= kFewWeights || pixels < kTilePixels ? panels_.size() : 1;
}

FusedGemm GemmFloat::task(const float* packed, int32_t pixels, float* output) const {
  return {.packed = packed,
          .input_offsets = plan_.input_offsets.data(),
          .output_offsets = plan_.output_offsets.data(),
          .pixels = pixels,
          .runs = plan_.runs.data(),
          .run_count = static_cast<int32_t>(plan_.runs.size()),
          .run_length = plan_.run_length,
          .panels = panels_.data(),
          .panel_count = static_cast<int32_t>(panels_.size()),
          .panels_together = static_cast<int32_t>(panels_together(pixels)),
          .weights = weights_.data(),
          .bias = bias_.data()->bias,
          .lowest = lowest_,
          .highest = highest_,
          .output = output};
}

void GemmFloat::compute(const float* packed, int32_t pixels, float* output) const {
  static constexpr decltype(&GemmFloat::tiles<1>) kTails[] = {&GemmFloat::tiles<1>, &GemmFloat::tiles<2>,
                                                              &GemmFloat::tiles<3>};
  const int32_t whole = pixels / kTilePixels * kTilePixels;
  const size_t step = panels_together(pixels);
  for (size_t panel = 0; panel < panels_.size(); panel += step) {
    tiles<kTilePixels>(panel, panel + step, packed, output, 0, whole);
    if (whole == pixels) continue;
    // Not looked up within the call: there GCC 12's bounds sanitizer checks another index.
    const auto tail = kTails[pixels - whole - 1];
    (this->*tail)(panel, panel + step, packed, output, whole, pixels);
  }
}

void GemmFloat::run(const float* input, float* output, std::byte* scratch) const {
  const auto kernel = fused().gemm;
  for_each_block(plan_, CopyFloat{}, input, reinterpret_cast<float*>(scratch),
                 [&](const float* packed, int32_t pixels, int64_t first_output) {
                   if (kernel == nullptr) return compute(packed, pixels, output + first_output);
                   const FusedGemm block = task(packed, pixels, output + first_output);
                   kernel(&block);
                 });
}

}  // namespace octet::kernels
