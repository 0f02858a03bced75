#include "kernels/convolution/depthwise_dot_kernel.h"

#include <array>
#include <cstddef>
#include <vector>

#include "kernels/convolution/dot_rescaling.h"

namespace octet::kernels {
namespace {

DepthwiseDot in_use;

constexpr int32_t kWidth = 8;
constexpr int32_t kRows = 3;
constexpr size_t kWindow = size_t{OCTET_DOT_CHANNELS} * OCTET_DOT_TAPS;

/// A row of eight pixels with stride 1, a filter of three rows and two windows.
struct Probe {
  std::vector<uint8_t> packed = std::vector<uint8_t>((kWidth / 2 + 2) * kRows * kWindow);
  std::vector<int8_t> weights = std::vector<int8_t>(2 * 2 * kRows * kWindow);
  std::array<int32_t, OCTET_DOT_CHANNELS> bias = {0, 1, -1, 4000, -3000, 77, -12345, 1 << 22};
  std::vector<int8_t> output = std::vector<int8_t>(kWidth * OCTET_DOT_CHANNELS);
  std::vector<int32_t> sums = std::vector<int32_t>(kWidth * OCTET_DOT_CHANNELS);
  std::array<int32_t, kWidth / 4> left_over = {};
  DotRescaling rescaling = {};
  DepthwiseDots task;

  Probe() {
    constexpr std::array<uint8_t, 8> kBytes = {0, 1, 100, 127, 128, 129, 200, 255};
    constexpr std::array<int8_t, 8> kWeights = {-128, -127, -77, -1, 0, 1, 90, 127};
    for (size_t i = 0; i < packed.size(); ++i) packed[i] = kBytes[(i / 4 + i / 64 + i * (i / 32)) % 8];
    for (size_t i = 0; i < weights.size(); ++i) weights[i] = kWeights[(i / 4 + i * (i / 128)) % 8];
    task = {.packed = packed.data(),
            .filter_row_step = static_cast<int32_t>((kWidth / 2 + 2) * kWindow),
            .filter_rows = kRows,
            .stride = 1,
            .windows = 2,
            .weights = weights.data(),
            .bias = bias.data(),
            .rescaling = &rescaling,
            .rows = 1,
            .row_step = 0,
            .width = kWidth,
            .output = output.data(),
            .output_row_step = 0,
            .output_pixel_step = OCTET_DOT_CHANNELS,
            .sums = sums.data(),
            .left_over = left_over.data()};
  }
  Probe(const Probe&) = delete;
  Probe& operator=(const Probe&) = delete;

  int32_t sum(size_t pixel, size_t channel, DotOperand operand) const {
    int32_t result = bias[channel];
    for (size_t y = 0; y < kRows; ++y) {
      for (size_t j = 0; j < 2; ++j) {
        const size_t window = y * (kWidth / 2 + 2) + pixel / 2 + 2 * j;
        const size_t taps = (y * 2 + j) * 2 + pixel % 2;
        for (size_t i = channel * OCTET_DOT_TAPS; i < (channel + 1) * OCTET_DOT_TAPS; ++i) {
          result += weights[taps * kWindow + i] * value_of(packed[window * kWindow + i], operand);
        }
      }
    }
    return result;
  }
};

bool is_exact(DepthwiseDotKernel kernel, DotOperand operand) {
  Probe probe;
  const Int8Range range = {.zero_point = -5, .low = -90};
  std::vector<FixedPointMultiplier> multipliers;
  for (int c = 0; c < OCTET_DOT_CHANNELS; ++c) {
    multipliers.push_back(c == 0 ? multiplier_of_shift(11) : fixed_point_multiplier(0.0004 * (c + 1)));
  }
  const std::vector<int64_t> greatest_sums(OCTET_DOT_CHANNELS, 0);
  probe.rescaling = *make_dot_rescaling(multipliers, range, greatest_sums);
  const int32_t tiles = kernel(&probe.task);
  for (size_t p = 0; p < kWidth; ++p) {
    int32_t left_over = 0;
    while (left_over < tiles &&
           probe.left_over[static_cast<size_t>(left_over)] != static_cast<int32_t>(p / 4)) {
      ++left_over;
    }
    for (size_t c = 0; c < OCTET_DOT_CHANNELS; ++c) {
      const int32_t sum = probe.sum(p, c, operand);
      const int64_t moved = int64_t{multiply_by(sum, multipliers[c])} + range.zero_point;
      const bool is_right =
          left_over < tiles
              ? probe.sums[(static_cast<size_t>(left_over) * 4 + p % 4) * OCTET_DOT_CHANNELS + c] == sum
              : probe.output[p * OCTET_DOT_CHANNELS + c] == clamp_to_int8(moved, range.low, range.high);
      if (!is_right) return false;
    }
  }
  return true;
}

}  // namespace

bool use_depthwise_dot_kernel(DepthwiseDotKernel kernel) {
  in_use = probed(kernel, is_exact);
  return in_use.kernel != nullptr;
}

const DepthwiseDot& depthwise_dot() { return in_use; }

}  // namespace octet::kernels
