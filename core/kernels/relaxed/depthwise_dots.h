// What the side module's INT8 depthwise convolution is given. Plain C types only: see dot_sums.h.
#pragma once

#include <stdint.h>

#include "kernels/relaxed/dot_sums.h"

namespace octet::kernels {

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

/// The side module's function.
extern "C" int32_t octet_depthwise_dots(const octet::kernels::DepthwiseDots* task);
