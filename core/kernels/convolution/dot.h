// Dot products of INT8 by one machine instruction, where the machine has it: relaxed SIMD's
// i32x4.relaxed_dot_i8x16_i7x16_add multiplies four times four bytes and adds them to a sum. What it does
// with a top bit in its second operand is up to the machine, so it is used only where a probe shows that it
// is exact. The function that contains it comes from a module of its own (relaxed/), since engines without
// the instruction refuse a whole module for it.
#pragma once

#include <cstdint>

#include "kernels/relaxed/dot_tasks.h"

namespace octet::kernels {

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
