// Float convolutions with and without fused multiply-add, and what each must give.
#pragma once

#include <cmath>
#include <vector>

#include "kernels/fused.h"

namespace octet::test {

/// Whether to fuse: both ways where this machine has both.
inline std::vector<bool> ways_to_add() {
  if (kernels::native_fused_gemm() == nullptr) return {false};
  return {false, true};
}

/// Fuses, or does not, while it lives.
class FusedScope {
 public:
  explicit FusedScope(bool fused) : fused_(fused) {
    kernels::use_fused_gemm(fused ? kernels::native_fused_gemm() : nullptr);
  }
  ~FusedScope() { kernels::use_fused_gemm(kernels::native_fused_gemm()); }
  FusedScope(const FusedScope&) = delete;
  FusedScope& operator=(const FusedScope&) = delete;

  /// sum + a * b.
  float add(float sum, float a, float b) const { return fused_ ? std::fma(a, b, sum) : sum + a * b; }

 private:
  bool fused_;
};

}  // namespace octet::test
