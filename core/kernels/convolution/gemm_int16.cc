#include "kernels/convolution/gemm_int16.h"

#include <array>
#include <cstdlib>

#include "kernels/convolution/convolution_tiles.h"
#include "kernels/convolution/wide_sums.h"

namespace octet::kernels {

GemmInt16::GemmInt16(const ConvolutionGeometry& geometry, std::span<const int8_t> filter,
                     const Int16Epilogue& epilogue)
    : plan_(plan_convolution(geometry, TapLayout::Runs, sizeof(int16_t))),
      panels_(make_panels(geometry.groups, geometry.input_channels / geometry.groups,
                          geometry.output_channels / geometry.groups)) {
  const int32_t pairs_per_run = (plan_.run_length + 1) / 2;
  for (const int32_t run : plan_.runs) {
    for (int32_t pair = 0; pair < pairs_per_run; pair += kMostWordProducts / 2)
      pieces_.push_back({run + 2 * pair, std::min(kMostWordProducts / 2, pairs_per_run - pair)});
  }
  const size_t run_length = static_cast<size_t>(plan_.run_length);
  const size_t channel_length = plan_.runs.size() * run_length;
  panel_weights_ = plan_.runs.size() * static_cast<size_t>(pairs_per_run) * 2 * kPanelChannels;
  for (const Panel& panel : panels_) {
    std::array<int64_t, kPanelChannels> largest = {};
    for (int32_t c = 0; c < panel.channels; ++c) {
      const size_t first = static_cast<size_t>(panel.first_channel + c) * channel_length;
      largest[static_cast<size_t>(c)] = largest_sum(filter.subspan(first, channel_length));
    }
    rescaling_.emplace_back(panel, epilogue, largest);
    for (size_t run = 0; run < plan_.runs.size(); ++run) {
      const auto weight = [&](int32_t channel, int32_t k) {
        return filter[static_cast<size_t>(channel) * channel_length + run * run_length +
                      static_cast<size_t>(k)];
      };
      append_taps<2>(panel, plan_.run_length, weight, weights_);
    }
  }
}

template <int kPixels, bool kWide>
void GemmInt16::tile(size_t panel, const int16_t* packed, int16_t* output, int32_t first) const {
  v128_t low[kPixels];  // Sums of channels 0 to 3 of each pixel, then of channels 4 to 7.
  v128_t high[kPixels];
  WideSums<kPixels> wide;
  unrolled<kPixels>([&](auto p) { low[p] = high[p] = wasm_i32x4_splat(0); });
  const int8_t* weights = weights_.data() + panel * panel_weights_;
  for (const Piece& piece : pieces_) {
    const int16_t* taps[kPixels];
    unrolled<kPixels>([&](auto p) {
      taps[p] = packed + plan_.input_offsets[static_cast<size_t>(first + p)] + piece.offset;
    });
    for (int32_t pair = 0; pair < piece.pairs; ++pair, weights += 16) {
      const v128_t weights_low = wasm_i16x8_load8x8(weights);
      const v128_t weights_high = wasm_i16x8_load8x8(weights + 8);
      unrolled<kPixels>([&](auto p) {
        const v128_t input_pair = wasm_v128_load32_splat(taps[p] + 2 * pair);
        low[p] = wasm_i32x4_add(low[p], wasm_i32x4_dot_i16x8(input_pair, weights_low));
        high[p] = wasm_i32x4_add(high[p], wasm_i32x4_dot_i16x8(input_pair, weights_high));
      });
    }
    if constexpr (kWide) {
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
    int16_t* destination =
        output + plan_.output_offsets[static_cast<size_t>(first + p)] + panels_[panel].first_channel;
    if constexpr (kWide) {
      rescaling_[panel].store(wide.of(p), destination, panels_[panel].channels);
    } else {
      rescaling_[panel].store(wasm_v128_load(sums[p]), wasm_v128_load(sums[p] + 4), destination,
                              panels_[panel].channels);
    }
  }
}

void GemmInt16::run(const int16_t* input, int16_t* output, std::byte* scratch) const {
  using Tile = void (GemmInt16::*)(size_t, const int16_t*, int16_t*, int32_t) const;
  static constexpr Tile kTiles[] = {&GemmInt16::tile<1, false>, &GemmInt16::tile<2, false>,
                                    &GemmInt16::tile<3, false>, &GemmInt16::tile<4, false>};
  static constexpr Tile kWideTiles[] = {&GemmInt16::tile<1, true>, &GemmInt16::tile<2, true>,
                                        &GemmInt16::tile<3, true>, &GemmInt16::tile<4, true>};
  const auto compute = [&](const int16_t* packed, int32_t pixels, int64_t first_output) {
    for (size_t panel = 0; panel < panels_.size(); ++panel) {
      for_each_tile(pixels, rescaling_[panel].in_words() ? kTiles : kWideTiles, *this, panel,
                    packed + panels_[panel].input_offset, output + first_output);
    }
  };
  for_each_block(plan_, CopyElements<int16_t>(), input, reinterpret_cast<int16_t*>(scratch), compute);
}

}  // namespace octet::kernels
