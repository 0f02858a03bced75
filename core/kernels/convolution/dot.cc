#include "kernels/convolution/dot.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>
#include <vector>

#include "kernels/convolution/dot_rescaling.h"

namespace octet::kernels {
namespace {

Dot in_use;

/// Whether the kernel rescales the task's sums, which are exact, as the rule does.
bool rescales_exactly(DotKernel kernel, DotSums task, std::vector<int32_t> sums) {
  const Int8Range range = {.zero_point = 3, .low = -100};
  std::vector<FixedPointMultiplier> multipliers;
  std::vector<int64_t> greatest_sums(OCTET_DOT_CHANNELS, 0);
  for (int c = 0; c < OCTET_DOT_CHANNELS; ++c) {
    multipliers.push_back(c == 0 ? multiplier_of_shift(9) : fixed_point_multiplier(0.0003 * (c + 1)));
  }
  const auto rescaling = make_dot_rescaling(multipliers, range, greatest_sums);
  task.rescaling = &*rescaling;
  const int32_t tiles = kernel(&task);
  const std::span<const int32_t> left_over(task.left_over, static_cast<size_t>(tiles));
  for (int32_t p = 0; p < task.pixels; ++p) {
    const int32_t tile = p / OCTET_DOT_PIXELS * OCTET_DOT_PIXELS;
    if (std::find(left_over.begin(), left_over.end(), tile) != left_over.end()) continue;
    for (int32_t c = 0; c < OCTET_DOT_CHANNELS; ++c) {
      const int32_t result = multiply_by(sums[static_cast<size_t>(p * OCTET_DOT_CHANNELS + c)],
                                         multipliers[static_cast<size_t>(c)]);
      if (task.output[task.output_offsets[p] + c] !=
          clamp_to_int8<int64_t>(int64_t{result} + range.zero_point, range.low, range.high)) {
        return false;
      }
    }
  }
  return true;
}

/// Whether the kernel multiplies and adds exactly, with the bytes so understood. Products and sums of pairs
/// at the ends of their ranges tell apart all that machines are known to do: other signs, 16-bit saturation.
bool is_exact(DotKernel kernel, DotOperand operand) {
  constexpr std::array<uint8_t, 8> kBytes = {0, 1, 100, 127, 128, 129, 200, 255};
  constexpr std::array<int8_t, 8> kWeights = {-128, -127, -77, -1, 0, 1, 90, 127};
  constexpr int32_t kPixels = 2 * OCTET_DOT_PIXELS + 1;
  constexpr int32_t kQuads = 16;
  constexpr size_t kTaps = size_t{kQuads} * OCTET_DOT_TAPS;
  const int32_t run = 0;
  const std::array<int32_t, 8> bias = {0, 1, -1, 1 << 22, -(1 << 23), 77, -12345, 1000000};

  std::vector<uint8_t> packed(kPixels * kTaps + 16);
  std::vector<int8_t> weights(kTaps * OCTET_DOT_CHANNELS);
  std::vector<int32_t> offsets;
  // Neighbours are alike for some taps, so that pairs add up to the extremes, and differ for others.
  for (size_t i = 0; i < packed.size(); ++i) packed[i] = kBytes[(i / 4 + i / 64 + (i % 4) * (i / 32)) % 8];
  for (size_t i = 0; i < weights.size(); ++i) weights[i] = kWeights[(i / 4 + (i % 4) * (i / 128)) % 8];
  for (int32_t p = 0; p < kPixels; ++p) offsets.push_back(p * static_cast<int32_t>(kTaps));

  std::vector<int32_t> sums(size_t{kPixels + OCTET_DOT_PIXELS} * OCTET_DOT_CHANNELS);
  std::vector<int8_t> output(size_t{kPixels} * OCTET_DOT_CHANNELS);
  std::vector<int32_t> output_offsets;
  for (int32_t p = 0; p < kPixels; ++p) output_offsets.push_back(p * OCTET_DOT_CHANNELS);
  std::vector<int32_t> left_over(kPixels);
  DotSums task = {.packed = packed.data(),
                  .input_offsets = offsets.data(),
                  .pixels = kPixels,
                  .runs = &run,
                  .run_count = 1,
                  .quads_per_run = kQuads,
                  .weights = weights.data(),
                  .bias = bias.data(),
                  .rescaling = nullptr,
                  .sums = sums.data(),
                  .output = output.data(),
                  .output_offsets = output_offsets.data(),
                  .left_over = left_over.data()};
  kernel(&task);
  for (size_t p = 0; p < kPixels; ++p) {
    for (size_t c = 0; c < OCTET_DOT_CHANNELS; ++c) {
      int32_t sum = bias[c];
      for (size_t tap = 0; tap < kTaps; ++tap) {
        const int8_t weight =
            weights[(tap / OCTET_DOT_TAPS * OCTET_DOT_CHANNELS + c) * OCTET_DOT_TAPS + tap % OCTET_DOT_TAPS];
        sum += weight * value_of(packed[p * kTaps + tap], operand);
      }
      if (sums[p * OCTET_DOT_CHANNELS + c] != sum) return false;
    }
  }
  return rescales_exactly(kernel, task, sums);
}

}  // namespace

bool use_dot_kernel(DotKernel kernel) {
  in_use = probed(kernel, is_exact);
  return in_use.kernel != nullptr;
}

const Dot& dot() { return in_use; }

}  // namespace octet::kernels
