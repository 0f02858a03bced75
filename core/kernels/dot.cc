#include "kernels/dot.h"

#include <array>
#include <cstddef>
#include <vector>

namespace octet::kernels {
namespace {

Dot in_use;

/// What the bytes are worth.
int32_t value_of(uint8_t byte, DotOperand operand) {
  return operand == DotOperand::Signed ? static_cast<int8_t>(byte) : int32_t{byte};
}

/// Whether the kernel multiplies and adds exactly, with the bytes so understood. Products and sums of pairs
/// at the ends of their ranges tell apart all that machines are known to do: other signs, 16-bit saturation.
bool is_exact(DotKernel kernel, DotOperand operand) {
  constexpr std::array<uint8_t, 8> kBytes = {0, 1, 100, 127, 128, 129, 200, 255};
  constexpr std::array<int8_t, 8> kWeights = {-128, -127, -77, -1, 0, 1, 90, 127};
  constexpr int32_t kPixels = 7;
  constexpr int32_t kQuads = 16;
  constexpr size_t kTaps = size_t{kQuads} * OCTET_DOT_TAPS;
  const int32_t run = 0;
  const std::array<int32_t, 8> bias = {0, 1, -1, 1 << 30, -(1 << 30), 77, -12345, 1000000};

  std::vector<uint8_t> packed(kPixels * kTaps + 16);
  std::vector<int8_t> weights(kTaps * OCTET_DOT_CHANNELS);
  std::vector<int32_t> offsets;
  // Neighbours are alike for some taps, so that pairs add up to the extremes, and differ for others.
  for (size_t i = 0; i < packed.size(); ++i) packed[i] = kBytes[(i / 4 + i / 64 + (i % 4) * (i / 32)) % 8];
  for (size_t i = 0; i < weights.size(); ++i) weights[i] = kWeights[(i / 4 + (i % 4) * (i / 128)) % 8];
  for (int32_t p = 0; p < kPixels; ++p) offsets.push_back(p * static_cast<int32_t>(kTaps));

  std::vector<int32_t> sums(size_t{kPixels} * OCTET_DOT_CHANNELS);
  const DotSums task = {.packed = packed.data(),
                        .input_offsets = offsets.data(),
                        .pixels = kPixels,
                        .runs = &run,
                        .run_count = 1,
                        .quads_per_run = kQuads,
                        .weights = weights.data(),
                        .bias = bias.data(),
                        .sums = sums.data()};
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
  return true;
}

}  // namespace

bool use_dot_kernel(DotKernel kernel) {
  in_use = {};
  if (kernel == nullptr) return false;
  for (const DotOperand operand : {DotOperand::Signed, DotOperand::Unsigned}) {
    if (is_exact(kernel, operand)) {
      in_use = {kernel, operand};
      return true;
    }
  }
  return false;
}

const Dot& dot() { return in_use; }

}  // namespace octet::kernels
