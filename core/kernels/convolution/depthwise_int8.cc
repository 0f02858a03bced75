#include "kernels/convolution/depthwise_int8.h"

#include <algorithm>

#include "kernels/convolution/convolution_tiles.h"
#include "kernels/convolution/tile_pixels.h"

namespace octet::kernels {

DepthwiseInt8Rows::DepthwiseInt8Rows(const ConvolutionGeometry& g, std::span<const int8_t> filter,
                                     int32_t input_zero_point,
                                     const Int8Epilogue<FixedPointMultiplier>& epilogue)
    : pairs_(std::max(kFewestPairs, g.stride_x == 1 ? g.kernel_width / 2 + 1 : (g.kernel_width + 1) / 2)),
      plan_(g, 2 * (g.stride_x == 1 ? pairs_ + 1 : pairs_ + kTilePixels - 1),
            kPanelChannels * sizeof(int16_t)),
      input_zero_point_(input_zero_point),
      range_(epilogue.range),
      panels_(make_panels(1, g.output_channels, g.output_channels)) {
  for (const Panel& panel : panels_) {
    rescaling_.push_back(make_rescaling(panel, epilogue));
    const auto weight = [&](int32_t y, int32_t x, int32_t channel) -> int16_t {
      if (x < 0 || x >= g.kernel_width || channel >= panel.channels) return 0;
      return filter[(static_cast<size_t>(y) * static_cast<size_t>(g.kernel_width) + static_cast<size_t>(x)) *
                        static_cast<size_t>(g.output_channels) +
                    static_cast<size_t>(panel.first_channel + channel)];
    };
    for (int32_t y = 0; y < g.kernel_height; ++y) {
      for (int32_t x = 0; x < 2 * pairs_; x += 2) {
        for (int32_t parity = 0; parity < (g.stride_x == 1 ? 2 : 1); ++parity) {
          for (int32_t c = 0; c < kPanelChannels; ++c) {
            weights_.push_back(weight(y, x - parity, c));
            weights_.push_back(weight(y, x - parity + 1, c));
          }
        }
      }
    }
  }
}

void DepthwiseInt8Rows::pack(const int8_t* source, int32_t readable, int16_t* row) const {
  const v128_t zero_point = wasm_i16x8_splat(static_cast<int16_t>(input_zero_point_));
  const int32_t step = plan_.geometry.input_channels;
  const auto eight = [&](const int8_t* at) { return wasm_i16x8_sub(wasm_i16x8_load8x8(at), zero_point); };
  const auto pixel = [&](int32_t x) {
    if (x < plan_.begin || x >= plan_.end) return wasm_i16x8_splat(0);
    if (x < readable) return eight(source + int64_t{x - plan_.begin} * step);
    int8_t channels[kPanelChannels] = {};
    std::copy_n(source + int64_t{x - plan_.begin} * step, plan_.geometry.input_channels % kPanelChannels,
                channels);
    return eight(channels);
  };
  const auto store = [&](int32_t x, v128_t even, v128_t odd) {
    wasm_v128_store(row + kPanelChannels * x, wasm_i16x8_shuffle(even, odd, 0, 8, 1, 9, 2, 10, 3, 11));
    wasm_v128_store(row + kPanelChannels * (x + 1),
                    wasm_i16x8_shuffle(even, odd, 4, 12, 5, 13, 6, 14, 7, 15));
  };
  int32_t x = 0;
  for (; x < plan_.begin; x += 2) store(x, pixel(x), pixel(x + 1));
  const int8_t* at = source + int64_t{x - plan_.begin} * step;
  for (; x + 2 <= readable; x += 2, at += 2 * step) store(x, eight(at), eight(at + step));
  for (; x < plan_.width; x += 2) store(x, pixel(x), pixel(x + 1));
}

/// Sums over the filter's rows, `row` elements apart, of four channels of a tile's pixels. Half of the
/// channels at a time: V8 loads all that a block of code needs before it begins to multiply, and has 15
/// registers.
template <int kStride, int kPairs>
[[gnu::always_inline]] inline void add_taps(const int16_t* taps, const int16_t* weights, int32_t row,
                                            int32_t rows, const int32_t* bias, v128_t (&sums)[kTilePixels]) {
  constexpr int kPair = 2 * kPanelChannels;  // Elements of a packed pair of pixels.
  constexpr int kParities = kStride == 1 ? 2 : 1;
  unrolled<kTilePixels>([&](auto p) { sums[p] = wasm_v128_load(bias); });
  for (; rows > 0; --rows) {
    unrolled<kPairs>([&](auto pair) __attribute__((always_inline)) {
      unrolled<kTilePixels>([&](auto p) __attribute__((always_inline)) {
        const v128_t pixels = wasm_v128_load(taps + kPair * (pair + (kStride == 1 ? p / 2 : int{p})));
        const v128_t filter =
            wasm_v128_load(weights + kPair * (kParities * pair + (kStride == 1 ? p % 2 : 0)));
        sums[p] = wasm_i32x4_add(sums[p], wasm_i32x4_dot_i16x8(pixels, filter));
      });
    });
    taps += row;
    weights += kPairs * kParities * kPair;
  }
}

template <int kStride, int kPairs, bool kSteps>
void DepthwiseInt8Rows::compute(size_t panel, const Block& block) const {
  constexpr int kPixels = kTilePixels;
  constexpr int kPair = 2 * kPanelChannels;  // Elements of a packed pair of pixels.
  constexpr int kParities = kStride == 1 ? 2 : 1;
  const ConvolutionGeometry& g = plan_.geometry;
  const EstimatedPanel& rescaling = rescaling_[panel];
  const int16_t* filter =
      weights_.data() + panel * static_cast<size_t>(g.kernel_height) * (kPairs * kParities * kPair);
  const int32_t row = plan_.width * kPanelChannels;
  const int32_t channels = panels_[panel].channels;
  for (int32_t y = 0; y < block.rows; ++y) {
    const int16_t* tile = block.packed + int64_t{y} * g.stride_y * row;
    int8_t* output = block.output + int64_t{y} * g.output_row_step;
    for (int32_t left = g.output_width; left > 0; left -= kPixels) {
      v128_t low[kPixels];  // Sums of channels 0 to 3 of each pixel, then of channels 4 to 7.
      v128_t high[kPixels];
      add_taps<kStride, kPairs>(tile, filter, row * g.dilation_y, g.kernel_height, rescaling.bias, low);
      add_taps<kStride, kPairs>(tile + 8, filter + 8, row * g.dilation_y, g.kernel_height, rescaling.bias + 4,
                                high);
      requantize_tile<kSteps>(low, high, rescaling, range_, EvenPixels<int8_t>{output, g.output_pixel_step},
                              std::min(left, int32_t{kPixels}), channels);
      tile += kPixels * kStride * kPanelChannels;
      output += kPixels * g.output_pixel_step;
    }
  }
}

template <bool kSteps>
DepthwiseInt8Rows::Compute DepthwiseInt8Rows::chosen() const {
  static constexpr Compute kComputes[2][2] = {
      {&DepthwiseInt8Rows::compute<1, 2, kSteps>, &DepthwiseInt8Rows::compute<1, 3, kSteps>},
      {&DepthwiseInt8Rows::compute<2, 2, kSteps>, &DepthwiseInt8Rows::compute<2, 3, kSteps>}};
  return kComputes[plan_.geometry.stride_x - 1][pairs_ - kFewestPairs];
}

void DepthwiseInt8Rows::run(const int8_t* input, int8_t* output, std::byte* scratch) const {
  const Compute with_steps = chosen<true>();
  const Compute without_steps = chosen<false>();
  for_each_depthwise_block(
      plan_, panels_, input, output, reinterpret_cast<int16_t*>(scratch),
      static_cast<size_t>(plan_.width) * kPanelChannels, int16_t{0},
      [&](const int8_t* source, int32_t readable, int16_t* row) { pack(source, readable, row); },
      [&](size_t panel, const Block& block) {
        (this->*(rescaling_[panel].has_steps ? with_steps : without_steps))(panel, block);
      });
}

DepthwiseInt8::DepthwiseInt8(const ConvolutionGeometry& geometry, std::span<const int8_t> filter,
                             int32_t input_zero_point, const Int8Epilogue<FixedPointMultiplier>& epilogue)
    : plan_(plan_convolution(geometry, TapLayout::Single, sizeof(int16_t),
                             geometry.output_channels / geometry.input_channels)),
      input_zero_point_(input_zero_point),
      range_(epilogue.range),
      panels_(make_panels(1, geometry.output_channels, geometry.output_channels)),
      taps_(plan_.runs) {
  if (DepthwiseInt8Dots::serves(geometry)) {
    dots_.emplace(geometry, filter, input_zero_point, epilogue);
    if (dots_->can_rescale()) return;
    dots_.reset();
  }
  if (DepthwiseInt8Rows::serves(geometry)) {
    rows_.emplace(geometry, filter, input_zero_point, epilogue);
    return;
  }
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
  requantize_tile<true>(
      low, high, rescaling, range_,
      ScatteredPixels<int8_t>{output + panels_[panel].first_channel, plan_.output_offsets.data() + first},
      kPixels, panels_[panel].channels);
}

void DepthwiseInt8::run(const int8_t* input, int8_t* output, std::byte* scratch) const {
  if (dots_) return dots_->run(input, output, scratch);
  if (rows_) return rows_->run(input, output, scratch);
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
