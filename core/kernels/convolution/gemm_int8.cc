#include "kernels/convolution/gemm_int8.h"

#include <algorithm>
#include <array>
#include <type_traits>

#include "kernels/convolution/convolution_tiles.h"
#include "kernels/convolution/tile_pixels.h"

namespace octet::kernels {

namespace {

/// Rescaling by real multipliers has no steps to leave out: one form of a loop is enough.
template <class Multiplier>
constexpr bool kAlwaysSteps = std::is_same_v<Multiplier, double>;

constexpr int32_t kMostPixelsPerCall = 120;

int32_t pixels_per_call(const ConvolutionPlan& plan) {
  constexpr int64_t kBytes = 24 * 1024;
  const int64_t bytes_per_pixel =
      std::max<int64_t>(int64_t{plan.packed_channels} * plan.geometry.stride_x, 1);
  return static_cast<int32_t>(std::clamp<int64_t>(
      kBytes / bytes_per_pixel / OCTET_DOT_PIXELS * OCTET_DOT_PIXELS, OCTET_DOT_PIXELS, kMostPixelsPerCall));
}

}  // namespace

template <class Multiplier>
GemmInt8<Multiplier>::GemmInt8(const ConvolutionGeometry& geometry, std::span<const int8_t> filter,
                               int32_t input_zero_point, const Int8Epilogue<Multiplier>& epilogue)
    : dot_(dot()),
      plan_(plan_convolution(geometry, TapLayout::Runs, packed_bytes())),
      input_zero_point_(input_zero_point),
      range_(epilogue.range),
      panels_(make_panels(geometry.groups, geometry.input_channels / geometry.groups,
                          geometry.output_channels / geometry.groups)),
      taps_per_step_(dot_.kernel != nullptr ? OCTET_DOT_TAPS : 2),
      steps_per_run_((plan_.run_length + taps_per_step_ - 1) / taps_per_step_),
      pixels_per_call_(pixels_per_call(plan_)) {
  const size_t run_length = static_cast<size_t>(plan_.run_length);
  const size_t channel_length = plan_.runs.size() * run_length;
  for (const Panel& panel : panels_) {
    rescaling_.push_back(make_rescaling(panel, epilogue));
    has_steps_ = has_steps_ || rescaling_.back().has_steps;
    for (size_t run = 0; run < plan_.runs.size(); ++run) {
      const auto weight = [&](int32_t channel, int32_t k) {
        return filter[static_cast<size_t>(channel) * channel_length + run * run_length +
                      static_cast<size_t>(k)];
      };
      if (dot_.kernel != nullptr) {
        append_taps<OCTET_DOT_TAPS>(panel, plan_.run_length, weight, weights_);
      } else {
        append_taps<2>(panel, plan_.run_length, weight, pair_weights_);
      }
    }
    if (dot_.kernel == nullptr) continue;
    std::array<int64_t, kPanelChannels> greatest_sums = {};
    for (int32_t c = 0; c < panel.channels; ++c) {
      const size_t first = static_cast<size_t>(panel.first_channel + c) * channel_length;
      int32_t& bias = rescaling_.back().bias[c];
      DotChannel weights;
      for (const int8_t weight : filter.subspan(first, channel_length)) weights.add(weight);
      greatest_sums[static_cast<size_t>(c)] = weights.greatest_sum(bias);
      bias = weights.bias_for(bias, input_zero_point + zero_of(dot_.operand));
    }
    dot_rescaling_.push_back(
        make_dot_rescaling(epilogue.multipliers.subspan(static_cast<size_t>(panel.first_channel),
                                                        static_cast<size_t>(panel.channels)),
                           range_, greatest_sums));
  }
}

template <class Multiplier>
template <class Compute>
void GemmInt8<Multiplier>::for_panels(const Compute& compute) const {
  constexpr size_t kFewWeights = 16 * 1024;
  const size_t bytes = weights_.size() + pair_weights_.size() * sizeof(int16_t);
  const size_t step = bytes <= kFewWeights ? panels_.size() : 1;
  for (size_t panel = 0; panel < panels_.size(); panel += step) compute(panel, panel + step);
}

template <class Multiplier>
template <int kPixels, bool kSteps>
void GemmInt8<Multiplier>::tiles(size_t first_panel, size_t last_panel, const int16_t* packed, int8_t* output,
                                 int32_t first, int32_t last) const {
  const int32_t pairs = steps_per_run_;
  for (; first < last; first += kPixels) {
    const int16_t* weights = pair_weights_.data() + first_panel * panel_weights();
    for (size_t panel = first_panel; panel < last_panel; ++panel) {
      const RescalingPanel<Multiplier>& rescaling = rescaling_[panel];
      v128_t low[kPixels];  // Sums of channels 0 to 3 of each pixel, then of channels 4 to 7.
      v128_t high[kPixels];
      unrolled<kPixels>([&](auto p) {
        low[p] = wasm_v128_load(rescaling.bias);
        high[p] = wasm_v128_load(rescaling.bias + 4);
      });
      for (const int32_t run : plan_.runs) {
        const int16_t* taps[kPixels];
        unrolled<kPixels>([&](auto p) {
          taps[p] = packed + plan_.input_offsets[static_cast<size_t>(first + p)] +
                    panels_[panel].input_offset + run;
        });
        for (int32_t pair = 0; pair < pairs; ++pair, weights += 16) {
          const v128_t weights_low = wasm_v128_load(weights);
          const v128_t weights_high = wasm_v128_load(weights + 8);
          unrolled<kPixels>([&](auto p) {
            const v128_t input_pair = wasm_v128_load32_splat(taps[p] + 2 * pair);
            low[p] = wasm_i32x4_add(low[p], wasm_i32x4_dot_i16x8(input_pair, weights_low));
            high[p] = wasm_i32x4_add(high[p], wasm_i32x4_dot_i16x8(input_pair, weights_high));
          });
        }
      }
      const ScatteredPixels<int8_t> destination = {output + panels_[panel].first_channel,
                                                   plan_.output_offsets.data() + first};
      requantize_tile<kSteps>(low, high, rescaling, range_, destination, kPixels, panels_[panel].channels);
    }
  }
}

template <class Multiplier>
void GemmInt8<Multiplier>::compute_by_pairs(size_t first, size_t last, const int16_t* packed, int8_t* output,
                                            int32_t pixels) const {
  using Tiles = void (GemmInt8::*)(size_t, size_t, const int16_t*, int8_t*, int32_t, int32_t) const;
  static constexpr Tiles kTails[] = {&GemmInt8::template tiles<1, true>, &GemmInt8::template tiles<2, true>,
                                     &GemmInt8::template tiles<3, true>};
  const int32_t whole = pixels / kTilePixels * kTilePixels;
  if (kAlwaysSteps<Multiplier> || has_steps_) {
    tiles<kTilePixels, true>(first, last, packed, output, 0, whole);
  } else {
    tiles<kTilePixels, kAlwaysSteps<Multiplier>>(first, last, packed, output, 0, whole);
  }
  if (whole == pixels) return;
  const auto tail = kTails[pixels - whole - 1];
  (this->*tail)(first, last, packed, output, whole, pixels);
}

template <class Multiplier>
void GemmInt8<Multiplier>::rescale(size_t panel, const int32_t* sums, int8_t* output, const int32_t* offsets,
                                   int32_t pixels) const {
  for (; pixels > 0; pixels -= kTilePixels, sums += kTilePixels * kPanelChannels, offsets += kTilePixels) {
    v128_t low[kTilePixels];
    v128_t high[kTilePixels];
    unrolled<kTilePixels>([&](auto p) {
      low[p] = wasm_v128_load(sums + p * kPanelChannels);
      high[p] = wasm_v128_load(sums + p * kPanelChannels + 4);
    });
    requantize_tile<true>(low, high, rescaling_[panel], range_, ScatteredPixels<int8_t>{output, offsets},
                          std::min(kTilePixels, pixels), panels_[panel].channels);
  }
}

template <class Multiplier>
void GemmInt8<Multiplier>::compute_by_dot(size_t panel, const uint8_t* packed, int8_t* output, int32_t first,
                                          int32_t pixels) const {
  // rescale() reads whole tiles: of the last six pixels' second one, half lies behind them.
  alignas(16) int32_t sums[(kMostPixelsPerCall + kTilePixels) * kPanelChannels];
  int32_t left_over[kMostPixelsPerCall / OCTET_DOT_PIXELS];
  const int32_t* offsets = plan_.output_offsets.data() + first;
  DotSums task = {.packed = packed + panels_[panel].input_offset,
                  .input_offsets = plan_.input_offsets.data() + first,
                  .pixels = pixels,
                  .runs = plan_.runs.data(),
                  .run_count = static_cast<int32_t>(plan_.runs.size()),
                  .quads_per_run = steps_per_run_,
                  .weights = weights_.data() + panel * panel_weights(),
                  .bias = rescaling_[panel].bias,
                  .rescaling = dot_rescaling_[panel] ? &*dot_rescaling_[panel] : nullptr,
                  .sums = sums,
                  .output = output + panels_[panel].first_channel,
                  .output_offsets = offsets,
                  .left_over = left_over};
  const int32_t tiles = dot_.kernel(&task);
  if (task.rescaling == nullptr) return rescale(panel, sums, task.output, offsets, pixels);
  for (int32_t i = 0; i < tiles; ++i) {
    rescale(panel, sums + i * OCTET_DOT_PIXELS * kPanelChannels, task.output, offsets + left_over[i],
            std::min(OCTET_DOT_PIXELS, pixels - left_over[i]));
  }
}

template <class Multiplier>
void GemmInt8<Multiplier>::run(const int8_t* input, int8_t* output, std::byte* scratch) const {
  if (dot_.kernel != nullptr) {
    for_each_block(plan_, BytesOfInt8{input_zero_point_, flip_of(dot_.operand)}, input,
                   reinterpret_cast<uint8_t*>(scratch),
                   [&](const uint8_t* packed, int32_t pixels, int64_t first_output) {
                     for (int32_t first = 0; first < pixels; first += pixels_per_call_) {
                       for (size_t panel = 0; panel < panels_.size(); ++panel) {
                         compute_by_dot(panel, packed, output + first_output, first,
                                        std::min(pixels_per_call_, pixels - first));
                       }
                     }
                   });
  } else {
    for_each_block(plan_, WidenInt8{input_zero_point_}, input, reinterpret_cast<int16_t*>(scratch),
                   [&](const int16_t* packed, int32_t pixels, int64_t first_output) {
                     for_panels([&](size_t first, size_t last) {
                       compute_by_pairs(first, last, packed, output + first_output, pixels);
                     });
                   });
  }
}

template class GemmInt8<FixedPointMultiplier>;
template class GemmInt8<double>;

}  // namespace octet::kernels
