// NOT_EQUAL: whether two elements differ, broadcast by NumPy's rules.
#include <functional>

#include "ops/logic/comparison_operators.h"

namespace octet::ops {

extern const Operator not_equal;
const Operator not_equal = {
    .kind = OpKind::NotEqual,
    .infer = infer_comparison,
    .kernels = comparison_kernels<std::not_equal_to<>, true>(),
    .quantization = kGivesTruth,
    .mla = {.int8 = false},
    .tflite = kComparedByTflite,
    .short_name = "Not equal",
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
