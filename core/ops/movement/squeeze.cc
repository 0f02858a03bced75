// SQUEEZE: drops dimensions of size 1; the attributes hold the whole output shape.
#include "ops/movement/reshape_operators.h"

namespace octet::ops {

extern const Operator squeeze = {
    .kind = OpKind::Squeeze,
    .infer = infer_reshaped,
    .kernels = every_type(identity_kernel),
    .quantization = kKeepsParameters,
    .mla = {.int8 = true, .bf16 = true, .constraints = kReshapedMla},
    .tflite = {.int8 = true, .int16 = true},
    .cvu = true,
    .in_place = true,
    .short_name = "Squeeze",
    .elements = Elements::Moved,
    .axes = AxisRule::Regrouped,
    .derivative = Derivative::Movement,
    .passes_channel_factors = never,
    .identity = Identity{always},
    .rescales = never,
    .multiply_accumulates = no_products,
    .fused_as = std::nullopt,
    .decomposition = nullptr,
};

}  // namespace octet::ops
