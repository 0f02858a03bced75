// RELU_0_TO_1: x clamped to [0, 1].
#include <algorithm>

#include "ops/elementwise/unary_table.h"

namespace octet::ops {
namespace {

std::unique_ptr<Kernel> prepare_float(const NodeView& node) {
  return float_unary(node, [](v128_t x) { return clamped(x, {0.0f, 1.0f}); });
}

std::unique_ptr<Kernel> prepare_int8(const NodeView& node) {
  if (node.node().requantization == RequantizationMode::Sima) {
    return table_unary(node, table_of_reals(node, [](double x) { return std::clamp(x, 0.0, 1.0); }));
  }
  const ScaleAndZero input = per_tensor(node.input(0));
  const ScaleAndZero output = per_tensor(node.output());
  const LinearPiece rescaled = {kernels::fixed_point_multiplier(input.scale / output.scale), input.zero_point,
                                output.zero_point};
  const int32_t one = kernels::quantize(1.0, output.scale, output.zero_point);
  return table_unary(node, kernels::tabulate([&](int32_t q) {
                       return kernels::clamp_to_int8(rescaled(q), output.zero_point, one);
                     }));
}

/// In both requantization modes: TFLite has no INT16 kernel.
std::unique_ptr<Kernel> prepare_int16(const NodeView& node) {
  return table_unary(node, table_of_reals<int16_t>(node, [](double x) { return std::clamp(x, 0.0, 1.0); }));
}

}  // namespace

extern const Operator relu_0_to_1;
const Operator relu_0_to_1 = {
    .kind = OpKind::Relu0To1,
    .infer = infer_unary,
    .kernels = {.f32 = prepare_float, .i8 = prepare_int8, .i16 = prepare_int16},
    .mla = {.int8 = true, .bf16 = true, .constraints = {&kFourDimensional, 1}},
    .tflite = {.int8 = true},
    .in_place = true,
    .short_name = "ReLU 0…1",
    .elements = Elements::Straight,
    .axes = AxisRule::Elementwise,
    .derivative = Derivative::Pointwise,
    .passes_channel_factors = never,
    .identity = Identity{never},
    .rescales = between_parameters,
    .multiply_accumulates = no_products,
    .fused_as = std::nullopt,
    .decomposition = nullptr,
};

}  // namespace octet::ops
