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

/// How bytes must be given to a kernel that is exact.
enum class DotOperand : uint8_t {
  Signed,    ///< As they are.
  Unsigned,  ///< Moved up by 128.
};

/// What turns an INT8 value into the byte that stands for it.
inline uint8_t flip_of(DotOperand operand) { return operand == DotOperand::Unsigned ? 0x80 : 0; }

/// What a byte is worth where the INT8 value is 0.
inline int32_t zero_of(DotOperand operand) { return operand == DotOperand::Unsigned ? 128 : 0; }

/// What a byte is worth.
inline int32_t value_of(uint8_t byte, DotOperand operand) {
  return operand == DotOperand::Signed ? static_cast<int8_t>(byte) : int32_t{byte};
}

/// A kernel of the side module, and how it takes its bytes.
template <class Kernel>
struct ProbedKernel {
  Kernel kernel = nullptr;  ///< Null where there is none.
  DotOperand operand = DotOperand::Signed;
};

/// The kernel, if is_exact(kernel, operand) for either operand.
template <class Kernel, class IsExact>
ProbedKernel<Kernel> probed(Kernel kernel, const IsExact& is_exact) {
  if (kernel == nullptr) return {};
  if (is_exact(kernel, DotOperand::Signed)) return {kernel, DotOperand::Signed};
  if (is_exact(kernel, DotOperand::Unsigned)) return {kernel, DotOperand::Unsigned};
  return {};
}

using Dot = ProbedKernel<DotKernel>;

/// Probes the kernel with extreme values, and makes it the one that is used from now on if it is exact for
/// either operand. Returns whether it is. Null takes the present one out of use. Not thread-safe: called
/// before anything is prepared.
bool use_dot_kernel(DotKernel kernel);

/// The kernel in use.
const Dot& dot();

}  // namespace octet::kernels

/// The side module's function.
extern "C" int32_t octet_dot_sums(const octet::kernels::DotSums* task);
