// RELU_N1_TO_1: x clamped to [-1, 1].
#include "ops/elementwise/unary_table.h"

namespace octet::ops {

extern const Operator relu_n1_to_1;
const Operator relu_n1_to_1 = {
    .kind = OpKind::ReluN1To1,
    .infer = infer_unary,
    .kernels = {.f32 = [](const NodeView& node) { return float_clamp(node, Activation::ReluN1To1); },
                .i8 = [](const NodeView& node) { return int8_clamp(node, Activation::ReluN1To1); },
                .i16 = [](const NodeView& node) { return int16_clamp(node, Activation::ReluN1To1); }},
    .mla = {.int8 = true, .bf16 = true, .constraints = {&kFourDimensional, 1}},
    .tflite = {.int8 = true},
    .in_place = true,
    .short_name = "ReLU −1…1",
    .elements = Elements::Straight,
    .axes = AxisRule::Elementwise,
    .derivative = Derivative::Pointwise,
    .passes_channel_factors = never,
    .identity = Identity{never},
    .rescales = between_parameters,
    .multiply_accumulates = no_products,
    .fused_as = Activation::ReluN1To1,
    .decomposition = nullptr,
};

}  // namespace octet::ops
