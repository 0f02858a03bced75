// EQUAL: whether two elements are equal, broadcast by NumPy's rules.
#include <functional>

#include "ops/logic/comparison_operators.h"

namespace octet::ops {

extern const Operator equal;
const Operator equal = {
    .kind = OpKind::Equal,
    .infer = infer_comparison,
    .kernels = comparison_kernels<std::equal_to<>, true>(),
    .quantization = kGivesTruth,
    .mla = {.int8 = false},
    .tflite = kComparedByTflite,
    .short_name = "Equal",
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
