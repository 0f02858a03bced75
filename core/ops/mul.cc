// MUL: the product of two tensors, broadcast by NumPy's rules, with a fused activation.
#include "ops/elementwise.h"

namespace octet::ops {
namespace {

std::unique_ptr<Kernel> prepare_float(const NodeView& node) {
  return float_arithmetic(node, [](v128_t a, v128_t b) { return wasm_f32x4_mul(a, b); });
}

std::unique_ptr<Kernel> prepare_int8(const NodeView& node) {
  const ScaleAndZero a = per_tensor(node.input(0));
  const ScaleAndZero b = per_tensor(node.input(1));
  const ScaleAndZero output = per_tensor(node.output());
  const Clamp<int32_t> range =
      int8_clamp_of(node.attributes<Elementwise>().activation, quantization_of(node.output()));
  const bool tflite = node.node().requantization == RequantizationMode::Tflite;
  // TFLite forms the factor in float, the contract in double.
  const kernels::FixedPointMultiplier multiplier =
      kernels::fixed_point_multiplier(a.scale * b.scale / output.scale);
  const double factor[] = {static_cast<double>(a.scale) * b.scale / output.scale};
  const auto affine = kernels::affine_multipliers(factor, 46);
  const int32_t integer_factor = tflite ? 1 : affine.multipliers[0];
  const auto combine = [=](int8_t qa, int8_t qb) {
    return integer_factor * ((qa - a.zero_point) * (qb - b.zero_point));
  };
  using kernels::Rescale;
  return rescaled_binary(node, combine,
                         tflite ? Rescale::by_multiplier(multiplier, output.zero_point, range.low, range.high)
                                : Rescale::by_shift(affine.shift, output.zero_point, range.low, range.high));
}

}  // namespace

extern const Operator mul;
const Operator mul = {
    .kind = OpKind::Mul,
    .infer = infer_binary,
    .kernels = {.f32 = prepare_float, .i8 = prepare_int8},
    .mla = {.int8 = true, .bf16 = true, .constraints = {&kFourDimensionalBinary, 1}},
    .tflite = {.int8 = true, .constraints = {&kBroadcastsFourDimensions, 1}},
    .in_place = true,
};

}  // namespace octet::ops
