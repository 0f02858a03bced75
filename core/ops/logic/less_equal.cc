// LESS_EQUAL: whether an element is at most another, broadcast by NumPy's rules.
#include <functional>

#include "ops/logic/comparison_operators.h"

namespace octet::ops {

extern const Operator less_equal;
const Operator less_equal = {
    .kind = OpKind::LessEqual,
    .infer = infer_comparison,
    .kernels = comparison_kernels<std::less_equal<>>(),
    .quantization = kGivesTruth,
    .mla = {.int8 = false},
    .tflite = kComparedByTflite,
    .short_name = "Less equal",
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
