// What the side module's INT8 convolutions are given: see kernels/convolution/dot.h and
// depthwise_dot_kernel.h, which decide whether they are used. Plain C types only: the two modules come from
// different compilers.
#pragma once

#include <stdint.h>

namespace octet::kernels {

/// Output channels that one call computes, and taps that one instruction takes of each.
#define OCTET_DOT_CHANNELS 8
#define OCTET_DOT_TAPS 4
/// Pixels of a tile, whose sums are in registers together: twelve of the machine's sums, as many as x86-64
/// needs to begin two multiplications a cycle.
#define OCTET_DOT_PIXELS 6

/// How eight channels' sums become INT8, in single precision: as requantize_estimate.h, but with a conversion
/// to integers that only relaxed SIMD has. A result is floor(sum * factor + offset), minus `step` where the
/// sum is negative, in units of 2^-16. It errs by less than 5 of them (see make_dot_rescaling). Where the
/// factor is a power of two that is exact in these units, it does not err at all. The machine may round the
/// product or not.
struct DotRescaling {
  float factor[OCTET_DOT_CHANNELS];  ///< Of a channel's multiplier, times 2^16.
  float offset[OCTET_DOT_CHANNELS];
  int32_t step[OCTET_DOT_CHANNELS];
  int32_t doubtful;  ///< Results whose lower 16 bits are below are not certain.
  int8_t low;        ///< The output's range.
  int8_t high;
  bool has_steps;  ///< Whether any `step` matters.
};

/// sums[p][c] = bias[c] + sum over runs and taps of weight * byte, modulo 2^32. Stored as they are, or
/// rescaled.
struct DotSums {
  const uint8_t* packed;         ///< Rows of bytes; up to three bytes behind a run are read.
  const int32_t* input_offsets;  ///< Of each pixel's first tap.
  int32_t pixels;
  const int32_t* runs;  ///< Offset of each run of taps from the first.
  int32_t run_count;
  int32_t quads_per_run;  ///< A run's taps by four, rounded up; weights behind the last tap are zero.
  const int8_t* weights;  ///< Run by run, quad by quad: four taps of channel 0, then of channel 1, ...
  const int32_t* bias;    ///< Of eight channels.
  const DotRescaling*
      rescaling;  ///< Null: the sums are wanted. Sums that it may meet stay below 2^15 / factor.
  int32_t* sums;  ///< Eight a pixel, of all pixels or of those left over.

  // Where they are rescaled.
  int8_t* output;
  const int32_t* output_offsets;  ///< Of each pixel's eight channels.
  int32_t* left_over;  ///< First pixels of tiles whose results are not certain, in order; room for all.
};

/// Returns the number of tiles left over. A tile has OCTET_DOT_PIXELS pixels, the last one what remains; each
/// that is left over takes the room of a whole one in `sums`.
using DotKernel = int32_t (*)(const DotSums*);

/// Rows of one panel. A packed row has a window for every second pixel: for each of eight channels the bytes
/// of that pixel and of the three behind it. A window so serves the pixel where it begins and, with weights
/// moved by one, the next.
struct DepthwiseDots {
  const uint8_t* packed;    ///< The window of the first output pixel's first tap.
  int32_t filter_row_step;  ///< Bytes between the packed rows that a filter reads.
  int32_t filter_rows;
  int32_t stride;   ///< Pixels between the outputs of a row: 1 or 2.
  int32_t windows;  ///< Of a row of the filter, four pixels apart: 1 or 2.
  /// Filter row by row, window by window; with stride 1 for a pixel where a window begins and for the next:
  /// four taps of channel 0, then of channel 1, ...
  const int8_t* weights;
  const int32_t* bias;  ///< Of eight channels.
  const DotRescaling* rescaling;
  int32_t rows;      ///< Of outputs.
  int32_t row_step;  ///< Bytes between the packed rows where they begin.
  int32_t width;     ///< Output pixels in a row. Windows of whole tiles of four are read.
  int8_t* output;
  int32_t output_row_step;
  int32_t output_pixel_step;
  int32_t* sums;       ///< Of tiles that are left over: four pixels of eight channels each. Room for all.
  int32_t* left_over;  ///< Tiles whose results are not certain, counted row by row.
};

/// Returns the number of tiles left over.
using DepthwiseDotKernel = int32_t (*)(const DepthwiseDots*);

}  // namespace octet::kernels

/// The functions of the side module.
extern "C" int32_t octet_dot_sums(const octet::kernels::DotSums* task);
extern "C" int32_t octet_depthwise_dots(const octet::kernels::DepthwiseDots* task);
