// RELU: the larger of x and 0.
#include "ops/elementwise/unary_table.h"

namespace octet::ops {

extern const Operator relu;
const Operator relu = {
    .kind = OpKind::Relu,
    .infer = infer_unary,
    .kernels = {.f32 = [](const NodeView& node) { return float_clamp(node, Activation::Relu); },
                .i8 = [](const NodeView& node) { return int8_clamp(node, Activation::Relu); },
                .i16 = [](const NodeView& node) { return int16_clamp(node, Activation::Relu); }},
    .mla = {.int8 = true, .bf16 = true, .constraints = {&kFourDimensional, 1}},
    .tflite = {.int8 = true, .int16 = true},
    .in_place = true,
    .short_name = "ReLU",
    .elements = Elements::Straight,
    .axes = AxisRule::Elementwise,
    .derivative = Derivative::Pointwise,
    .passes_channel_factors = always,
    .identity = Identity{never},
    .rescales = between_parameters,
    .multiply_accumulates = no_products,
    .fused_as = Activation::Relu,
    .decomposition = nullptr,
};

}  // namespace octet::ops
