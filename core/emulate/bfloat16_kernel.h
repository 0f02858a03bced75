// BF16 computed by way of the float kernels.
#pragma once

#include <memory>

#include "ops/operator.h"

namespace octet::emulate {

/// True when the node reads or computes a BF16 tensor.
bool uses_bfloat16(const NodeView& node);

/// A constant of such a node as floats that BF16 can hold: BF16 widened, INT8 dequantized and rounded to
/// BF16. Name and shape stay.
Tensor widened(const Tensor& constant);

/// The kernel of a node with BF16 tensors: operands are widened, which is exact, the float kernel computes
/// (products accumulate in float32 with k in order, as the contract asks), and the result is rounded to
/// nearest even. INT8 weights are dequantized to BF16 beforehand. Conversions to and from integers go the
/// same way. `maker_of` tells the kernel of a node without BF16; returns null where it knows none.
std::unique_ptr<ops::Kernel> prepare_bfloat16(const NodeView& node,
                                              ops::PrepareKernel (*maker_of)(const NodeView& node));

}  // namespace octet::emulate
