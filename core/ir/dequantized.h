// The reals that an integer constant stands for.
#pragma once

#include "ir/tensor.h"

namespace octet {

/// The constant as float32: scale * (q - zero point), per tensor or per channel, in float as TFLite's
/// DEQUANTIZE computes it. Name and shape stay; throws Internal when it is no constant of INT8, INT16, INT32
/// or INT64 with parameters.
Tensor dequantized(const Tensor& constant);
/// The same with other parameters: what a bias means follows from its node's input and weights.
Tensor dequantized(const Tensor& constant, const QuantParams& params);

}  // namespace octet
