// Float convolutions by fused multiply-add, where the machine has it: one instruction in place of two, and
// one rounding. WebAssembly has it in relaxed SIMD only, as f32x4.relaxed_madd, which may also round twice;
// so it is used only where a probe shows that it rounds once, as on x86-64 with FMA3 and on ARM64. All such
// machines give the same bits, in WebAssembly and natively; others multiply and add by the kernels' own code,
// which may differ from them in the last bits.
//
// In WebAssembly the functions come from the side module (kernels/relaxed), natively from the same sources.
#pragma once

#include "kernels/relaxed/fused_tasks.h"

namespace octet::kernels {

/// Null where there is none.
struct FusedKernels {
  FusedGemmKernel gemm = nullptr;
  FusedDepthwiseKernel depthwise = nullptr;
};

/// The kernels in use.
const FusedKernels& fused();

/// Probe the kernel, and make it the one that is used from now on if it rounds once. Return whether it does.
/// Null takes the present one out of use. Not thread-safe: called before anything runs.
bool use_fused_gemm(FusedGemmKernel kernel);
bool use_fused_depthwise(FusedDepthwiseKernel kernel);

/// Those that this machine starts with: natively the ones compiled for it, where the processor has the
/// instruction; none in WebAssembly.
FusedKernels native_fused();

}  // namespace octet::kernels
