// AVERAGE_POOL_2D: mean over a window, padding excluded from the count.
#include "ops/reduction/pooling_operators.h"

namespace octet::ops {
namespace {

const Constraint kMla[] = {
    kFourDimensional,
    kPooledWindow,
    {"it has no padding, which the hardware would count into the mean",
     [](const ConstraintView& view) { return view.node.attributes<Pool2d>().padding == Padding2d{}; },
     [](const ConstraintView& view) {
       const Padding2d& padding = view.node.attributes<Pool2d>().padding;
       return filled("it has # at the top, # at the bottom, # at the left and # at the right",
                     {padding.top, padding.bottom, padding.left, padding.right});
     }},
};

}  // namespace

extern const Operator average_pool_2d = {
    .kind = OpKind::AveragePool2d,
    .infer = infer_pool,
    .kernels = {.f32 = prepare_float_pool<kernels::average_pool>,
                .i8 = prepare_integer_pool<int8_t, kernels::average_pool>,
                .i16 = prepare_integer_pool<int16_t, kernels::average_pool>},
    .quantization = {.output = OutputQuantization::SameAsInput},
    .mla = {.int8 = true, .bf16 = true, .constraints = kMla},
    .tflite = {.int8 = true, .int16 = true},
    .short_name = "Average pool",
    .elements = Elements::Computed,
    .axes = AxisRule::Image,
    .derivative = Derivative::Separable,
    .passes_channel_factors = always,
    .identity = Identity{has_trivial_window},
    .rescales = never,
    .multiply_accumulates = no_products,
    .fused_as = std::nullopt,
    .decomposition = nullptr,
};

}  // namespace octet::ops
