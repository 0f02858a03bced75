// LOGICAL_AND: whether both truth values hold, broadcast by NumPy's rules.
#include <functional>

#include "ops/logic/truth_values.h"

namespace octet::ops {

extern const Operator logical_and;
const Operator logical_and = {
    .kind = OpKind::LogicalAnd,
    .infer = infer_logic,
    .kernels = {.plain = prepare_comparison<uint8_t, std::logical_and<>>},
    .quantization = kGivesTruth,
    .mla = {.int8 = false},
    .tflite = {.int8 = false},
    .short_name = "Logical and",
    .elements = Elements::Computed,
    .axes = AxisRule::Elementwise,
    .derivative = Derivative::None,
    .passes_channel_factors = never,
    .identity = Identity{never},
    .rescales = never,
    .multiply_accumulates = no_products,
    .fused_as = std::nullopt,
    .decomposition = nullptr,
};

}  // namespace octet::ops
