// DIV: the quotient of two tensors, broadcast by NumPy's rules, with a fused activation.
#include "kernels/arithmetic/convert.h"
#include "ops/elementwise/wrapping_arithmetic.h"

namespace octet::ops {
namespace {

std::unique_ptr<Kernel> prepare_float(const NodeView& node) {
  return float_arithmetic(node, [](v128_t a, v128_t b) { return wasm_f32x4_div(a, b); });
}

/// The nearest integer to the real quotient, in both requantization modes: TFLite's reference has no INT8
/// division. A quotient by zero is infinite and ends at the clamp; 0 / 0 is NaN and becomes the zero point.
template <class T>
auto quotient(const NodeView& node) {
  const ScaleAndZero a = per_tensor(node.input(0));
  const ScaleAndZero b = per_tensor(node.input(1));
  const ScaleAndZero output = per_tensor(node.output());
  const Clamp<int32_t> range =
      clamp_of<T>(node.attributes<Elementwise>().activation, quantization_of(node.output()));
  return [=](int32_t qa, int32_t qb) {
    const double dividend = static_cast<double>(a.scale) * (qa - a.zero_point);
    const double divisor = static_cast<double>(b.scale) * (qb - b.zero_point);
    return kernels::quantize<T>(dividend / divisor, output.scale, output.zero_point, range.low, range.high);
  };
}

std::unique_ptr<Kernel> prepare_int8(const NodeView& node) {
  return table_binary(node, kernels::LookupTable2d(quotient<int8_t>(node)));
}

std::unique_ptr<Kernel> prepare_int16(const NodeView& node) {
  return scalar_binary<int16_t>(node, quotient<int16_t>(node));
}

std::unique_ptr<Kernel> prepare_plain(const NodeView& node) {
  return plain_arithmetic(node, [](auto a, auto b) { return truncated_quotient(a, b); });
}

}  // namespace

extern const Operator div;
const Operator div = {
    .kind = OpKind::Div,
    .infer = infer_binary,
    .kernels = {.f32 = prepare_float, .i8 = prepare_int8, .i16 = prepare_int16, .plain = prepare_plain},
    .mla = {.int8 = true, .bf16 = true, .constraints = {&kFourDimensionalBinary, 1}},
    .tflite = {.int8 = false},
    .in_place = true,
    .short_name = "Div",
    .elements = Elements::Computed,
    .axes = AxisRule::Elementwise,
    .derivative = Derivative::Pointwise,
    .passes_channel_factors = never,
    .identity = Identity{never, NeutralConstant{.value = 1, .on_either_side = false}},
    .rescales = always,
    .multiply_accumulates = no_products,
    .fused_as = std::nullopt,
    .decomposition = nullptr,
};

}  // namespace octet::ops
