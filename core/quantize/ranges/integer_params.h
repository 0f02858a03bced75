// Scales and zero points of activations from the ranges that they are to cover, and the way back.
#pragma once

#include "calibrate/range.h"
#include "ir/graph.h"
#include "ir/quant_params.h"

namespace octet::quantize {

/// All that integers of `precision` (Int8 or Int16) with these parameters can stand for.
calibrate::Range range_of(const QuantParams& params, Precision precision);
/// Parameters for INT8 whose integers cover `range`, which contains zero; zero is represented exactly.
QuantParams int8_params(calibrate::Range range, bool asymmetric);
/// Parameters for INT16, symmetric within [-32767, 32767].
QuantParams int16_params(calibrate::Range range);

/// True for a node that computes in integers.
inline bool is_integer(const Node& node) {
  return node.placement.unit == Unit::Mla && octet::is_integer(node.placement.precision);
}

}  // namespace octet::quantize
