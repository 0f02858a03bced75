// POW: a raised to b, broadcast by NumPy's rules.
#include <algorithm>
#include <cmath>
#include <optional>

#include "kernels/arithmetic/math.h"
#include "ops/elementwise/unary_table.h"

namespace octet::ops {
namespace {

/// The exponents that have kernels of their own.
enum class Exponent { Half, MinusHalf, Two, Three };

/// The one constant exponent, if it is one of those. Where it is quantized, the nearest half stands for it.
std::optional<Exponent> known_exponent(const NodeView& node) {
  const Tensor& exponent = node.input(1);
  if (!exponent.is_constant() || exponent.shape.elements() != 1) return {};
  if (node.output().shape != node.input(0).shape) return {};
  double value = 0;
  if (exponent.dtype == DType::Int8 || exponent.dtype == DType::Int16) {
    const ScaleAndZero quantization = per_tensor(exponent);
    const int32_t stored =
        exponent.dtype == DType::Int8 ? exponent.values<int8_t>()[0] : exponent.values<int16_t>()[0];
    value = std::round(2 * static_cast<double>(quantization.scale) * (stored - quantization.zero_point)) / 2;
  } else if (exponent.dtype == DType::Float32) {
    value = static_cast<double>(exponent.values<float>()[0]);
  }
  if (value == 0.5) return Exponent::Half;
  if (value == -0.5) return Exponent::MinusHalf;
  if (value == 2) return Exponent::Two;
  if (value == 3) return Exponent::Three;
  return {};
}

/// Lane by lane in double, which no exponent takes from a float's precision.
v128_t power(v128_t a, v128_t b) {
  alignas(16) float bases[4], exponents[4];
  wasm_v128_store(bases, a);
  wasm_v128_store(exponents, b);
  for (size_t i = 0; i < 4; ++i) {
    bases[i] =
        static_cast<float>(kernels::pow(static_cast<double>(bases[i]), static_cast<double>(exponents[i])));
  }
  return wasm_v128_load(bases);
}

std::unique_ptr<Kernel> prepare_float(const NodeView& node) {
  const std::optional<Exponent> exponent = known_exponent(node);
  if (!exponent) return binary<float>(node, power);
  switch (*exponent) {
    case Exponent::Half:
      return float_unary(node, [](v128_t x) { return wasm_f32x4_sqrt(x); });
    case Exponent::MinusHalf:
      return float_unary(node,
                         [](v128_t x) { return wasm_f32x4_div(wasm_f32x4_splat(1.0f), wasm_f32x4_sqrt(x)); });
    case Exponent::Two:
      return float_unary(node, [](v128_t x) { return wasm_f32x4_mul(x, x); });
    case Exponent::Three:
      return float_unary(node, [](v128_t x) { return wasm_f32x4_mul(wasm_f32x4_mul(x, x), x); });
  }
  return nullptr;
}

/// In both requantization modes: TFLite has no integer kernel. A root that does not exist is zero,
/// its inverse the greatest value.
template <class T>
std::unique_ptr<Kernel> prepare_integer(const NodeView& node) {
  const std::optional<Exponent> exponent = known_exponent(node);
  if (!exponent) {
    throw Error(ErrorCode::UnsupportedOperator,
                "POW '" + node.node().name + "' has no integer kernel for its exponent.",
                {.node = node.node().name}, "Only the constants 0.5, -0.5, 2 and 3 have one.");
  }
  return table_unary(node, table_of_reals<T>(node, [&](double x) {
                       switch (*exponent) {
                         case Exponent::Half:
                           return x > 0 ? std::sqrt(x) : 0.0;
                         case Exponent::MinusHalf:
                           return x > 0 ? 1.0 / std::sqrt(x) : HUGE_VAL;
                         case Exponent::Two:
                           return x * x;
                         case Exponent::Three:
                           return x * x * x;
                       }
                       return x;
                     }));
}

const Constraint kMla[] = {
    kFourOrFiveDimensional,
    {"its exponent is the constant 0.5, -0.5, 2 or 3",
     [](const ConstraintView& view) { return known_exponent(view.node).has_value(); },
     [](const ConstraintView& view) {
       const Tensor& exponent = view.node.input(1);
       if (!exponent.is_constant()) return filled("it is computed");
       const std::span<const float> values = exponent.values<float>();
       const auto [least, most] = std::minmax_element(values.begin(), values.end());
       if (*least != *most) return filled("it is from # to #", *least, *most);
       return filled("it is #", *least);
     }},
};

}  // namespace

extern const Operator pow = {
    .kind = OpKind::Pow,
    .infer = infer_binary,
    .kernels = {.f32 = prepare_float, .i8 = prepare_integer<int8_t>, .i16 = prepare_integer<int16_t>},
    .mla = {.int8 = true, .bf16 = true, .constraints = kMla},
    .tflite = {.int8 = false},
    .in_place = true,
    .short_name = "Pow",
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
