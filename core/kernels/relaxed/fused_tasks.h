// What the float convolutions of the side module are given: see kernels/convolution/fused_multiply_add.h,
// which decides whether they are used. Plain C types only: the two modules come from different compilers.
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

/// Output rows of DepthwiseFloat, for filters of three or five columns and strides of one or two columns.
struct FusedDepthwise {
  static constexpr int kTile = 4;  ///< Pixels that are computed together: what the last ones need is read.

  const float* input;  ///< The first tap of the first pixel; eight channels of a panel are read.
  int32_t row_step;    ///< Elements between an input row and the next.
  int32_t pixel_step;
  int32_t kernel_height;
  int32_t kernel_width;
  int32_t stride_y;
  int32_t stride_x;
  int32_t dilation_y;
  const float* weights;   ///< Panel by panel, tap by tap: eight channels.
  int32_t panel_weights;  ///< Elements between a panel's and the next one's.
  const float* bias;      ///< Eight a panel.
  int32_t channels;       ///< Of all panels, which stand side by side.
  float lowest;
  float highest;
  float* output;
  int32_t output_height;
  int32_t output_width;
  int32_t output_row_step;
  int32_t output_pixel_step;
};

using FusedGemmKernel = void (*)(const FusedGemm*);
using FusedDepthwiseKernel = void (*)(const FusedDepthwise*);

}  // namespace octet::kernels

/// The functions of the side module. GEMM by tiles of six pixels is the faster one where the engine keeps an
/// order of instructions that needs few registers.
extern "C" void octet_fused_gemm_4(const octet::kernels::FusedGemm* task);
extern "C" void octet_fused_gemm_6(const octet::kernels::FusedGemm* task);
extern "C" void octet_fused_depthwise(const octet::kernels::FusedDepthwise* task);
