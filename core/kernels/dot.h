// Dot products of INT8 by one machine instruction, where the machine has it: relaxed SIMD's
// i32x4.relaxed_dot_i8x16_i7x16_add multiplies four times four bytes and adds them to a sum. What it does
// with a top bit in its second operand is up to the machine, so it is used only where a probe shows that it
// is exact. The function that contains it comes from a module of its own (relaxed/), since engines without
// the instruction refuse a whole module for it.
//
// Plain C types only: the two modules come from different compilers.
#pragma once

#include <stdint.h>

namespace octet::kernels {

/// Output channels that one call computes, and taps that one instruction takes of each.
#define OCTET_DOT_CHANNELS 8
#define OCTET_DOT_TAPS 4

/// sums[p][c] = bias[c] + sum over runs and taps of weight * byte, modulo 2^32.
struct DotSums {
  const uint8_t* packed;         ///< Rows of bytes; up to three bytes behind a run are read.
  const int32_t* input_offsets;  ///< Of each pixel's first tap.
  int32_t pixels;
  const int32_t* runs;  ///< Offset of each run of taps from the first.
  int32_t run_count;
  int32_t quads_per_run;  ///< A run's taps by four, rounded up; weights behind the last tap are zero.
  const int8_t* weights;  ///< Run by run, quad by quad: four taps of channel 0, then of channel 1, ...
  const int32_t* bias;    ///< Of eight channels.
  int32_t* sums;          ///< Eight a pixel.
};

using DotKernel = void (*)(const DotSums*);

/// How bytes must be given to a kernel that is exact.
enum class DotOperand : uint8_t {
  Signed,    ///< As they are.
  Unsigned,  ///< Moved up by 128.
};

struct Dot {
  DotKernel kernel = nullptr;  ///< Null where there is none.
  DotOperand operand = DotOperand::Signed;
};

/// Probes the kernel with extreme values, and makes it the one that is used from now on if it is exact for
/// either operand. Returns whether it is. Null takes the present one out of use. Not thread-safe: called
/// before anything is prepared.
bool use_dot_kernel(DotKernel kernel);

/// The kernel in use.
const Dot& dot();

}  // namespace octet::kernels

/// The side module's only function.
extern "C" void octet_dot_sums(const octet::kernels::DotSums* task);
