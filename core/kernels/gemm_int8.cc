#include "kernels/gemm_int8.h"

#include "kernels/convolution.h"

namespace octet::kernels {

template <class Multiplier>
GemmInt8<Multiplier>::GemmInt8(const ConvolutionGeometry& geometry, std::span<const int8_t> filter,
                               int32_t input_zero_point, const Int8Epilogue<Multiplier>& epilogue)
    : plan_(plan_convolution(geometry, TapLayout::Runs, sizeof(int16_t))),
      input_zero_point_(input_zero_point),
      range_(epilogue.range),
      panels_(make_panels(geometry.groups, geometry.input_channels / geometry.groups,
                          geometry.output_channels / geometry.groups)),
      pairs_per_run_((plan_.run_length + 1) / 2) {
  const size_t run_length = static_cast<size_t>(plan_.run_length);
  for (const Panel& panel : panels_) {
    rescaling_.push_back(make_rescaling(panel, epilogue));
    for (size_t run = 0; run < plan_.runs.size(); ++run) {
      const auto weight = [&](int32_t channel, int32_t k) {
        return filter[(static_cast<size_t>(channel) * plan_.runs.size() + run) * run_length +
                      static_cast<size_t>(k)];
      };
      append_pairs(panel, plan_.run_length, weight, weights_);
    }
  }
}

template <class Multiplier>
template <int kPixels>
void GemmInt8<Multiplier>::tile(size_t panel, const int16_t* packed, int8_t* output, int32_t first) const {
  const RescalingPanel<Multiplier>& rescaling = rescaling_[panel];
  v128_t low[kPixels];  // Sums of channels 0 to 3 of each pixel, then of channels 4 to 7.
  v128_t high[kPixels];
  unrolled<kPixels>([&](auto p) {
    low[p] = wasm_v128_load(rescaling.bias);
    high[p] = wasm_v128_load(rescaling.bias + 4);
  });
  const int32_t pairs = pairs_per_run_;
  const int8_t* weights = weights_.data() + panel * plan_.runs.size() * static_cast<size_t>(pairs) * 16;
  for (const int32_t run : plan_.runs) {
    const int16_t* taps[kPixels];
    unrolled<kPixels>(
        [&](auto p) { taps[p] = packed + plan_.input_offsets[static_cast<size_t>(first + p)] + run; });
    for (int32_t pair = 0; pair < pairs; ++pair, weights += 16) {
      const v128_t weights_low = wasm_i16x8_load8x8(weights);
      const v128_t weights_high = wasm_i16x8_load8x8(weights + 8);
      unrolled<kPixels>([&](auto p) {
        const v128_t input_pair = wasm_v128_load32_splat(taps[p] + 2 * pair);
        low[p] = wasm_i32x4_add(low[p], wasm_i32x4_dot_i16x8(input_pair, weights_low));
        high[p] = wasm_i32x4_add(high[p], wasm_i32x4_dot_i16x8(input_pair, weights_high));
      });
    }
  }
  // The epilogue indexes the sums by way of memory: see unrolled().
  alignas(16) int32_t sums[kPixels][kPanelChannels];
  unrolled<kPixels>([&](auto p) {
    wasm_v128_store(sums[p], low[p]);
    wasm_v128_store(sums[p] + 4, high[p]);
  });
  for (int p = 0; p < kPixels; ++p) {
    requantize_and_store(
        wasm_v128_load(sums[p]), wasm_v128_load(sums[p] + 4), rescaling, range_,
        output + plan_.output_offsets[static_cast<size_t>(first + p)] + panels_[panel].first_channel,
        panels_[panel].channels);
  }
}

template <class Multiplier>
void GemmInt8<Multiplier>::run(const int8_t* input, int8_t* output, std::byte* scratch) const {
  using Tile = void (GemmInt8::*)(size_t, const int16_t*, int8_t*, int32_t) const;
  static constexpr Tile kTiles[] = {&GemmInt8::template tile<1>, &GemmInt8::template tile<2>,
                                    &GemmInt8::template tile<3>, &GemmInt8::template tile<4>};
  const auto compute = [&](const int16_t* packed, int32_t pixels, int64_t first_output) {
    for (size_t panel = 0; panel < panels_.size(); ++panel) {
      for_each_tile(pixels, kTiles, *this, panel, packed + panels_[panel].input_offset,
                    output + first_output);
    }
  };
  for_each_block(plan_, WidenInt8{input_zero_point_}, input, reinterpret_cast<int16_t*>(scratch), compute);
}

template class GemmInt8<FixedPointMultiplier>;
template class GemmInt8<double>;

}  // namespace octet::kernels
