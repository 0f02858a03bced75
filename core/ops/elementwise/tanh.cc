// TANH: the hyperbolic tangent.
#include "kernels/arithmetic/interpolated_int16.h"
#include "kernels/arithmetic/math.h"
#include "kernels/arithmetic/math_simd.h"
#include "ops/elementwise/unary_table.h"

namespace octet::ops {
namespace {

double real(double x) { return kernels::tanh(x); }

/// As TFLite rounds it.
float single(float x) { return static_cast<float>(kernels::tanh(static_cast<double>(x))); }

std::unique_ptr<Kernel> prepare_float(const NodeView& node) {
  return float_unary(node, [](v128_t x) { return kernels::tanh(x); });
}

std::unique_ptr<Kernel> prepare_int16(const NodeView& node) {
  if (node.node().requantization == RequantizationMode::Sima) {
    return table_unary(node, table_of_reals<int16_t>(node, real));
  }
  const kernels::SigmoidInput input(per_tensor(node.input(0)).scale);
  return table_unary(node,
                     kernels::tabulate<int16_t>([&](int32_t q) { return kernels::tanh_int16(input(q)); }));
}

}  // namespace

extern const Operator tanh;
const Operator tanh = {
    .kind = OpKind::Tanh,
    .infer = infer_unary,
    .kernels = {.f32 = prepare_float, .i8 = prepare_int8_table<real, single>, .i16 = prepare_int16},
    .quantization = {.output = OutputQuantization::Fixed,
                     .fixed_scale = 1.0f / 128,
                     .fixed_zero_point = 0,
                     .fixed_scale_int16 = 1.0f / 32768},
    .mla = {.int8 = true, .bf16 = true, .constraints = {&kFourDimensional, 1}},
    .tflite = {.int8 = true, .int16 = true},
    .in_place = true,
    .short_name = "Tanh",
    .elements = Elements::Curved,
    .axes = AxisRule::Elementwise,
    .derivative = Derivative::Pointwise,
    .passes_channel_factors = never,
    .identity = Identity{never},
    .rescales = always,
    .multiply_accumulates = no_products,
    .fused_as = std::nullopt,
    .decomposition = nullptr,
};

}  // namespace octet::ops
