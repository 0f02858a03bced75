#include "kernels/depthwise_int8.h"

#include "kernels/convolution.h"

namespace octet::kernels {

DepthwiseInt8::DepthwiseInt8(const ConvolutionGeometry& geometry, std::span<const int8_t> filter,
                             int32_t input_zero_point, const Int8Epilogue<FixedPointMultiplier>& epilogue)
    : plan_(plan_convolution(geometry, TapLayout::Single, sizeof(int16_t),
                             geometry.output_channels / geometry.input_channels)),
      input_zero_point_(input_zero_point),
      range_(epilogue.range),
      panels_(make_panels(1, geometry.output_channels, geometry.output_channels)),
      taps_(plan_.runs) {
  const int32_t taps = static_cast<int32_t>(plan_.runs.size());
  for (const Panel& panel : panels_) {
    rescaling_.push_back(make_rescaling(panel, epilogue));
    const auto weight = [&](int32_t channel, int32_t tap) {
      return filter[static_cast<size_t>(tap) * static_cast<size_t>(geometry.output_channels) +
                    static_cast<size_t>(channel)];
    };
    append_taps<2>(panel, taps, weight, weights_);
  }
  if (taps_.size() % 2 != 0) taps_.push_back(taps_.back());  // Its weights are zero.
}

template <int kPixels>
void DepthwiseInt8::tile(size_t panel, const int16_t* packed, int8_t* output, int32_t first) const {
  const EstimatedPanel& rescaling = rescaling_[panel];
  v128_t low[kPixels];  // Sums of channels 0 to 3 of each pixel, then of channels 4 to 7.
  v128_t high[kPixels];
  const int16_t* base[kPixels];
  unrolled<kPixels>([&](auto p) {
    low[p] = wasm_v128_load(rescaling.bias);
    high[p] = wasm_v128_load(rescaling.bias + 4);
    base[p] = packed + plan_.input_offsets[static_cast<size_t>(first + p)];
  });
  const int8_t* weights = weights_.data() + panel * taps_.size() * size_t{kPanelChannels};
  for (size_t tap = 0; tap < taps_.size(); tap += 2, weights += 16) {
    const v128_t weights_low = wasm_i16x8_load8x8(weights);
    const v128_t weights_high = wasm_i16x8_load8x8(weights + 8);
    unrolled<kPixels>([&](auto p) {
      const v128_t first = wasm_v128_load(base[p] + taps_[tap]);
      const v128_t second = wasm_v128_load(base[p] + taps_[tap + 1]);
      const v128_t pairs_low = wasm_i16x8_shuffle(first, second, 0, 8, 1, 9, 2, 10, 3, 11);
      const v128_t pairs_high = wasm_i16x8_shuffle(first, second, 4, 12, 5, 13, 6, 14, 7, 15);
      low[p] = wasm_i32x4_add(low[p], wasm_i32x4_dot_i16x8(pairs_low, weights_low));
      high[p] = wasm_i32x4_add(high[p], wasm_i32x4_dot_i16x8(pairs_high, weights_high));
    });
  }
  requantize_tile(low, high, rescaling, range_, output + panels_[panel].first_channel,
                  plan_.output_offsets.data() + first, panels_[panel].channels);
}

void DepthwiseInt8::run(const int8_t* input, int8_t* output, std::byte* scratch) const {
  static constexpr decltype(&DepthwiseInt8::tile<1>) kTiles[] = {
      &DepthwiseInt8::tile<1>, &DepthwiseInt8::tile<2>, &DepthwiseInt8::tile<3>, &DepthwiseInt8::tile<4>};
  const auto compute = [&](const int16_t* packed, int32_t pixels, int64_t first_output) {
    for (size_t panel = 0; panel < panels_.size(); ++panel) {
      for_each_tile(pixels, kTiles, *this, panel, packed + panels_[panel].first_channel,
                    output + first_output);
    }
  };
  for_each_block(plan_, WidenInt8{input_zero_point_}, input, reinterpret_cast<int16_t*>(scratch), compute);
}

}  // namespace octet::kernels
