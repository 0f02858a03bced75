#include "kernels/convolution/depthwise_int16.h"

#include <array>

#include "kernels/convolution/convolution_tiles.h"
#include "kernels/convolution/wide_sums.h"

namespace octet::kernels {

DepthwiseInt16::DepthwiseInt16(const ConvolutionGeometry& geometry, std::span<const int8_t> filter,
                               const Int16Epilogue& epilogue)
    : plan_(plan_convolution(geometry, TapLayout::Single, sizeof(int16_t),
                             geometry.output_channels / geometry.input_channels)),
      panels_(make_panels(1, geometry.output_channels, geometry.output_channels)),
      taps_(plan_.runs) {
  const int32_t taps = static_cast<int32_t>(plan_.runs.size());
  const auto weight = [&](int32_t channel, int32_t tap) {
    return filter[static_cast<size_t>(tap) * static_cast<size_t>(geometry.output_channels) +
                  static_cast<size_t>(channel)];
  };
  std::vector<int8_t> channel_weights(static_cast<size_t>(taps));
  for (const Panel& panel : panels_) {
    std::array<int64_t, kPanelChannels> largest = {};
    for (int32_t c = 0; c < panel.channels; ++c) {
      for (int32_t tap = 0; tap < taps; ++tap)
        channel_weights[static_cast<size_t>(tap)] = weight(panel.first_channel + c, tap);
      largest[static_cast<size_t>(c)] = largest_sum(channel_weights);
    }
    rescaling_.emplace_back(panel, epilogue, largest);
    append_taps<2>(panel, taps, weight, weights_);
  }
  if (taps_.size() % 2 != 0) taps_.push_back(taps_.back());  // Its weights are zero.
}

template <int kPixels, bool kWide>
void DepthwiseInt16::tile(size_t panel, const int16_t* packed, int16_t* output, int32_t first) const {
  v128_t low[kPixels];  // Sums of channels 0 to 3 of each pixel, then of channels 4 to 7.
  v128_t high[kPixels];
  const int16_t* base[kPixels];
  WideSums<kPixels> wide;
  unrolled<kPixels>([&](auto p) {
    low[p] = high[p] = wasm_i32x4_splat(0);
    base[p] = packed + plan_.input_offsets[static_cast<size_t>(first + p)];
  });
  const int8_t* weights = weights_.data() + panel * taps_.size() * size_t{kPanelChannels};
  for (size_t tap = 0; tap < taps_.size(); tap += 2, weights += 16) {
    const v128_t weights_low = wasm_i16x8_load8x8(weights);
    const v128_t weights_high = wasm_i16x8_load8x8(weights + 8);
    unrolled<kPixels>([&](auto p) {
      const v128_t one = wasm_v128_load(base[p] + taps_[tap]);
      const v128_t other = wasm_v128_load(base[p] + taps_[tap + 1]);
      const v128_t pairs_low = wasm_i16x8_shuffle(one, other, 0, 8, 1, 9, 2, 10, 3, 11);
      const v128_t pairs_high = wasm_i16x8_shuffle(one, other, 4, 12, 5, 13, 6, 14, 7, 15);
      low[p] = wasm_i32x4_add(low[p], wasm_i32x4_dot_i16x8(pairs_low, weights_low));
      high[p] = wasm_i32x4_add(high[p], wasm_i32x4_dot_i16x8(pairs_high, weights_high));
    });
    if (kWide && (tap + 2) % kMostWordProducts == 0) {
      unrolled<kPixels>([&](auto p) {
        wide.add(p, low[p], high[p]);
        low[p] = high[p] = wasm_i32x4_splat(0);
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
    const v128_t sums_low = wasm_v128_load(sums[p]);
    const v128_t sums_high = wasm_v128_load(sums[p] + 4);
    int16_t* destination =
        output + plan_.output_offsets[static_cast<size_t>(first + p)] + panels_[panel].first_channel;
    if constexpr (kWide) {
      wide.add(p, sums_low, sums_high);
      rescaling_[panel].store(wide.of(p), destination, panels_[panel].channels);
    } else {
      rescaling_[panel].store(sums_low, sums_high, destination, panels_[panel].channels);
    }
  }
}

void DepthwiseInt16::run(const int16_t* input, int16_t* output, std::byte* scratch) const {
  using Tile = void (DepthwiseInt16::*)(size_t, const int16_t*, int16_t*, int32_t) const;
  static constexpr Tile kTiles[] = {&DepthwiseInt16::tile<1, false>, &DepthwiseInt16::tile<2, false>,
                                    &DepthwiseInt16::tile<3, false>, &DepthwiseInt16::tile<4, false>};
  static constexpr Tile kWideTiles[] = {&DepthwiseInt16::tile<1, true>, &DepthwiseInt16::tile<2, true>,
                                        &DepthwiseInt16::tile<3, true>, &DepthwiseInt16::tile<4, true>};
  const auto compute = [&](const int16_t* packed, int32_t pixels, int64_t first_output) {
    for (size_t panel = 0; panel < panels_.size(); ++panel) {
      for_each_tile(pixels, rescaling_[panel].in_words() ? kTiles : kWideTiles, *this, panel,
                    packed + panels_[panel].first_channel, output + first_output);
    }
  };
  for_each_block(plan_, CopyElements<int16_t>(), input, reinterpret_cast<int16_t*>(scratch), compute);
}

}  // namespace octet::kernels
