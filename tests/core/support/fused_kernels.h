// Float convolutions with and without fused multiply-add, and what each must give.
#pragma once

#include <cmath>
#include <vector>

#include "kernels/convolution/fused_multiply_add.h"

namespace octet::test {

/// No kernels, and all that this machine can run.
inline std::vector<kernels::FusedKernels> fused_kernels() {
  if (kernels::native_fused().gemm == nullptr) return {{}};
  return {{}, {octet_fused_gemm_4, octet_fused_depthwise}, {octet_fused_gemm_6, octet_fused_depthwise}};
}

/// Takes the kernels into use while it lives.
class FusedScope {
 public:
  explicit FusedScope(const kernels::FusedKernels& fused) : fused_(fused.gemm != nullptr) { use(fused); }
  ~FusedScope() { use(kernels::native_fused()); }
  FusedScope(const FusedScope&) = delete;
  FusedScope& operator=(const FusedScope&) = delete;

  /// sum + a * b.
  float add(float sum, float a, float b) const { return fused_ ? std::fma(a, b, sum) : sum + a * b; }

 private:
  static void use(const kernels::FusedKernels& fused) {
    kernels::use_fused_gemm(fused.gemm);
    kernels::use_fused_depthwise(fused.depthwise);
  }

  bool fused_;
};

}  // namespace octet::test
