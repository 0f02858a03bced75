// Kernels for kernels/dot.h as machines have them, exact and not.
#pragma once

#include <algorithm>
#include <cstdint>
#include <initializer_list>

#include "kernels/dot.h"

namespace octet::test {

/// Calls sum(weight, byte) per product, four at a time: add(sum, weights, bytes) -> sum.
template <class AddFour>
void plain_sums(const kernels::DotSums* task, AddFour add) {
  for (int32_t p = 0; p < task->pixels; ++p) {
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
}

/// As ARM's sdot: bytes are signed.
inline void signed_dot(const kernels::DotSums* task) {
  plain_sums(task, [](int32_t sum, const int8_t* weights, const uint8_t* bytes) {
    for (int i = 0; i < 4; ++i) sum += weights[i] * static_cast<int8_t>(bytes[i]);
    return sum;
  });
}

/// As x86-64 without VNNI: sums of two products saturate to 16 bits.
inline void saturating_dot(const kernels::DotSums* task) {
  plain_sums(task, [](int32_t sum, const int8_t* weights, const uint8_t* bytes) {
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

/// None, and the exact ones; the side module's own is as x86-64's with VNNI.
inline constexpr std::initializer_list<kernels::DotKernel> kDotKernels = {nullptr, octet_dot_sums,
                                                                          signed_dot};

}  // namespace octet::test
