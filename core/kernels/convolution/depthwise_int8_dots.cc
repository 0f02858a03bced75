#include "kernels/convolution/depthwise_int8_dots.h"

#include <algorithm>
#include <array>

#include "kernels/convolution/tile_pixels.h"

namespace octet::kernels {
namespace {

constexpr int32_t kWidest = 7;  ///< Two windows hold eight taps, and one more where weights are moved.

int32_t windows_of(const ConvolutionGeometry& g) {
  const int32_t taps = g.kernel_width + (g.stride_x == 1 ? 1 : 0);
  return std::max((taps + OCTET_DOT_TAPS - 1) / OCTET_DOT_TAPS, 1);
}

/// Columns that a tile's windows cover.
int32_t reach(const ConvolutionGeometry& g) {
  const int32_t last_window = (kTilePixels - 1) * g.stride_x / 2 * 2 + (windows_of(g) - 1) * OCTET_DOT_TAPS;
  return last_window + OCTET_DOT_TAPS;
}

}  // namespace

bool DepthwiseInt8Dots::serves(const ConvolutionGeometry& g) {
  return depthwise_dot().kernel != nullptr && g.output_channels % kPanelChannels == 0 &&
         DepthwiseRows::serves(g, kWidest);
}

DepthwiseInt8Dots::DepthwiseInt8Dots(const ConvolutionGeometry& g, std::span<const int8_t> filter,
                                     int32_t input_zero_point,
                                     const Int8Epilogue<FixedPointMultiplier>& epilogue)
    : dot_(depthwise_dot()),
      windows_(windows_of(g)),
      plan_(g, reach(g), kPixelBytes),
      input_zero_point_(input_zero_point),
      range_(epilogue.range),
      panels_(make_panels(1, g.output_channels, g.output_channels)) {
  for (const Panel& panel : panels_) add_panel(panel, filter, epilogue);
}

void DepthwiseInt8Dots::add_panel(const Panel& panel, std::span<const int8_t> filter,
                                  const Int8Epilogue<FixedPointMultiplier>& epilogue) {
  const ConvolutionGeometry& g = plan_.geometry;
  const auto weight = [&](int32_t y, int32_t x, int32_t channel) -> int8_t {
    if (x < 0 || x >= g.kernel_width) return 0;
    return filter[(static_cast<size_t>(y) * static_cast<size_t>(g.kernel_width) + static_cast<size_t>(x)) *
                      static_cast<size_t>(g.output_channels) +
                  static_cast<size_t>(panel.first_channel + channel)];
  };
  EstimatedPanel& rule = rules_.emplace_back(make_rescaling(panel, epilogue));
  std::array<int64_t, kPanelChannels> greatest_sums = {};
  for (int32_t c = 0; c < kPanelChannels; ++c) {
    DotChannel weights;
    for (int32_t y = 0; y < g.kernel_height; ++y) {
      for (int32_t x = 0; x < g.kernel_width; ++x) weights.add(weight(y, x, c));
    }
    greatest_sums[static_cast<size_t>(c)] = weights.greatest_sum(rule.bias[c]);
    rule.bias[c] = weights.bias_for(rule.bias[c], input_zero_point_ + zero_of(dot_.operand));
  }
  for (int32_t y = 0; y < g.kernel_height; ++y) {
    for (int32_t first = 0; first < windows_ * OCTET_DOT_TAPS; first += OCTET_DOT_TAPS) {
      for (int32_t parity = 0; parity < (g.stride_x == 1 ? 2 : 1); ++parity) {
        for (int32_t c = 0; c < kPanelChannels; ++c) {
          for (int32_t x = first; x < first + OCTET_DOT_TAPS; ++x)
            weights_.push_back(weight(y, x - parity, c));
        }
      }
    }
  }
  const auto rescaling = make_dot_rescaling(
      epilogue.multipliers.subspan(static_cast<size_t>(panel.first_channel), kPanelChannels), range_,
      greatest_sums);
  if (rescaling) rescaling_.push_back(*rescaling);
}

int32_t DepthwiseInt8Dots::tiles_per_call() const {
  constexpr int32_t kTiles = 64;
  return std::max(kTiles / std::max(plan_.tiles, 1), 1) * plan_.tiles;
}

uint64_t DepthwiseInt8Dots::scratch_bytes() const {
  constexpr uint64_t kLeftOverBytes = (kTilePixels * kPanelChannels + 1) * sizeof(int32_t);
  return packed_bytes() + static_cast<uint64_t>(tiles_per_call()) * kLeftOverBytes;
}

void DepthwiseInt8Dots::pack(const int8_t* source, uint8_t* row) const {
  const int64_t step = plan_.geometry.input_channels;
  const v128_t flip = wasm_i8x16_splat(static_cast<int8_t>(flip_of(dot_.operand)));
  const v128_t padding = wasm_i8x16_splat(static_cast<int8_t>(input_zero_point_));
  const auto pixel = [&](int32_t x) {
    if (x < plan_.begin || x >= plan_.end) return padding;
    return wasm_v128_load64_zero(source + (x - plan_.begin) * step);
  };
  const auto pair_of = [&](v128_t even, v128_t odd) {
    const v128_t bytes =
        wasm_i8x16_shuffle(even, odd, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
    return wasm_v128_xor(bytes, flip);
  };
  v128_t pair = pair_of(pixel(0), pixel(1));
  const auto add = [&](v128_t next) {
    wasm_v128_store(row, wasm_i16x8_shuffle(pair, next, 0, 8, 1, 9, 2, 10, 3, 11));
    wasm_v128_store(row + 16, wasm_i16x8_shuffle(pair, next, 4, 12, 5, 13, 6, 14, 7, 15));
    row += 2 * kPixelBytes;
    pair = next;
  };
  int32_t x = 2;
  for (; x < plan_.begin; x += 2) add(pair_of(pixel(x), pixel(x + 1)));
  const int8_t* at = source + (x - plan_.begin) * step;
  for (; x + 2 <= plan_.end; x += 2, at += 2 * step) {
    add(pair_of(wasm_v128_load64_zero(at), wasm_v128_load64_zero(at + step)));
  }
  for (; x < plan_.width; x += 2) add(pair_of(pixel(x), pixel(x + 1)));
}

void DepthwiseInt8Dots::compute(size_t panel, const Block& block, std::byte* scratch) const {
  const ConvolutionGeometry& g = plan_.geometry;
  const int32_t row_bytes = plan_.width * static_cast<int32_t>(kPixelBytes);
  const size_t panel_weights = weights_.size() / panels_.size();
  const int32_t rows_per_call = tiles_per_call() / plan_.tiles;
  int32_t* sums = reinterpret_cast<int32_t*>(scratch);
  int32_t* left_over = sums + tiles_per_call() * kTilePixels * kPanelChannels;
  for (int32_t y = 0; y < block.rows; y += rows_per_call) {
    const int32_t rows = std::min(rows_per_call, block.rows - y);
    const DepthwiseDots task = {.packed = block.packed + int64_t{y} * g.stride_y * row_bytes,
                                .filter_row_step = g.dilation_y * row_bytes,
                                .filter_rows = g.kernel_height,
                                .stride = g.stride_x,
                                .windows = windows_,
                                .weights = weights_.data() + panel * panel_weights,
                                .bias = rules_[panel].bias,
                                .rescaling = &rescaling_[panel],
                                .rows = rows,
                                .row_step = rows > 1 ? g.stride_y * row_bytes : 0,
                                .width = g.output_width,
                                .output = block.output + int64_t{y} * g.output_row_step,
                                .output_row_step = g.output_row_step,
                                .output_pixel_step = g.output_pixel_step,
                                .sums = sums,
                                .left_over = left_over};
    const int32_t tiles = dot_.kernel(&task);
    for (int32_t i = 0; i < tiles; ++i) {
      const int32_t x = left_over[i] % plan_.tiles * kTilePixels;
      int8_t* output = task.output + left_over[i] / plan_.tiles * g.output_row_step + x * g.output_pixel_step;
      requantize_by_rule<RequantizationPanel>(
          sums + i * kTilePixels * kPanelChannels, std::min(kTilePixels, g.output_width - x), rules_[panel],
          range_, EvenPixels<int8_t>{output, g.output_pixel_step}, kPanelChannels);
    }
  }
}

void DepthwiseInt8Dots::run(const int8_t* input, int8_t* output, std::byte* scratch) const {
  const uint8_t padding =
      static_cast<uint8_t>(static_cast<uint8_t>(input_zero_point_) ^ flip_of(dot_.operand));
  std::byte* packed = scratch + static_cast<size_t>(scratch_bytes()) - packed_bytes();
  for_each_depthwise_block(
      plan_, panels_, input, output, reinterpret_cast<uint8_t*>(packed),
      static_cast<size_t>(plan_.width) * kPixelBytes, padding,
      [&](const int8_t* source, int32_t, uint8_t* row) { pack(source, row); },
      [&](size_t panel, const Block& block) { compute(panel, block, scratch); });
}

}  // namespace octet::kernels
