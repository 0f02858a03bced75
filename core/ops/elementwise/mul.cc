// MUL: the product of two tensors, broadcast by NumPy's rules, with a fused activation.
#include <algorithm>
#include <limits>

#include "ops/elementwise/wrapping_arithmetic.h"
#include "ops/scale_limits.h"

namespace octet::ops {
namespace {

std::unique_ptr<Kernel> prepare_float(const NodeView& node) {
  return float_arithmetic(node, [](v128_t a, v128_t b) { return wasm_f32x4_mul(a, b); });
}

/// The `sima` rule (m p + 2^(n-1)) >> n as a multiplier, for products p of 17 bits.
kernels::FixedPointMultiplier sima_multiplier(double factor) {
  const auto [multipliers, shift] = kernels::affine_multipliers<1>({factor}, 46);
  if (shift > 31) return {};  // |m p| < 2^31: everything rounds to zero.
  // Doubling high multiplication by m 2^(31-n) is that rule; where it takes more than 31 bits, p takes some.
  int left = 0;
  while ((int64_t{multipliers[0]} << (31 - shift - left)) > std::numeric_limits<int32_t>::max()) ++left;
  return {multipliers[0] << (31 - shift - left), left};
}

std::unique_ptr<Kernel> prepare_int8(const NodeView& node) {
  const ScaleAndZero a = per_tensor(node.input(0));
  const ScaleAndZero b = per_tensor(node.input(1));
  const ScaleAndZero output = per_tensor(node.output());
  const Clamp<int32_t> range =
      clamp_of<int8_t>(node.attributes<Elementwise>().activation, quantization_of(node.output()));
  // TFLite forms the factor in float, the contract in double.
  const kernels::FixedPointMultiplier multiplier =
      node.node().requantization == RequantizationMode::Tflite
          ? kernels::fixed_point_multiplier(a.scale * b.scale / output.scale)
          : sima_multiplier(static_cast<double>(a.scale) * b.scale / output.scale);
  return binary<int8_t>(node, kernels::ProductInt8(a.zero_point, b.zero_point, multiplier,
                                                   {output.zero_point, range.low, range.high}));
}

std::unique_ptr<Kernel> prepare_int16(const NodeView& node) {
  const ScaleAndZero a = per_tensor(node.input(0));
  const ScaleAndZero b = per_tensor(node.input(1));
  const ScaleAndZero output = per_tensor(node.output());
  const Clamp<int32_t> range =
      clamp_of<int16_t>(node.attributes<Elementwise>().activation, quantization_of(node.output()));
  if (node.node().requantization == RequantizationMode::Tflite) {
    const auto multiplier = kernels::fixed_point_multiplier(a.scale * b.scale / output.scale);
    return scalar_binary<int16_t>(node, [=](int32_t qa, int32_t qb) {
      return kernels::clamp_to<int16_t>(kernels::multiply_by(qa * qb, multiplier), range.low, range.high);
    });
  }
  const double factor = static_cast<double>(a.scale) * b.scale / output.scale;
  const auto affine = kernels::affine_multipliers<1>({factor}, 46);
  return scalar_binary<int16_t>(node, [=](int32_t qa, int32_t qb) {
    const int64_t product = int64_t{affine.multipliers[0]} * (qa * qb);
    return kernels::clamp_to<int16_t>(kernels::rounding_shift_right(product, affine.shift), range.low,
                                      range.high);
  });
}

std::unique_ptr<Kernel> prepare_plain(const NodeView& node) {
  return plain_arithmetic(node, [](auto a, auto b) { return wrapping(std::multiplies<>(), a, b); });
}

/// A factor of one sign, or zero, takes the other factor's order over to the product. One above 1 counts as
/// 1: then the other keeps a range of its own, and where a large constant makes the product large (a mask of
/// 0 and 1 by -10^9), it is the constant that makes no difference beyond some magnitude.
Interval relevant(const NodeView&, size_t i, const Interval& product, std::span<const KnownValues> operands) {
  const KnownValues& other = operands[1 - i];
  const bool is_negative = other.range.high <= 0;
  const double least = std::min(other.least_magnitude, 1.0);
  if (least <= 0 || (!is_negative && other.range.low < 0)) return {};
  const Interval scaled = {std::min(product.low, 0.0) / least, std::max(product.high, 0.0) / least};
  return is_negative ? Interval{-scaled.high, -scaled.low} : scaled;
}

}  // namespace

extern const Operator mul;
const Operator mul = {
    .kind = OpKind::Mul,
    .infer = infer_binary,
    .kernels = {.f32 = prepare_float, .i8 = prepare_int8, .i16 = prepare_int16, .plain = prepare_plain},
    .quantization = {.relevant = relevant},
    .mla = {.int8 = true, .bf16 = true, .constraints = {&kFourDimensionalBinary, 1}},
    .tflite = {.int8 = true,
               .int16 = true,
               .constraints = {&kBroadcastsFourDimensions, 1},
               .scales = product_scales},
    .in_place = true,
    .short_name = "Mul",
    .elements = Elements::Computed,
    .axes = AxisRule::Elementwise,
    .derivative = Derivative::Pointwise,
    .passes_channel_factors = never,
    .identity = Identity{never, NeutralConstant{.value = 1, .on_either_side = true}},
    .rescales = always,
    .multiply_accumulates = no_products,
    .fused_as = std::nullopt,
    .decomposition = nullptr,
};

}  // namespace octet::ops
