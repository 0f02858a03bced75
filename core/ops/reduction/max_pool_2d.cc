// MAX_POOL_2D: the largest element of a window.
#include "ops/reduction/pooling_operators.h"

namespace octet::ops {
namespace {

const Constraint kMla[] = {
    kFourDimensional,
    kPooledWindow,
};

}  // namespace

extern const Operator max_pool_2d = {
    .kind = OpKind::MaxPool2d,
    .infer = infer_pool,
    .kernels = {.f32 = prepare_float_pool<kernels::max_pool>,
                .i8 = prepare_integer_pool<int8_t, kernels::max_pool>,
                .i16 = prepare_integer_pool<int16_t, kernels::max_pool>},
    .quantization = {.output = OutputQuantization::SameAsInput, .relevant = same_as_output},
    .mla = {.int8 = true, .bf16 = true, .constraints = kMla},
    .tflite = {.int8 = true, .int16 = true},
    .short_name = "Max pool",
    .elements = Elements::Moved,
    .axes = AxisRule::Image,
    .derivative = Derivative::LargestOfWindow,
    .passes_channel_factors = always,
    .identity = Identity{has_trivial_window},
    .rescales = never,
    .multiply_accumulates = no_products,
    .fused_as = std::nullopt,
    .decomposition = nullptr,
};

}  // namespace octet::ops
