// Kernels for kernels/convolution/dot.h as machines have them, exact and not.
#pragma once

#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <stdexcept>

#include "kernels/convolution/depthwise_dot_kernel.h"
#include "kernels/convolution/dot.h"

namespace octet::test {

/// Calls sum(weight, byte) per product, four at a time: add(sum, weights, bytes) -> sum. Rescales nothing:
/// every tile is left over.
template <class AddFour>
int32_t plain_sums(const kernels::DotSums* task, AddFour add) {
  int32_t left_over = 0;
  for (int32_t p = 0; p < task->pixels; ++p) {
    if (task->rescaling != nullptr && p % OCTET_DOT_PIXELS == 0) task->left_over[left_over++] = p;
    for (int32_t c = 0; c < OCTET_DOT_CHANNELS; ++c) {
      int32_t sum = task->bias[c];
      const int8_t* weights = task->weights + c * OCTET_DOT_TAPS;
      for (int32_t run = 0; run < task->run_count; ++run) {
        const uint8_t* bytes = task->packed + task->input_offsets[p] + task->runs[run];
        for (int32_t quad = 0; quad < task->quads_per_run; ++quad) {
          sum = add(sum, weights, bytes);
          weights += OCTET_DOT_CHANNELS * OCTET_DOT_TAPS;
          bytes += OCTET_DOT_TAPS;
        }
      }
      task->sums[p * OCTET_DOT_CHANNELS + c] = sum;
    }
  }
  return left_over;
}

/// As ARM's sdot: bytes are signed.
inline int32_t signed_dot(const kernels::DotSums* task) {
  return plain_sums(task, [](int32_t sum, const int8_t* weights, const uint8_t* bytes) {
    for (int i = 0; i < 4; ++i) sum += weights[i] * static_cast<int8_t>(bytes[i]);
    return sum;
  });
}

/// As x86-64 without VNNI: sums of two products saturate to 16 bits.
inline int32_t saturating_dot(const kernels::DotSums* task) {
  return plain_sums(task, [](int32_t sum, const int8_t* weights, const uint8_t* bytes) {
    for (int i = 0; i < 4; i += 2) {
      sum += std::clamp(weights[i] * bytes[i] + weights[i + 1] * bytes[i + 1], -32768, 32767);
    }
    return sum;
  });
}

/// Takes the kernel into use while it lives.
class DotScope {
 public:
  explicit DotScope(kernels::DotKernel kernel) { kernels::use_dot_kernel(kernel); }
  ~DotScope() { kernels::use_dot_kernel(nullptr); }
  DotScope(const DotScope&) = delete;
  DotScope& operator=(const DotScope&) = delete;
};

/// As ARM's sdot; rescales nothing: every tile is left over.
inline int32_t signed_depthwise_dots(const kernels::DepthwiseDots* task) {
  const int32_t parities = task->stride == 1 ? 2 : 1;
  const int32_t tiles = (task->width + 3) / 4;
  for (int32_t i = 0; i < task->rows * tiles * 4 * OCTET_DOT_CHANNELS; ++i) {
    const int32_t c = i % OCTET_DOT_CHANNELS;
    const int32_t x = i / OCTET_DOT_CHANNELS % (tiles * 4);
    const int32_t y = i / OCTET_DOT_CHANNELS / (tiles * 4);
    const int32_t parity = x % parities;
    int32_t sum = task->bias[c];
    for (int32_t row = 0; row < task->filter_rows; ++row) {
      for (int32_t j = 0; j < task->windows; ++j) {
        const uint8_t* bytes = task->packed + y * task->row_step + row * task->filter_row_step +
                               32 * ((x * task->stride - parity) / 2 + 2 * j) + 4 * c;
        const int8_t* weights = task->weights + 32 * ((row * task->windows + j) * parities + parity) + 4 * c;
        for (int k = 0; k < 4; ++k) sum += weights[k] * static_cast<int8_t>(bytes[k]);
      }
    }
    task->sums[i] = sum;
  }
  for (int32_t tile = 0; tile < task->rows * tiles; ++tile) task->left_over[tile] = tile;
  return task->rows * tiles;
}

class DepthwiseDotScope {
 public:
  explicit DepthwiseDotScope(kernels::DepthwiseDotKernel kernel) {
    if (!kernels::use_depthwise_dot_kernel(kernel)) throw std::logic_error("The kernel is not exact.");
  }
  ~DepthwiseDotScope() { kernels::use_depthwise_dot_kernel(nullptr); }
  DepthwiseDotScope(const DepthwiseDotScope&) = delete;
  DepthwiseDotScope& operator=(const DepthwiseDotScope&) = delete;
};

/// None, and the exact ones; the side module's own is as x86-64's with VNNI.
inline constexpr std::initializer_list<kernels::DotKernel> kDotKernels = {nullptr, octet_dot_sums,
                                                                          signed_dot};

}  // namespace octet::test
