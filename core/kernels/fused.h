// Float convolutions by fused multiply-add, where the machine has it: one instruction in place of two, and
// one rounding. WebAssembly has it in relaxed SIMD only, as f32x4.relaxed_madd, which may also round twice;
// so it is used only where a probe shows that it rounds once, as on x86-64 with FMA3 and on ARM64. All such
// machines give the same bits, in WebAssembly and natively; others multiply and add by the kernels' own code,
// which may differ from them in the last bits.
//
// In WebAssembly the functions come from the side module (relaxed/), natively from the same sources. Plain C
// types only: the two modules come from different compilers.
#pragma once

#include <stdint.h>

#include "kernels/panel.h"

namespace octet::kernels {

/// Panels of GemmFloat for the pixels of a block. Every sum starts with the bias and adds the taps in order.
struct FusedGemm {
  const float* packed;
  const int32_t* input_offsets;   ///< Of each pixel's first tap.
  const int32_t* output_offsets;  ///< Of each pixel.
  int32_t pixels;
  const int32_t* runs;  ///< Offset of each run of taps from the first.
  int32_t run_count;
  int32_t run_length;
  const Panel* panels;
  int32_t panel_count;
  int32_t panels_together;  ///< How many panels a few pixels meet before the next pixels do.
  const float* weights;     ///< Panel by panel, tap by tap: eight channels.
  const float* bias;        ///< Eight a panel.
  float lowest;
  float highest;
  float* output;
};

using FusedGemmKernel = void (*)(const FusedGemm*);

/// The kernel in use; null where there is none.
FusedGemmKernel fused_gemm();

/// Probes the kernel, and makes it the one that is used from now on if it rounds once. Returns whether it
/// does. Null takes the present one out of use. Not thread-safe: called before anything runs.
bool use_fused_gemm(FusedGemmKernel kernel);

/// The kernel that this machine starts with: natively the one compiled for it, where the processor has the
/// instruction; null in WebAssembly.
FusedGemmKernel native_fused_gemm();

}  // namespace octet::kernels

/// The functions of the side module.
extern "C" void octet_fused_gemm(const octet::kernels::FusedGemm* task);
