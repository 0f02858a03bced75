// ABS: the magnitude of x.
#include <cmath>

#include "ops/elementwise/unary_table.h"
#include "ops/elementwise/wrapping_arithmetic.h"

namespace octet::ops {
namespace {

std::unique_ptr<Kernel> prepare_float(const NodeView& node) {
  return float_unary(node, [](v128_t x) { return wasm_f32x4_abs(x); });
}

template <class T>
std::unique_ptr<Kernel> prepare_integer(const NodeView& node) {
  if (node.node().requantization == RequantizationMode::Sima) {
    return table_unary(node, table_of_reals<T>(node, [](double x) { return std::fabs(x); }));
  }
  const ScaleAndZero input = per_tensor(node.input(0));
  const ScaleAndZero output = per_tensor(node.output());
  const kernels::FixedPointMultiplier multiplier =
      kernels::fixed_point_multiplier(input.scale / output.scale);
  return table_unary(node, kernels::tabulate<T>([&](int32_t q) {
                       const int32_t steps = std::abs(q - input.zero_point);
                       const int64_t rescaled =
                           input.scale == output.scale ? steps : kernels::multiply_by(steps, multiplier);
                       return kernels::clamp_to<T>(rescaled + output.zero_point);
                     }));
}

std::unique_ptr<Kernel> prepare_plain(const NodeView& node) {
  return plain_unary(node, [](auto x) { return x < 0 ? wrapping(std::minus<>(), decltype(x){0}, x) : x; });
}

}  // namespace

extern const Operator abs;
const Operator abs = {
    .kind = OpKind::Abs,
    .infer = infer_unary,
    .kernels = {.f32 = prepare_float,
                .i8 = prepare_integer<int8_t>,
                .i16 = prepare_integer<int16_t>,
                .plain = prepare_plain},
    .mla = {.int8 = false},
    .tflite = {.int8 = true, .int16 = true},
    .in_place = true,
    .short_name = "Abs",
    .elements = Elements::Straight,
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
