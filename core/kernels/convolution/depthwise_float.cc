#include "kernels/convolution/depthwise_float.h"

#include <algorithm>

#include "kernels/convolution/convolution_tiles.h"
#include "kernels/convolution/tile_pixels.h"

namespace octet::kernels {
namespace {

std::optional<DepthwiseRows> rows_of(const ConvolutionGeometry& g) {
  if (!DepthwiseRows::serves(g, 5) || (g.kernel_width != 3 && g.kernel_width != 5)) return {};
  return DepthwiseRows(g, (kTilePixels - 1) * g.stride_x + g.kernel_width, kPanelChannels * sizeof(float));
}

std::optional<DepthwiseInPlace> in_place_of(const std::optional<DepthwiseRows>& rows) {
  if (!rows || !DepthwiseInPlace::serves(rows->geometry)) return {};
  return DepthwiseInPlace(rows->geometry);
}

/// Sums over the filter's rows, `row` elements apart, of four channels of a tile's pixels: see the function
/// of this name in depthwise_int8.cc.
template <int kStride, int kWidth>
[[gnu::always_inline]] inline void add_taps(const float* taps, const float* weights, int32_t row,
                                            int32_t rows, const float* bias, v128_t (&sums)[kTilePixels]) {
  unrolled<kTilePixels>([&](auto p) { sums[p] = wasm_v128_load(bias); });
  for (; rows > 0; --rows) {
    unrolled<kWidth>([&](auto x) __attribute__((always_inline)) {
      const v128_t filter = wasm_v128_load(weights + kPanelChannels * x);
      unrolled<kTilePixels>([&](auto p) __attribute__((always_inline)) {
        const v128_t pixel = wasm_v128_load(taps + kPanelChannels * (p * kStride + x));
        sums[p] = wasm_f32x4_add(sums[p], wasm_f32x4_mul(pixel, filter));
      });
    });
    taps += row;
    weights += kWidth * kPanelChannels;
  }
}

}  // namespace

DepthwiseFloat::DepthwiseFloat(const ConvolutionGeometry& geometry, std::span<const float> filter,
                               const FloatEpilogue& epilogue)
    : rows_(rows_of(geometry)),
      in_place_(in_place_of(rows_)),
      plan_(plan_convolution(geometry, TapLayout::Single, sizeof(float),
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

uint64_t DepthwiseFloat::scratch_bytes() const {
  const uint64_t elements = rows_ ? uint64_t{rows_->packed_pixels()} * kPanelChannels : plan_.packed_elements;
  return std::max(elements, in_place_ ? in_place_->scratch_elements() : 0) * sizeof(float);
}

void DepthwiseFloat::pack(const float* source, int32_t readable, float* row) const {
  const int64_t step = rows_->geometry.input_channels;
  std::fill_n(row, kPanelChannels * rows_->begin, 0.0f);
  float* pixel = row + kPanelChannels * rows_->begin;
  const auto copy = [&](int32_t x) {
    if (x < readable) {
      wasm_v128_store(pixel, wasm_v128_load(source));
      wasm_v128_store(pixel + 4, wasm_v128_load(source + 4));
    } else {
      std::fill_n(pixel, kPanelChannels, 0.0f);
      std::copy_n(source, step % kPanelChannels, pixel);
    }
    source += step;
    pixel += kPanelChannels;
  };
  int32_t x = rows_->begin;
  for (; x < readable; ++x) copy(x);
  for (; x < rows_->end; ++x) copy(x);
  std::fill_n(pixel, kPanelChannels * (rows_->width - rows_->end), 0.0f);
}

template <int kStride, int kWidth>
void DepthwiseFloat::compute(size_t panel, const Block& block) const {
  const ConvolutionGeometry& g = rows_->geometry;
  const float* bias = bias_[panel].bias;
  const float* filter =
      weights_.data() + panel * static_cast<size_t>(g.kernel_height) * (kWidth * kPanelChannels);
  const int32_t row = rows_->width * kPanelChannels;
  const int32_t channels = panels_[panel].channels;
  for (int32_t y = 0; y < block.rows; ++y) {
    const float* tile = block.packed + int64_t{y} * g.stride_y * row;
    float* output = block.output + int64_t{y} * g.output_row_step;
    for (int32_t left = g.output_width; left > 0; left -= kTilePixels) {
      v128_t low[kTilePixels];  // Sums of channels 0 to 3 of each pixel, then of channels 4 to 7.
      v128_t high[kTilePixels];
      add_taps<kStride, kWidth>(tile, filter, row * g.dilation_y, g.kernel_height, bias, low);
      add_taps<kStride, kWidth>(tile + 4, filter + 4, row * g.dilation_y, g.kernel_height, bias + 4, high);
      clamp_floats(low, high, lowest_, highest_);
      store_floats(low, high, EvenPixels<float>{output, g.output_pixel_step},
                   std::min(left, int32_t{kTilePixels}), channels);
      tile += kTilePixels * kStride * kPanelChannels;
      output += kTilePixels * g.output_pixel_step;
    }
  }
}

FusedDepthwise DepthwiseFloat::task(size_t panel) const {
  static_assert(FusedDepthwise::kTile == kTilePixels);
  const ConvolutionGeometry& g = rows_->geometry;
  const int32_t panel_weights = g.kernel_height * g.kernel_width * kPanelChannels;
  return {.weights = weights_.data() + panel * static_cast<size_t>(panel_weights),
          .panel_weights = panel_weights,
          .bias = bias_[panel].bias,
          .lowest = lowest_,
          .highest = highest_};
}

void DepthwiseFloat::compute_fused(FusedDepthwiseKernel kernel, size_t panel, const Block& block) const {
  const ConvolutionGeometry& g = rows_->geometry;
  FusedDepthwise task = this->task(panel);
  task.input = block.packed;
  task.row_step = rows_->width * kPanelChannels;
  task.pixel_step = kPanelChannels;
  task.kernel_height = g.kernel_height;
  task.kernel_width = g.kernel_width;
  task.stride_y = g.stride_y;
  task.stride_x = g.stride_x;
  task.dilation_y = g.dilation_y;
  task.channels = panels_[panel].channels;
  task.output = block.output;
  task.output_height = block.rows;
  task.output_width = g.output_width;
  task.output_row_step = g.output_row_step;
  task.output_pixel_step = g.output_pixel_step;
  kernel(&task);
}

DepthwiseFloat::Compute DepthwiseFloat::chosen() const {
  if (rows_->geometry.stride_x == 1) {
    return rows_->geometry.kernel_width == 3 ? &DepthwiseFloat::compute<1, 3>
                                             : &DepthwiseFloat::compute<1, 5>;
  }
  return rows_->geometry.kernel_width == 3 ? &DepthwiseFloat::compute<2, 3> : &DepthwiseFloat::compute<2, 5>;
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
  clamp_floats(low, high, lowest_, highest_);
  store_floats(
      low, high,
      ScatteredPixels<float>{output + panels_[panel].first_channel, plan_.output_offsets.data() + first},
      kPixels, panels_[panel].channels);
}

void DepthwiseFloat::run(const float* input, float* output, std::byte* scratch) const {
  float* packed = reinterpret_cast<float*>(scratch);
  if (rows_) {
    const FusedDepthwiseKernel kernel = fused().depthwise;
    if (in_place_ && kernel != nullptr) return in_place_->run(kernel, task(0), input, output, packed);
    const Compute compute = chosen();
    return for_each_depthwise_block(
        *rows_, panels_, input, output, packed, static_cast<size_t>(rows_->width) * kPanelChannels, 0.0f,
        [&](const float* source, int32_t readable, float* row) { pack(source, readable, row); },
        [&](size_t panel, const Block& block) {
          if (kernel == nullptr) return (this->*compute)(panel, block);
          compute_fused(kernel, panel, block);
        });
  }
  static constexpr decltype(&DepthwiseFloat::tile<1>) kTiles[] = {
      &DepthwiseFloat::tile<1>, &DepthwiseFloat::tile<2>, &DepthwiseFloat::tile<3>, &DepthwiseFloat::tile<4>};
  const auto compute = [&](const float* rows, int32_t pixels, int64_t first_output) {
    for (size_t panel = 0; panel < panels_.size(); ++panel) {
      for_each_tile(pixels, kTiles, *this, panel, rows + panels_[panel].first_channel, output + first_output);
    }
  };
  for_each_block(plan_, CopyFloat{}, input, packed, compute);
}

}  // namespace octet::kernels
